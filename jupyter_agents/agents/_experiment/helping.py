"""The cell that lets an experiment's notebook run where nothing of ours is installed."""

from __future__ import annotations

HELPERS = '''\
if "metric" not in globals():  # in the sandboxed kernel these are there already

    def metric(name, value):
        """Show the value of a metric."""
        print(f"{name} = {value!r}")

    def predictions(name, table):
        """Show the first predictions."""
        print(f"{name}: {len(table)} predictions")'''
