"""Runs: the only place that builds concrete services and starts, resumes and stops a run.

`start.py` makes a run's folder and its process, `process.py` is what that process does, `line.py` implements `Run`
over a journal, `replay.py` answers from it, `account.py` is the budget, `desk.py` what tools may touch, `state.py`
what the journal adds up to, `services.py` builds papers, kernels, models and the store from settings.

A view reads the journal. Its events, by `kind`:

| kind | data |
|---|---|
| `started` | agent, design, model, has_model, version, line: the first line of every report |
| `state` | state, reason |
| `stage` | title |
| `note` | text |
| `intent` | what: model, act, question, finished, score; hash; role, model and estimate, or the call and decision |
| `result` | what; the reply of a model, the observation of a call, the answer to a question … |
| `cell` | cell, index: added or changed |
| `cell_removed` | id |
| `evidence` `paper` `artefact` | the record; `artefact` has name, value, problems |
| `question` | the question that waits; its `result` holds the answer |
| `inbox` | id and message as it was read |
| `rebuilt` | cells run again after a restart, those whose outputs differ |
| `possibly_paid` | key, usage: a call in flight when the run was killed |
| `rewind` | from: results from this seq on no longer count |
| `report` | title, summary, result, files, preprint |
| `failed` | error, message, next |
"""
