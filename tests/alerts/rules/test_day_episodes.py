"""One alarm a day, with its count; worse pages again."""

from __future__ import annotations

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.day_episodes import DayEpisodes
from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.priority import Priority

T0 = 1_795_300_000_000
PRESENT, GROWN, GONE = Condition.PRESENT, Condition.GROWN, Condition.GONE


def pause(minute: float, seconds: float, priority: Priority = Priority.MEDIUM) -> Finding:
    at_ms = T0 + round(minute * MINUTE_MS)
    return Finding("asystole_pause", PRESENT, at_ms, at_ms, 0.9, priority, Evidence({"pause_s": seconds}))


def rhythm(minute: float, condition: Condition = PRESENT) -> Finding:
    at_ms = T0 + round(minute * MINUTE_MS)
    return Finding("irregular_rhythm", condition, at_ms, at_ms, 0.9, Priority.MEDIUM, Evidence({"burden_share": 0.5}))


def episodes() -> DayEpisodes:
    return DayEpisodes({"asystole_pause": "pause_s"})


def test_thirty_pauses_in_half_an_hour_are_one_alarm_with_a_count() -> None:
    days = episodes()
    told = [one for minute in range(32) for one in days.feed(pause(minute, 3.2))]
    assert [one.condition for one in told] == [PRESENT] + [GROWN] * 31
    assert told[-1].evidence.features["times_today"] == 32


def test_the_longest_stays_in_the_evidence_and_an_urgent_one_is_told_at_once() -> None:
    days = episodes()
    days.feed(pause(0, 3.4))
    (worse,) = days.feed(pause(1, 6.0, Priority.HIGH))
    assert (worse.condition, worse.priority) == (PRESENT, Priority.HIGH)
    (later,) = days.feed(pause(2, 3.1))
    assert (later.condition, later.priority) == (GROWN, Priority.HIGH)
    assert later.evidence.features == {"pause_s": 6.0, "times_today": 3.0}


def test_a_rhythm_that_comes_and_goes_ends_with_its_day() -> None:
    days = episodes()
    said = [rhythm(0), rhythm(30, GONE), rhythm(60), rhythm(90, GONE)]
    assert [one.condition for finding in said for one in days.feed(finding)] == [PRESENT, GROWN]
    assert days.over(T0 + DAY_MS - 1) == []
    (end,) = days.over(T0 + DAY_MS)
    assert (end.condition, end.evidence.features["times_today"]) == (GONE, 2.0)
    assert days.due_ms is None


def test_one_that_lasts_is_told_again_the_next_day() -> None:
    days = episodes()
    days.feed(rhythm(0))
    (again,) = days.over(T0 + DAY_MS)
    assert (again.condition, again.at_ms) == (PRESENT, T0 + DAY_MS)
    assert days.due_ms == T0 + 2 * DAY_MS


def test_what_nobody_was_told_of_does_not_grow() -> None:
    assert episodes().feed(rhythm(0, GROWN)) == []
    assert episodes().feed(rhythm(0, GONE)) == []
