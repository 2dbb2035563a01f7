"""What holds for every test: nothing of the person's own is found, and CI lets no browser test be skipped."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

NEED_BROWSER = "JUPYTER_AGENTS_NEED_BROWSER"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a skipped browser test a failure where browser tests must run."""
    report = yield
    if report.skipped and os.environ.get(NEED_BROWSER) and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but {NEED_BROWSER} is set: {report.longrepr}"
    return report


@pytest.fixture(autouse=True, scope="session")
def _not_the_persons_own(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """No key, no profile, no settings file and no store of whoever runs the tests."""
    patch = pytest.MonkeyPatch()
    for name in [n for n in os.environ if n.startswith(("ANTHROPIC_", "JUPYTER_AGENTS_")) and n != NEED_BROWSER]:
        if name != "JUPYTER_AGENTS_SHARED":
            patch.delenv(name)
    home = tmp_path_factory.mktemp("person")
    for name, folder in (("JUPYTER_CONFIG_DIR", "config"), ("JUPYTER_DATA_DIR", "data"), ("IPYTHONDIR", "ipython")):
        patch.setenv(name, str(home / folder))
    patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    yield
    patch.undo()
