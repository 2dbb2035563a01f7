"""Faces: a human act in, events out; no agent logic. All of them read a run's files and write to its inbox.

`verbs.py` is the table of commands, made from the agents' records; `grammar.py` makes a command of a line, `words.py`
words of a magic's line, `help.py` help and completion of the table. `starting.py` makes a run of a command, with
`handing.py` for its data; `commands.py` does all other commands, by `steering.py` (runs), `reading.py` (store),
`papers.py` and `doctor.py`; `printing.py` makes text or JSON of what they give.

`progress.py` folds a journal into one look, `watching.py` looks until the run needs nobody, `views.py` shows a look,
`attending.py` stays with a run and asks what it asks. `cli.py` is the shell; `magics.py` registers the magics,
`cells.py` is what they do, `pages.py` where they show it, `form.py` the launch form, `handle.py` what they give back.
`server/` is the Jupyter Server extension.
"""
