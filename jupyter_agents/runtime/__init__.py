"""The outside world: models, kernels, papers, the store, notebooks, journals. Services that do not know each other."""
