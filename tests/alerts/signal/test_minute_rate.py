from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from alerts.rules.own_rate import OwnRate
from alerts.signal.minute_rate import MinuteRate
from alerts.signal.walking import Walking

T0 = 1_795_300_000_000
MINUTE = 60_000


def fast(bpm: float) -> bool:
    return bpm >= 111


def slow(bpm: float) -> bool:
    return bpm <= 50


def minutes(values: Sequence[float], *, every: int = MINUTE) -> MinuteRate:
    made = MinuteRate(60.0)
    for i, value in enumerate(values):
        made.take(T0 + i * every, value)
    return made


DROPOUTS = [74, 74, 75, 26, 58, 114, 176]
"""Of a recorder, minute by minute (a person of CAST)."""


@pytest.mark.parametrize(
    ("is_beyond", "values"), [(fast, DROPOUTS), (slow, [74, 74, 75, 26, 58, 31, 90])], ids=["fast", "slow"]
)
def test_a_dropout_is_rough_for_a_quarter_of_an_hour(is_beyond: Callable[[float], bool], values: list[float]) -> None:
    made = minutes([*values, *[74] * 12])
    assert made.is_rough(is_beyond)
    for i in range(19, 27):
        made.take(T0 + i * MINUTE, 74)
    assert not made.is_rough(is_beyond)


@pytest.mark.parametrize(
    "values",
    [
        [70, 71, 70, 69, 70, 180, 181, 179, 180],
        [70, 71, 70, 69, 70, 30, 30, 31, 30],
        [60, 58, 63, 137, 136, 135, 137, 126, 145, 138],
        [88, 97, 109, 118, 126, 131, 135, 134],
        [48, 55, 44, 52, 47, 43, 50, 46],
    ],
    ids=["tachycardia", "block", "fibrillation begins", "a climb", "a slow heart that wanders"],
)
def test_what_a_heart_does_is_not_rough(values: list[float]) -> None:
    made = minutes(values)
    assert not made.is_rough(fast)
    assert not made.is_rough(slow)


def test_above_190_a_heart_is_even() -> None:
    assert minutes([75, 200, 219, 205, 221, 203, 222]).is_rough(fast)
    assert not minutes([75, 200, 203, 201, 204, 202, 200]).is_rough(fast)


def test_a_value_that_stands_still_after_a_jump_is_doubted_for_seven_minutes() -> None:
    said = [minutes([76, 75, 134, *[171] * n]).is_frozen() for n in (4, 6, 9)]
    assert said == [True, True, False]
    assert not minutes([171.0] * 12).is_frozen(), "it never jumped"


def test_a_slanting_ruler_is_no_heart() -> None:
    assert minutes([207 - 0.6 * i for i in range(10)]).is_frozen()
    assert not minutes([140 - 0.6 * i + i % 3 for i in range(10)]).is_frozen()


def test_one_pause_is_a_watch_that_was_taken_off_and_two_are_holes() -> None:
    made = MinuteRate(60.0)
    for minute in (0, 1, 2, 30, 31, 32):
        made.take(T0 + minute * MINUTE, 70)
    assert not made.has_holes()
    for minute in (38, 39):
        made.take(T0 + minute * MINUTE, 70)
    assert made.has_holes()
    silent = MinuteRate(0.0)
    for minute in (0, 7, 19):
        silent.take(T0 + minute * MINUTE, 70)
    assert not silent.has_holes(), "nobody knows how often it reports"


def test_what_comes_each_second_becomes_the_median_of_a_minute() -> None:
    made = MinuteRate(1.0)
    closed = [made.take(T0 + 1_000 * i, 70.0 if i % 10 else 190.0) for i in range(121)]
    assert [value for value in closed if value is not None] == [190.0, 70.0, 70.0]


def test_it_goes_on_where_it_was() -> None:
    made, again = minutes(DROPOUTS), MinuteRate(60.0)
    again.restore(made.snapshot())
    again.shift(-3_600_000)
    assert again.is_rough(fast)
    assert again.closes(T0 - 3_600_000 + 6 * MINUTE + 1_000, 70) is None


def test_the_usual_rate_is_known_after_an_hour_and_after_a_day() -> None:
    own = OwnRate()
    known = []
    for i in range(288):
        own.note(T0 + i * 5 * MINUTE, 60.0 if i % 10 else 90.0)
        known.append((own.knows_an_hour, own.knows_a_day))
    assert known.index((True, False)) == 11
    assert known.index((True, True)) == 264
    assert (own.quantile(0.5), own.quantile(0.95)) == (61.0, 91.0)
    again = OwnRate()
    again.restore(own.snapshot())
    assert (again.quantile(0.95), again.n, again.knows_a_day) == (91.0, 288, True)


def test_what_was_usual_weeks_ago_counts_less() -> None:
    own = OwnRate()
    for i in range(2_016 * 4):
        own.note(T0 + i * 5 * MINUTE, 60.0 if i < 2_016 else 80.0)
    assert own.quantile(0.2) == 81.0


def test_walking_is_thirty_steps_a_minute_and_five_minutes_after() -> None:
    walking = Walking()
    for minute, steps in ((0, 100), (10, 160), (20, 700), (30, 710)):
        walking.take(T0 + minute * MINUTE, steps)
    assert walking.is_on(T0 + 24 * MINUTE)
    assert not walking.is_on(T0 + 31 * MINUTE)
    walking.take(T0 + 31 * MINUTE, 5.0)
    assert not walking.is_on(T0 + 32 * MINUTE), "a new day's count begins at nothing"
