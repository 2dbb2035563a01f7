"""The parts of README.md that are made from the code: `python -m tests.architecture.readme` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from jupyter_agents import agents, designs
from jupyter_agents.interfaces.help import overview
from jupyter_agents.interfaces.verbs import all_verbs

README = Path(__file__).resolve().parents[2] / "README.md"


def parts() -> dict[str, str]:
    """What each marked part should hold."""
    return {"commands": f"```\n{overview(all_verbs(), 'shell')}\n```", "agents": f"{table()}\n\n{flows()}"}


def table() -> str:
    """Agents, their roles and the tools of each role, and what they must produce."""
    rows = ["| agent | what it does | roles and their tools | artefacts that pass a check |", "|---|---|---|---|"]
    for name in agents.names():
        agent = agents.load(name)
        roles = "<br>".join(f"**{r.name}**: {', '.join(t.name for t in r.tools) or 'no tools'}" for r in agent.roles)
        made = ", ".join(a.name + ("" if a.required else " (if any)") for a in agent.artefacts)
        rows.append(f"| `{name} {agent.asks}` | {agent.about} | {roles} | {made} |")
    return "\n".join(rows)


def flows() -> str:
    """Designs and what they follow."""
    rows = ["| `--design` | how the work is organised | after |", "|---|---|---|"]
    for name in designs.names():
        design = designs.load(name)
        rows.append(f"| `{name}` | {design.about} | {design.source or 'our own'} |")
    return "\n".join(rows)


def renewed(text: str) -> str:
    """The README with its made parts as they should be."""
    for name, content in parts().items():
        found = re.search(rf"(<!-- {name}: [^\n]*-->\n).*?(?=<!-- /{name} -->)", text, flags=re.DOTALL)
        assert found, f"README.md has no part marked {name}"
        text = f"{text[: found.start()]}{found[1]}{content}\n{text[found.end() :]}"
    return text


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
