"""The scenarios themselves: a message that nobody expected fails one, and so does one that did not come."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from anhu.registry.database import close_sessions, open_sessions
from tests.scenarios.chapters import PAGE, page
from tests.scenarios.inbox import Arrived, Inbox
from tests.scenarios.moments import moment_ms, span_ms
from tests.scenarios.town import Town, open_town


def arrived(who: str, channel: str, at_ms: int = 0, about: str = "fall") -> Arrived:
    return Arrived(at_ms, "12:00:00", who, channel, about)


def test_exactly_what_came_is_no_failure_and_is_looked_at_once() -> None:
    inbox = Inbox()
    for who in ("desk", "daughter", "daughter"):
        inbox.note(arrived(who, "SMS"))
    inbox.expect({"desk": "SMS", "daughter": "SMS and SMS"})
    inbox.expect({})


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({}, "unexpected: desk by SMS"),
        ({"desk": "SMS and SMS"}, "missing: desk by SMS"),
        ({"desk": "call"}, "missing: desk by call"),
        ({"son": "SMS"}, "unexpected: desk by SMS"),
    ],
)
def test_too_many_too_few_and_others_are_failures(wanted: dict[str, str], problem: str) -> None:
    inbox = Inbox()
    inbox.note(arrived("desk", "SMS"))
    with pytest.raises(AssertionError, match=problem):
        inbox.expect(wanted)


def test_another_time_and_another_subject_are_failures() -> None:
    inbox = Inbox()
    inbox.note(arrived("desk", "SMS", at_ms=1))
    with pytest.raises(AssertionError, match="another time"):
        inbox.expect({"desk": "SMS"}, at_ms=2)
    inbox.note(arrived("desk", "SMS", about="smoke"))
    with pytest.raises(AssertionError, match="does not say fall"):
        inbox.expect({"desk": "SMS"}, about="fall")


def test_a_scenario_that_ends_with_an_unexpected_message_fails(built_town: Path, tmp_path: Path) -> None:
    made = open_sessions(f"sqlite:///{shutil.copy(built_town, tmp_path / 'anhu.db')}")

    def scenario() -> None:
        with open_town(made) as town:
            town.given(desk="webhook")
            town.alarm("fall")

    with pytest.raises(AssertionError, match="unexpected: desk by webhook"):
        scenario()
    close_sessions(made)


def test_a_message_that_never_comes_fails_a_scenario(street: Town) -> None:
    with pytest.raises(AssertionError, match="missing: daughter by SMS"):
        street.after("5 min", daughter="SMS")


def test_every_due_moment_in_between_is_stepped_through(street: Town) -> None:
    street.alarm("smoke")
    began_ms = street.now_ms
    street.within(
        "5 min",
        desk="webhook and webhook and webhook",
        daughter="SMS and SMS and SMS",
        chief="WeCom",
        team="webhook and webhook",
        son="call and call",
    )
    assert sorted({(one.at_ms - began_ms) // 1000 for one in street.inbox.all}) == [0, 60, 180, 300]


def test_times_are_read_as_people_say_them() -> None:
    assert moment_ms("Sunday 2026-11-22 03:10", "Asia/Shanghai") == 1_795_288_200_000
    assert span_ms("1 h 30 min") == 5_400_000
    with pytest.raises(ValueError, match="Sunday"):
        moment_ms("Monday 2026-11-22 03:10", "Asia/Shanghai")
    with pytest.raises(ValueError, match="a while"):
        span_ms("a while")


def test_the_list_of_scenarios_is_current_and_each_of_them_is_in_it() -> None:
    made = page()
    assert PAGE.read_text("utf-8") == made, "run python -m tests.scenarios.chapters and commit the result"
    assert made.count("\n- ") >= 85
