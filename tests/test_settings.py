"""Settings: where they come from, who wins, and what a person reads when one is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from traitlets.config import Config

from jupyter_agents.errors import InputError, UnknownName
from jupyter_agents.settings import Settings, api_key, configurable, described, resolve

WriteConfig = Callable[[object], Path]


@pytest.fixture
def write_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteConfig:
    """Writes `jupyter_agents_config.json` where Jupyter's config path begins."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")

    def write(content: object) -> Path:
        path = folder / "jupyter_agents_config.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_defaults_hold_where_nobody_says_anything(write_config: WriteConfig) -> None:
    settings = resolve({}, environ={})
    assert settings.model == "claude-opus-5-5"
    assert settings.budget.usd == 5.0
    assert settings.budget.tokens is None
    assert settings.hosts == ("export.arxiv.org", "arxiv.org")


def test_options_beat_config_beats_environment_beats_file(write_config: WriteConfig) -> None:
    write_config({"JupyterAgents": {"cell_s": 1, "slots": 1, "parallel": 1, "output_kb": 1}})
    config = configurable()(config=Config({"JupyterAgents": {"cell_s": 3, "slots": 3}}))
    environ = {"JUPYTER_AGENTS_CELL_S": "2", "JUPYTER_AGENTS_SLOTS": "2", "JUPYTER_AGENTS_PARALLEL": "2"}
    settings = resolve({"cell_s": "4"}, config, environ)
    assert (settings.cell_s, settings.slots, settings.parallel, settings.output_kb) == (4.0, 3, 2, 1)


def test_a_default_chosen_in_config_still_beats_the_environment() -> None:
    config = configurable()()
    config.update_config(Config({"JupyterAgents": {"slots": 2}}))
    assert resolve({}, config, {"JUPYTER_AGENTS_SLOTS": "9"}).slots == 2


def test_config_that_nobody_touched_says_nothing() -> None:
    config = configurable()()
    assert config.trait_values()["slots"] == 2
    assert resolve({}, config, {"JUPYTER_AGENTS_SLOTS": "9"}).slots == 9


def test_options_that_are_none_were_not_given() -> None:
    assert resolve({"model": None}, environ={"JUPYTER_AGENTS_MODEL": "other"}).model == "other"


def test_folders_come_out_absolute_and_follow_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    settings = resolve({"store": "here"}, environ={"XDG_CACHE_HOME": str(tmp_path / "xdg")})
    assert settings.runs_folder == tmp_path / "data" / "jupyter_agents" / "runs"
    assert settings.store_folder == tmp_path / "here"
    assert settings.cache_folder == tmp_path / "xdg" / "jupyter_agents"


def test_lists_come_from_the_environment_with_commas() -> None:
    assert resolve({}, environ={"JUPYTER_AGENTS_HOSTS": "a.org, b.org,"}).hosts == ("a.org", "b.org")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("CELL_S", "soon", "a number of seconds, above 0"),
        ("CELL_S", "-1", "a number of seconds, above 0"),
        ("CELL_S", "nan", "a number of seconds, above 0"),
        ("DAY_USD", "inf", "a number of US dollars, at least 0"),
        ("OUTPUT_KB", "2.5", "a whole number of kilobytes, at least 1"),
        ("GPU", "perhaps", "true or false"),
        ("SANDBOX_MODE", "off", "one of sandbox, restricted"),
        ("BASE_URL", "localhost:8080", "an address that begins with http:// or https://"),
        ("BASE_URL", "https://me:secret@host", "without a password"),
        ("MODEL", "", "a text, not empty"),
    ],
)
def test_a_bad_value_names_setting_source_and_what_is_wanted(name: str, value: str, wanted: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve({}, environ={f"JUPYTER_AGENTS_{name}": value})
    assert name.lower() in caught.value.message
    assert "the environment" in caught.value.message
    assert wanted in caught.value.message


def test_an_unknown_name_is_told_the_nearest(write_config: WriteConfig) -> None:
    with pytest.raises(UnknownName, match="JUPYTER_AGENTS_MODEL'"):
        resolve({}, environ={"JUPYTER_AGENTS_MODLE": "x"})
    with pytest.raises(UnknownName, match="did you mean 'cell_s'"):
        resolve({"cells": 1}, environ={})
    with pytest.raises(UnknownName, match="did you mean 'slots'"):
        configurable()().update_config(Config({"JupyterAgents": {"slot": 1}}))
    path = write_config({"JupyterAgents": {"budget": 1}})
    with pytest.raises(UnknownName) as caught:
        resolve({}, environ={})
    assert str(path) in caught.value.message
    assert caught.value.fields["nearest"] in {"budget_usd", "budget_steps"}


def test_variables_that_are_no_settings_are_left_alone() -> None:
    assert resolve({}, environ={"JUPYTER_AGENTS_WORK": "/x", "JUPYTER_AGENT": "y"}) == resolve({}, environ={})


@pytest.mark.parametrize("content", ["{", "[]", "[1]", '"text"', '{"JupyterAgents": 3}', "\x00"])
def test_a_broken_file_is_named(write_config: WriteConfig, content: str) -> None:
    path = write_config(content)
    with pytest.raises(InputError) as caught:
        resolve({}, environ={})
    assert str(path) in caught.value.message


def test_a_misspelt_section_is_named(write_config: WriteConfig) -> None:
    write_config({"JupyterAgent": {"slots": 1}})
    with pytest.raises(UnknownName, match="did you mean 'JupyterAgents'"):
        resolve({}, environ={})


def test_a_refused_config_value_changes_nothing() -> None:
    config = configurable()()
    with pytest.raises(InputError, match="%config JupyterAgents"):
        config.update_config(Config({"JupyterAgents": {"slots": 0}}))
    assert resolve({}, config, {}).slots == 2


def test_every_setting_has_a_sentence_and_says_what_it_wants() -> None:
    settings = described()
    assert [s.name for s in settings] == list(Settings.__annotations__)
    assert all(s.about.endswith(".") and s.wants for s in settings)
    assert set(configurable().class_trait_names(config=True)) == {s.name for s in settings}
    numbers = [s for s in settings if isinstance(s.default, (int, float)) and not isinstance(s.default, bool)]
    assert all(s.unit for s in numbers)


def test_the_key_is_read_from_the_environment_and_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert api_key({"ANTHROPIC_API_KEY": " k "}) == "k"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    assert api_key({"ANTHROPIC_API_KEY": " "}) is None
    assert not [s.name for s in described() if "key" in s.name]
