"""How the tests of one run are shared out."""

from __future__ import annotations

import os
from pathlib import Path

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


def test_a_file_is_one_piece_and_so_is_a_campaign_and_all_that_starts_a_city() -> None:
    assert schedule._shared_with("tests/api/test_a.py::test_one[x]") == "tests/api/test_a.py"
    assert schedule._shared_with("tests/faults/test_f.py::test_one") == "tests/faults/test_f.py::test_one"
    city = {schedule._shared_with(f"tests/smoke/{name}.py::test") for name in ("test_shards", "test_two_doors")}
    assert city == {schedule._shared_with("tests/alerts/test_without_kafka.py::test")}


def test_what_starts_a_city_is_there() -> None:
    assert all(Path(one).exists() for one in schedule._ONE_AFTER_ANOTHER)


def test_there_are_never_more_processes_than_memory_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= schedule.process_count() <= (os.cpu_count() or 1) + 1
    monkeypatch.setattr(schedule, "_MEMORY_A_PROCESS_BYTES", 1e18)
    assert schedule.process_count() == 1
