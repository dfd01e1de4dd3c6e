"""What may be tried once more is what a browser shows, and little of it."""

from __future__ import annotations

from tests.whole import may_be_late

_PAGE = "tests/api/web/test_web_desk.py::test_everything_works_from_the_keyboard"


def test_a_page_that_came_late_is_tried_once_more() -> None:
    assert may_be_late([_PAGE])
    assert may_be_late([_PAGE, "tests/smoke/test_day_of_administrator.py::test_a_day"])


def test_nothing_else_is() -> None:
    assert not may_be_late([])
    assert not may_be_late([_PAGE, "tests/faults/test_faults.py::test_nothing_acknowledged_is_lost"])
    assert not may_be_late([f"{_PAGE}[{n}]" for n in range(7)])
