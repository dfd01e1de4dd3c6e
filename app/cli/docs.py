"""``anhu docs``: every document that repeats code is written by this command, and checked by its ``--check``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click

from app.documents import generated_files, sections

_BLOCK = r"(<!-- made by anhu docs: {name} -->\n).*?(<!-- end of {name} -->)"


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail if something would change.")
@click.option("--root", type=click.Path(path_type=Path), default=Path(), help="The repository.")
def docs(root: Path, *, check: bool) -> None:
    """Write the generated parts of the documents: schemas, dashboards, tables in the README files."""
    changed = [path for path, text in _wanted(root) if _differs(path, text)]
    for path, text in _wanted(root):
        if path in changed and not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in changed:
        click.echo(f"{'stale' if check else 'written'}: {path}")
    if check and changed:
        sys.exit("run `make docs` and commit the result")


def _wanted(root: Path) -> Iterable[tuple[Path, str]]:
    for name, text in generated_files().items():
        yield root / name, text
    for path in sorted(
        [*root.glob("*.md"), *root.glob("*/*.md"), *root.glob("docs/*/*.md"), *root.glob("alerts/measured/*.md")]
    ):
        text = path.read_text("utf-8")
        made = with_sections(text, sections())
        if made != text or "made by anhu docs" in text:
            yield path, made


def with_sections(text: str, makers: Mapping[str, Callable[[], str]]) -> str:
    """Return a document with its generated blocks made anew."""
    for name, make in makers.items():
        block = re.compile(_BLOCK.format(name=re.escape(name)), re.DOTALL)
        if block.search(text):
            body = make().rstrip("\n")
            text = block.sub(lambda m, body=body: f"{m[1]}{body}\n{m[2]}", text)  # type: ignore[misc]
    return text


def _differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text("utf-8") != text
