"""Turn a paper into a notebook that computes its own results, and let code judge every claim."""

from __future__ import annotations

from pathlib import Path

from ..tools.claims import ClaimSet, Code, clean_run, judge_claims, perturb_claims
from ..tools.notebook import add_cell, edit_cell, read_notebook, remove_cell
from ..tools.papers import find_passages, open_paper, read_section
from ..tools.python import list_files, read_file, run_all, run_cell
from . import Agent, Artefact, Role
from ._paper_to_code.alone import without_model
from ._paper_to_code.asking import ask_unclear
from ._paper_to_code.checks import check_claims, check_code
from ._paper_to_code.laying import lay_head, lay_skeleton
from ._paper_to_code.masking import mask
from ._paper_to_code.opening import Options, prepare
from ._paper_to_code.plan import Plan, check_plan
from ._paper_to_code.reporting import report
from ._paper_to_code.settling import diagnose, lay_verdicts, settle

_READS = (open_paper, read_section, find_passages)
_WRITES = (add_cell, edit_cell, remove_cell, read_notebook, run_cell, run_all, list_files, read_file)


PROMPTS = Path(__file__).parent / "prompts"

AGENT = Agent(
    name="code",
    about="Turn a paper into a notebook that runs, and check its claims against what comes out.",
    asks="PAPER",
    options=Options,
    roles=(
        Role(
            "engineer",
            PROMPTS / "paper_to_code_engineer.md",
            (*_READS, ask_unclear, *_WRITES),
            effort="high",
            max_tokens=24_000,
        ),
        Role(
            "planner",
            PROMPTS / "paper_to_code_planner.md",
            (*_READS, ask_unclear, list_files, read_file),
            effort="high",
        ),
        Role("analyst", PROMPTS / "paper_to_code_analyst.md", _READS),
        Role("diagnostician", PROMPTS / "paper_to_code_diagnostician.md"),
    ),
    artefacts=(
        Artefact(
            "plan", "what is built from which passage, in dependency order, and what is unclear", Plan, check_plan
        ),
        Artefact(
            "claims",
            "the paper's own results with a number (no baselines, no settings), each quoted verbatim; a value and "
            "its ± are judged apart, the second under the id ID-uncertainty",
            ClaimSet,
            check_claims,
        ),
        Artefact(
            "code",
            "what stands behind the cells, once all are written; a clean run from top to bottom checks it",
            Code,
            check_code,
            of_cells=True,
        ),
    ),
    prepare=prepare,
    without_model=without_model,
    settle=settle,
    report=report,
    tools=(lay_head, lay_skeleton, clean_run, perturb_claims, judge_claims, diagnose, lay_verdicts),
    mask=mask,
)
