"""A scripted engineer who turns the demo's coin paper into a notebook; tests change single steps of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .model_replies import Json, Step, text, tools

COIN = Path(__file__).resolve().parents[2] / "demo_notebooks" / "papers" / "coin"
P = "local:coin#p"
PLAN: Json = {
    "goal": "estimate, standard error and z for all flips",
    "components": [
        {"name": "estimate", "about": "k over N", "implements": ["p3"]},
        {"name": "deviation", "about": "z", "implements": ["p4"], "needs": ["estimate"]},
    ],
    "data": [{"name": "flips", "available": True, "source": "flips.csv"}],
    "unclear": [{"question": "how many resamples?", "assumption": "none are drawn", "paragraph": "p3"}],
}
CLAIMS: Json = {
    "claims": [
        {
            "id": "p_heads",
            "value": "0.65",
            "uncertainty": "0.06",
            "paragraph": "p5",
            "quote": r"the estimate of the probability of heads is $0.65 \pm 0.06$",
            "metric": "probability of heads",
        },
        {"id": "z", "value": "2.93", "paragraph": "p5", "quote": "The deviation from a fair coin is $z = 2.93$"},
    ]
}
PARAMETERS = "fair = 0.5  # p4: the coin it is held against"
READ = 'flips = pd.read_csv(work / "flips.csv")\nk, N = int(flips["heads"].sum()), len(flips)\nN'
FIT = "p = k / N\nsigma = np.sqrt(p * (1 - p) / N)\nclaim('p_heads', p)\nclaim('p_heads-uncertainty', sigma)\np, sigma"
Z = "z = (p - fair) / np.sqrt(1 / (4 * N))\nclaim('z', z)\nprint('z came out as', z)"
CODE: Json = {
    "summary": "Counts heads and applies the paper's three formulas.",
    "assumptions": ["each flip counts once"],
    "depends": [{"claim": "p_heads", "names": ["flips.csv"]}, {"claim": "z", "names": ["flips.csv", "fair"]}],
}
DIAGNOSIS: Json = {
    "causes": [{"claim": "z", "cause": "the printed value does not follow from the formula", "where": "p5"}]
}


def cell(source: str, *paragraphs: str, **more: Any) -> tuple[str, Json]:
    """A call of `add_cell`."""
    return ("add_cell", {"source": source, "implements": [f"{P}{n}" for n in paragraphs], **more})


def last_added(request: Json) -> list[str]:
    """Ids that the last results of `add_cell` gave."""
    content = request["messages"][-1]["content"]
    words = ["".join(part["text"] for part in b["content"]) for b in content if b["type"] == "tool_result"]
    return [line.split()[1] for line in words if line.startswith("added ")]


def run_added(request: Json) -> Step:
    """Run what was just added."""
    return tools(*(("run_cell", {"id": id}) for id in last_added(request)))


def script(*, fit: str = FIT, z: str = Z, code: Json = CODE, claims: Json = CLAIMS) -> list[Any]:
    """All answers of a run that goes well."""
    return [
        tools(("open_paper", {"paper": "local:coin"}), ("read_section", {"paper": "local:coin", "section": "s3"})),
        tools(("submit_plan", PLAN), ("submit_claims", claims)),
        tools(
            cell(PARAMETERS, tags=["parameters"]),
            cell(READ, "2"),
            cell(fit, "3"),
            cell("## How far from fair", kind="markdown"),
            cell(z, "4"),
        ),
        lambda request: tools(*(("run_cell", {"id": id}) for i, id in enumerate(last_added(request)) if i != 3)),
        tools(("submit_code", code)),
        text("done"),
    ]
