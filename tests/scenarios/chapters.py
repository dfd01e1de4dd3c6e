"""The list of all scenarios by chapter, from the tests themselves: `python -m tests.scenarios.chapters` writes it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER / "README.md"
_CHAPTER = re.compile(r"Chapter (\d+): (.+)\.")
_HEAD = """# Scenarios: given, time moved forward, exactly these messages

Each line is a test of this folder. In every one of them any message that nobody expected is a failure, and so is one
that did not come. Made by `python -m tests.scenarios.chapters`.
"""


def page() -> str:
    """Return the page."""
    chapters: list[tuple[int, str]] = []
    for path in sorted(FOLDER.glob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if found := _CHAPTER.match(ast.get_docstring(tree) or ""):
            names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_"]
            lines = "".join(f"- {_sentence(name)}\n" for name in names)
            chapters.append((int(found[1]), f"\n## {found[1]}. {found[2].capitalize()}\n\n{lines}"))
    return _HEAD + "".join(text for _, text in sorted(chapters))


def _sentence(name: str) -> str:
    words = name.removeprefix("test_").replace("_", " ")
    return words[0].upper() + words[1:]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
