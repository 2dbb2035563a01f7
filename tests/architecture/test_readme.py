from __future__ import annotations

import re

from .readme import README, renewed


def test_the_made_parts_of_the_readme_are_up_to_date() -> None:
    text = README.read_text()
    assert text == renewed(text), "run `python -m tests.architecture.readme`"


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text())
    local = [link for link in links if "://" not in link]
    assert local
    assert [link for link in local if not (README.parent / link).exists()] == []
