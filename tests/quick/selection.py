"""Which tests concern a change, nearest first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.quick.imports import ImportGraph

ROOMS = ("app", "api", "notify", "alerts", "gateway", "ingest", "simulators", "dashboards", "anhu", "tests")
SLOW = ("tests/faults/", "tests/smoke/")
"""Whole installations: one such test alone takes longer than a quick answer may."""
_MOST_FILES = 60
"""More could not even be collected in time."""
_NAMED, _BESIDE = 1, 100
"""As if so many imports lay between: its name is used, or only the room is the same."""
_ELSEWHERE = 10


class Nearness(NamedTuple):
    """How near a test is to a changed file; the smaller the nearer."""

    folders_apart: int
    imports_between: int


class Selection(NamedTuple):
    """Files with tests, and why the others are not among them.

    Attributes
    ----------
    files : list of str
        To run, in this order.
    far : list of str
        Reach the change too, but from farther away than others that already fill the time.
    slow : list of str
        Start whole installations, and are never part of this.
    unmoved : int
        How many files do not reach the change.
    unknown : list of str
        Changed files that no test reaches.
    """

    files: list[str]
    far: list[str]
    slow: list[str]
    unmoved: int
    unknown: list[str]


def select(root: Path, changed: Sequence[str]) -> Selection:
    """Return the tests that a change concerns."""
    graph = ImportGraph(root, ROOMS)
    tests = [file for file in graph.files if _is_test(file)]
    nearness: dict[str, Nearness] = {}
    unknown: list[str] = []
    for file in changed:
        found = _concerned(root, graph, file, tests)
        if not found:
            unknown.append(file)
        for test, near in found.items():
            nearness[test] = min(near, nearness.get(test, near))
    ordered = sorted(nearness, key=lambda test: (nearness[test], test))
    quick = [test for test in ordered if not test.startswith(SLOW)]
    return Selection(
        quick[:_MOST_FILES],
        quick[_MOST_FILES:],
        [test for test in tests if test.startswith(SLOW)],
        sum(test not in nearness for test in tests if not test.startswith(SLOW)),
        unknown,
    )


def _concerned(root: Path, graph: ImportGraph, file: str, tests: Sequence[str]) -> dict[str, Nearness]:
    """Return who imports the file, who names it (a page, a module that another process runs), who lives beside it."""
    reached = graph.distances([file])
    names = (Path(file).name, file.removesuffix(".py").replace("/", "."))
    found: dict[str, Nearness] = {}
    for test in tests:
        apart = _folders_apart(file, test)
        if test in reached:
            found[test] = Nearness(apart, reached[test])
        elif any(name in _text(root, test) for name in names):
            found[test] = Nearness(apart, _NAMED)
        elif apart < _ELSEWHERE:
            found[test] = Nearness(apart, _BESIDE)
    return found


def _folders_apart(file: str, test: str) -> int:
    """Return how many folders one goes up from the file's until the test is below it."""
    folder, place = (Path(one.removeprefix("tests/")).parent for one in (file, test))
    for ups, shared in enumerate((folder, *folder.parents)):
        if shared.parts and place.is_relative_to(shared):
            return ups
    return _ELSEWHERE


def _is_test(file: str) -> bool:
    return file.startswith("tests/") and Path(file).name.startswith("test_")


@cache
def _text(root: Path, file: str) -> str:
    return (root / file).read_text("utf-8")
