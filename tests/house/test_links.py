"""What the documents point at is there: links, headings, pictures, and files named in passing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|toml|json|yml))`")


def _documents() -> list[Path]:
    """Return all but the changelog, which tells of files as they were called then."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=TOP, capture_output=True, text=True, check=True
    )
    return [TOP / name for name in listed.stdout.split() if (TOP / name).exists() and name != "CHANGELOG.md"]


def _slug(heading: str) -> str:
    """Return a heading's anchor as the usual forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _anchors(document: Path) -> set[str]:
    return {_slug(heading) for heading in HEADING.findall(document.read_text("utf-8"))}


def _missing(document: Path) -> Iterator[str]:
    text = document.read_text("utf-8")
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            yield link
    for name in NAMED.findall(text):
        if not ((TOP / name).exists() or (document.parent / name).exists()):
            yield name


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(TOP)))
def test_what_a_document_points_at_is_there(document: Path) -> None:
    assert list(_missing(document)) == []


def test_a_link_into_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("[x](b.md) [y](#nowhere) `alerts/nothing.py` [z](#here)\n# Here\n", "utf-8")
    assert list(_missing(tmp_path / "a.md")) == ["b.md", "#nowhere", "alerts/nothing.py"]
