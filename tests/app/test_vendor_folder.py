"""A vendor gets the guide's folder and nothing else: what it points at is in it, and what it names is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gateway
from anhu.contract.published_files import documents

GUIDE = Path(gateway.__file__).parents[1] / "docs" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_leads_out_of_the_folder(page: Path) -> None:
    links = [one.partition("#")[0] for one in LINK.findall(page.read_text("utf-8"))]
    assert links
    assert [one for one in links if one and (".." in one or not (GUIDE / one).is_file())] == []


def test_every_page_is_there_in_both_languages() -> None:
    names = {page.name for page in PAGES}
    english = {name for name in names if ".zh-CN." not in name}
    assert english == {"README.md", "errors.md", "families.md", "mapping.md"}
    assert names - english == {name.replace(".md", ".zh-CN.md") for name in english}


def test_the_published_schemas_are_in_it() -> None:
    assert {name: (GUIDE / "schemas" / name).read_text("utf-8") for name in documents()} == documents()
