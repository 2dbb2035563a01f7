"""A run's folder: the journal that is the run, and the small files around it.

`journal.py` appends and reads events, `lock.py` says who owns a run, `inbox.py` carries messages to it,
`live.py` the disposable stream of deltas, `ledger.py` what was spent today, `folder.py` where everything lies.
"""
