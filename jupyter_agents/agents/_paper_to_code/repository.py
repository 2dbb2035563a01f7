"""The notebook's code also as a small repository: a module a part, what it needs, and how to run it."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, version

from ...checking.literals import parse_cell
from ...records import Cell
from ...runtime.papers import Paper
from ...runtime.papers.parameters import identifier

_TAGGED = {"parameters": "parameters", "setup": "common"}
"""Modules of the cells with these tags; they come first."""
VALUES = '''\
"""Shows the values that stand for the paper's claims."""


def claim(id: str, value: object) -> None:
    """Print the value computed for one claim of the paper."""
    print(f"{id} = {value!r}")


metric = claim
'''


def repository(cells: Sequence[Cell], paper: Paper) -> dict[str, str]:
    """Files by name under `repository/`: modules that import what they use from earlier ones; `run.py` runs all."""
    modules = _modules(cells)
    names = list(modules)
    files = {f"repository/{name}.py": _module(name, modules, names) for name in names}
    files["repository/values.py"] = VALUES
    files["repository/run.py"] = "\n".join(
        [
            '"""Run every part in the order of the notebook."""',
            "",
            *(f"import {name}  # noqa: F401" for name in names),
            "",
        ]
    )
    files["repository/requirements.txt"] = "".join(f"{line}\n" for line in requirements(cells))
    files["repository/README.md"] = _readme(paper, modules)
    return files


def requirements(cells: Iterable[Cell]) -> list[str]:
    """Packages that the cells import, with the versions installed here where they are known."""
    roots: set[str] = set()
    for cell in cells:
        tree = parse_cell(cell.source) if cell.kind == "code" else None
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Import):
                roots |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                roots.add(node.module.partition(".")[0])
    known = packages_distributions()
    needed = {d for root in roots - set(sys.stdlib_module_names) for d in known.get(root, [root])[:1]}
    return [_pinned(name) for name in sorted(needed)]


def _pinned(name: str) -> str:
    try:
        return f"{name}=={version(name)}"
    except PackageNotFoundError:
        return name


def _modules(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """Code cells by part: parameters, what all use, then those under each heading below the title, named after it."""
    modules: dict[str, list[Cell]] = {}
    current = "steps"
    for cell in cells:
        if cell.kind == "markdown":
            heading = next((line for line in cell.source.splitlines() if line.startswith("##")), "")
            words = re.sub(r"^[#\d.\s]+", "", heading.replace("\\", ""))
            current = identifier(words)[:40].lower() if words else current
        else:
            tagged = next((name for tag, name in _TAGGED.items() if tag in cell.tags), current)
            modules.setdefault(tagged, []).append(cell)
    taken = set(sys.stdlib_module_names) | {"values", "run"}
    ordered = sorted(modules, key=lambda name: list(_TAGGED.values()).index(name) if name in _TAGGED.values() else 9)
    return {f"{name}_" if name in taken else name: modules[name] for name in ordered}


def _module(name: str, modules: dict[str, list[Cell]], order: list[str]) -> str:
    cells = modules[name]
    source = "\n\n\n".join(cell.source.rstrip() for cell in cells)
    used, own = _used(source), _defined(source)
    imports, left = [], used - own - set(dir(builtins))
    for other in reversed(order[: order.index(name)]):
        theirs = sorted(left & _defined("\n".join(c.source for c in modules[other])))
        imports += [f"from {other} import {', '.join(theirs)}"] if theirs else []
        left -= set(theirs)
    imports.reverse()
    if left & {"claim", "metric"}:
        imports.append(f"from values import {', '.join(sorted(left & {'claim', 'metric'}))}")
    links = dict.fromkeys(str(link) for cell in cells for link in cell.provenance.get("implements", []))
    said = f" Implements {', '.join(links)}." if links else ""
    doc = f"{name.replace('_', ' ').strip().capitalize()}.{said}".replace("\\", "/")
    return "\n".join([f'"""{doc}"""', "", *imports, *([""] if imports else []), source, ""])


def _used(source: str) -> set[str]:
    tree = parse_cell(source)
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} if tree else set()


def _defined(source: str) -> set[str]:
    """Names a module has at its top level."""
    tree = parse_cell(source)
    names: set[str] = set()
    for node in _top(tree.body if tree else []):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        else:
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names


def _top(body: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Statements of the top level, those inside `if`, `for`, `try` and `with` included."""
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        for part in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found += _top(getattr(node, part, []))
    return found


def _readme(paper: Paper, modules: dict[str, list[Cell]]) -> str:
    title = " ".join((paper.title or paper.id).split())
    lines = [
        f"# Code for {title}",
        "",
        f"Written from {paper.id} {paper.version}. Run `python run.py` in this folder.",
    ]
    lines += ["", "The paper's own data files belong into this folder, or into a folder `work` in it.", ""]
    return "\n".join([*lines, *(f"- `{name}.py`: {len(cells)} cells" for name, cells in modules.items()), ""])
