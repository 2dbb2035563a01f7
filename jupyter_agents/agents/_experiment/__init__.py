"""Parts of the experiment agent, none of which asks a model.

`metrics.py` defines the metrics, `tables.py` reads and splits data, `scorer.py` scores predictions against labels
that no sandbox sees, `leaks.py` looks for scores that are too good. `asked.py` reads the options, `cellcode.py` a
user's cell; `sweep.py` runs it over a grid and `drawing.py` plots what came out. `attempts.py` makes one attempt,
`protocol.py` fixes what all attempts have in common, `final.py` scores baseline and best on the test rows.
`reporting.py` writes it up.
"""
