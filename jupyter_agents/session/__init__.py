"""Runs: the only place that builds concrete services and starts, resumes and stops a run.

`start.py` makes a run's folder and its process, `process.py` is what that process does, `engine.py` what all lines of
a run share, `line.py` implements `Run`, `gate.py` makes tool calls, `talk.py` model calls, `tape.py` answers from the
journal, `state.py` is what it adds up to, `account.py` the budget, `workspace.py` folder and kernel, `services.py`
builds papers, kernels, models and the store from settings.

A view reads the journal. Its events, by `kind`:

| kind | data |
|---|---|
| `started` | agent, design, model, has_model, version, line: the first line of every report |
| `state` | state, reason |
| `note` | text |
| `intent` | what (model, act, question, score), hash; and role, model, estimate, or the call and decision |
| `result` | what, hash, value; of a model also usage and the model that answered |
| `call_failed` | what, error: a model call that gave no answer |
| `cell` | cell, index: added or changed |
| `cell_removed` | id |
| `evidence` `paper` | the record |
| `artefact` | name, value |
| `branch` `adopted` | path: a line of work of its own, and taken over |
| `question` `answer` `budget` | the record |
| `inbox` | id and message as it was read |
| `rebuilt` | cells run again after a restart, those whose outputs differ |
| `possibly_paid` | key, usage: a call in flight when the run was killed |
| `rewind` | from: results from this seq on no longer count |
| `ending` | failed, reason |
| `report` | title, summary, result, claims, verdicts, files, preprint |
| `crashed` | traceback: an error of our own |
"""
