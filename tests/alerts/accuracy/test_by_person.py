"""Figures by person."""

from __future__ import annotations

import pytest

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.accuracy.run import table


def row(metric: str, *counts: tuple[str, float, float]) -> AccuracyRow:
    """Return the row of these people."""
    made = by_person("set", "all", "one", metric, [PersonCount(*one) for one in counts], chosen=Chosen.LEFT_OUT_PEOPLE)
    assert made is not None
    return made


def test_the_worst_of_a_share_is_the_lowest_and_of_an_error_the_highest() -> None:
    share = row("sensitivity", ("a", 9, 10), ("b", 5, 10), ("c", 10, 10))
    assert (share.value, share.worst, share.people, share.count) == (0.8, 0.5, 3, 30)
    assert row("mae", ("a", 9, 10), ("b", 50, 10), ("c", 10, 10)).worst == pytest.approx(5.0)


def test_what_is_of_one_person_is_one_person() -> None:
    twice = row("sensitivity", ("a", 0, 1), ("a", 9, 9), ("b", 10, 10))
    assert (twice.people, twice.worst) == (2, 0.9)


def test_who_has_no_case_is_not_counted_and_nobody_gives_no_row() -> None:
    assert row("sensitivity", ("a", 1, 1), ("b", 0, 0)).people == 1
    assert by_person("set", "all", "one", "sensitivity", [PersonCount("b", 0, 0)], chosen=None) is None


def test_the_interval_is_wide_where_people_differ_and_nothing_where_they_do_not() -> None:
    alike = row("sensitivity", *((str(n), 8, 10) for n in range(8)))
    differing = row("sensitivity", *((str(n), 10 if n % 2 else 6, 10) for n in range(8)))
    assert (alike.low, alike.high) == (0.8, 0.8)
    assert differing.low is not None
    assert differing.high is not None
    assert differing.low < 0.75
    assert differing.high > 0.85


def test_a_tenth_of_the_people_are_no_better_than_the_tenth() -> None:
    assert row("sensitivity", *((str(n), n, 10) for n in range(11))).tenth == pytest.approx(0.1)


def test_the_table_says_all_of_it() -> None:
    head, line = table([row("sensitivity", ("a", 9, 10), ("b", 5, 10))]).splitlines()
    assert "worst" in head
    assert "50.0 %" in line
    assert line.endswith("people left out")
