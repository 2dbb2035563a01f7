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

FOLDER = """\
import os

if not os.path.exists("train.csv") and os.path.exists("work/train.csv"):
    os.chdir("work")"""
"""Goes where the run's data lie, for a notebook that is opened in the run's folder."""
