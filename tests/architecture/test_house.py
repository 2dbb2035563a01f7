"""The house: what may be imported when, and that every folder is its own registry."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import jupyter_agents
from jupyter_agents import agents, designs, policy, tools
from jupyter_agents.errors import JupyterAgentsError, UnknownName

HEAVY = (
    "chromadb",
    "anthropic",
    "papermill",
    "numpy",
    "pandas",
    "scipy",
    "pydantic",
    "onnxruntime",
    "lxml",
    "requests",
)


def loaded_after(statement: str) -> set[str]:
    """Heavy packages that a fresh interpreter holds after a statement."""
    code = f"import sys\n{statement}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import jupyter_agents",
        "from IPython.core.interactiveshell import InteractiveShell as S; "
        "S.instance().run_line_magic('load_ext', 'jupyter_agents')",
    ],
)
def test_loading_the_package_or_the_extension_loads_nothing_heavy(statement: str) -> None:
    assert loaded_after(statement) == set()


def test_importing_any_module_loads_nothing_heavy() -> None:
    """One interpreter, all modules: what is heavy is imported inside functions."""
    found = [
        m.name for m in pkgutil.walk_packages(jupyter_agents.__path__, "jupyter_agents.") if "__main__" not in m.name
    ]
    own = [name for name in found if ".kernel.launch" not in name]
    assert loaded_after("import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in own)) <= {
        "requests"
    }


@pytest.mark.parametrize("group", [agents, designs])
def test_everything_in_a_registry_loads_and_says_what_it_is_for(group: object) -> None:
    names = group.names()  # type: ignore[attr-defined]
    assert names == sorted(set(names))
    for name in names:
        found = group.load(name)  # type: ignore[attr-defined]
        assert found.name == name
        assert found.about.strip()


@pytest.mark.parametrize(("group", "known"), [(agents, "review"), (designs, "gated_loop")])
def test_an_unknown_name_in_a_registry_names_the_nearest(group: object, known: str) -> None:
    if known not in group.names():  # type: ignore[attr-defined]
        pytest.skip(f"{known} is not part of this build")
    with pytest.raises(UnknownName, match=known):
        group.load(known[:-1])  # type: ignore[attr-defined]


def test_every_tool_says_what_it_does_and_has_a_schema() -> None:
    for group in tools.names():
        for name, tool in tools.load(group).items():
            assert tool.about, name
            assert tool.schema()["type"] == "object", name


def test_every_rule_of_the_policy_loads() -> None:
    assert [policy.load(name).name for name in policy.names()] == policy.names()


def test_every_error_is_drawn_in_the_tree() -> None:
    from jupyter_agents import errors

    drawn = errors.__doc__ or ""
    classes = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert all(cls.__name__ in drawn for cls in classes)


def test_errors_cross_process_borders_with_their_fields() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(UnknownName("agent", "reviw", ["review"])))
    assert isinstance(error, JupyterAgentsError)
    assert error.exit_code == 2
    assert "did you mean 'review'" in error.message
    assert error.fields["nearest"] == "review"


def test_public_names_of_the_package_resolve() -> None:
    assert importlib.import_module("jupyter_agents").__version__
