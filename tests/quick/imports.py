"""Who imports whom in this repository, read from the source without running it."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

_FINDS_ITS_NEIGHBOURS = ("iter_modules(", "import_module(")


class ImportGraph:
    """The Python files below a root and what each of them needs.

    Parameters
    ----------
    root : Path
        Root of the repository.
    folders : sequence of str
        The rooms and the tests.
    """

    def __init__(self, root: Path, folders: Iterable[str]) -> None:
        self._root = root
        self.files = sorted(str(file.relative_to(root)) for folder in folders for file in (root / folder).rglob("*.py"))

    def distances(self, changed: Iterable[str]) -> dict[str, int]:
        """Return for each file that reaches a changed one how many imports lie between them."""
        found = dict.fromkeys(changed, 0)
        waiting = deque(found)
        while waiting:
            file = waiting.popleft()
            for user in self._users.get(file, ()):
                if user not in found:
                    found[user] = found[file] + 1
                    waiting.append(user)
        return found

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        users: dict[str, list[str]] = {}
        for file in self.files:
            for needed in self._needs(file):
                users.setdefault(needed, []).append(file)
        return users

    def _needs(self, file: str) -> set[str]:
        text = (self._root / file).read_text("utf-8")
        needed = {path for name in _imported(ast.parse(text)) for path in _paths(name)}
        if any(call in text for call in _FINDS_ITS_NEIGHBOURS):
            needed |= {other for other in self.files if other.startswith(f"{Path(file).parent}/")}
        if file.startswith("tests/"):
            needed |= {str(folder / "conftest.py") for folder in Path(file).parents}
        return needed - {file}


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _paths(module: str) -> tuple[str, str]:
    """Return where a module's source would be; the file need not be there (any more)."""
    path = module.replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py"
