"""Notebooks that agents write: real cells with their provenance, seen by a model in a compact form.

`draft.py` turns a run's cells into an `.ipynb`, `compact.py` into what a model reads, `export.py` opens a copy
elsewhere, `report.py` holds the parts of a report, `markdown.py` shows foreign words without obeying them,
`files.py` reads and writes notebooks on disk.
"""
