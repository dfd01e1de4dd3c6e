"""How the tests of one run are shared out."""

from __future__ import annotations

import os

import pytest

from tests import schedule


class _Named:
    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid


def test_installations_begin_first_and_a_file_stays_in_its_order() -> None:
    names = [
        "tests/app/test_a.py::b",
        "tests/app/test_a.py::a",
        "tests/smoke/test_s.py::x",
        "tests/faults/test_f.py::y",
    ]
    items: list[pytest.Item] = [_Named(name) for name in names]  # type: ignore[misc]
    assert [one.nodeid for one in schedule.longest_first(items)] == [names[3], names[2], names[0], names[1]]


def test_a_file_is_one_piece_and_a_test_with_an_installation_is_one() -> None:
    assert schedule._shared_with("tests/api/test_a.py::test_one[x]") == "tests/api/test_a.py"
    assert schedule._shared_with("tests/smoke/test_s.py::test_one") == "tests/smoke/test_s.py::test_one"


def test_there_are_never_more_processes_than_memory_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= schedule.process_count() <= (os.cpu_count() or 1) + 2
    monkeypatch.setattr(schedule, "_MEMORY_A_PROCESS_BYTES", 1e18)
    assert schedule.process_count() == 1
