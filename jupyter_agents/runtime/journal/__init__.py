"""A run's folder: the journal that is the run, and the small files around it.

`folder.py` says where everything lies, `journal.py` appends events, `reading.py` reads, follows and verifies them,
`chain.py` is one line, hashed to the line before; `state.py` sums a run up for views. `lock.py` says who owns a run,
`process.py` whether that process lives, `guard.py` is a lock that the system frees; `slots.py` lets N runs work at a
time. `inbox.py` carries messages to a run, `live.py` the disposable stream of deltas, `ledger.py` what was spent
today. `files.py` writes a file whole or not at all, `encoding.py` is JSON that takes any text.
"""
