"""Checks without side effects: numbers as printed, quotes and spans, tolerances and verdicts, statistics.

`numbers.py` reads numbers as they are printed, `quotes.py` finds a quote again in a stored text, `verdicts.py`
judges claims, `statistics.py` is what they need of statistics, `literals.py` sees values that were only typed,
`perturbation.py` values that do not move, `masking.py` hides from code writers what claims are checked against,
`clean_run.py` judges all claims of one executed notebook.
"""
