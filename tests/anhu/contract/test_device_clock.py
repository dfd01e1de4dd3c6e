"""One device clock: on time, late, or wrong; and its state also from an older version."""

from __future__ import annotations

import numpy as np
import pytest

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.device_clock import LATE_MS, SANE_MS, DeviceClock
from anhu.contract.observation import Event, Quality, TimeQuality, waveform_from_array

T0 = 1_795_300_000_000
DEVICE = TimeQuality.DEVICE
BEHIND_MS = 3 * HOUR_MS


def heard(lags_ms: list[int], every_ms: int = MINUTE_MS, clock: DeviceClock | None = None) -> DeviceClock:
    clock = clock or DeviceClock()
    for i, lag_ms in enumerate(lags_ms):
        received_ms = T0 + i * every_ms
        clock.hear([Event("motion", received_ms - lag_ms)], received_ms)
    return clock


def flags(clock: DeviceClock, lag_ms: int, time_quality: TimeQuality = DEVICE) -> Quality:
    return Quality(clock.flags(T0 - lag_ms, time_quality, T0))


@pytest.mark.parametrize(
    ("lag_ms", "expected"),
    [
        (LATE_MS, Quality.GOOD),
        (LATE_MS + 1, Quality.LATE),
        (SANE_MS + 1, Quality.LATE),
        (DAY_MS, Quality.LATE),
        (DAY_MS + 1, Quality.CLOCK_SKEW),
        (-SANE_MS, Quality.GOOD),
        (-SANE_MS - 1, Quality.CLOCK_SKEW),
    ],
)
def test_what_is_said_of_a_device_that_was_never_heard(lag_ms: int, expected: Quality) -> None:
    assert flags(DeviceClock(), lag_ms) == expected


def test_a_device_that_was_seen_to_be_right_may_be_late_by_days() -> None:
    assert flags(heard([0]), 3 * DAY_MS) == Quality.LATE


def test_our_own_time_is_not_doubted_and_a_time_that_the_codec_doubts_is() -> None:
    clock = DeviceClock()
    assert flags(clock, HOUR_MS, TimeQuality.RECEIVED) == Quality.GOOD
    assert flags(clock, 0, TimeQuality.SKEWED) == Quality.CLOCK_SKEW
    assert clock.rule_time(T0 - 5, TimeQuality.SKEWED, T0) == T0


@pytest.mark.parametrize(
    ("lags_ms", "every_ms", "is_wrong"),
    [
        ([BEHIND_MS] * 2, MINUTE_MS, False),
        ([BEHIND_MS, BEHIND_MS + 4_999, BEHIND_MS - 4_999], 10 * SECOND_MS, True),
        ([BEHIND_MS] * 9, SECOND_MS, False),
        ([BEHIND_MS, BEHIND_MS + 5_000, BEHIND_MS], 10 * SECOND_MS, False),
        ([BEHIND_MS, BEHIND_MS + 50_000] * 5, MINUTE_MS, False),
        ([BEHIND_MS, BEHIND_MS + 50_000] * 6, MINUTE_MS, True),
        ([BEHIND_MS, BEHIND_MS + LATE_MS + 1] * 9, MINUTE_MS, False),
        ([BEHIND_MS - i * 50 * SECOND_MS for i in range(60)], 10 * SECOND_MS, False),
        ([BEHIND_MS] * 9 + [0], MINUTE_MS, False),
        ([BEHIND_MS] * 9 + [7 * HOUR_MS], MINUTE_MS, True),
        ([BEHIND_MS] * 9 + [-HOUR_MS], MINUTE_MS, True),
    ],
    ids=[
        "two are too few", "steady for twenty seconds", "nine at once are one", "not steady", "not for long enough",
        "unsteady for ten minutes", "too far apart", "a buffer that empties", "set right", "one delay changes nothing",
        "one of the future changes nothing",
    ],
)  # fmt: skip
def test_when_it_is_sure_that_a_clock_is_behind(lags_ms: list[int], every_ms: int, *, is_wrong: bool) -> None:
    assert bool(heard(lags_ms, every_ms).lag_ms) == is_wrong


def test_a_wrong_clock_counts_as_received_and_what_it_buffered_is_set_right() -> None:
    clock = heard([BEHIND_MS] * 5)
    assert flags(clock, BEHIND_MS + MINUTE_MS) == Quality.CLOCK_SKEW
    assert clock.rule_time(T0 - BEHIND_MS - MINUTE_MS, DEVICE, T0) == T0
    assert flags(clock, BEHIND_MS + HOUR_MS) == Quality.CLOCK_SKEW | Quality.LATE
    assert clock.rule_time(T0 - BEHIND_MS - HOUR_MS, DEVICE, T0) == T0 - HOUR_MS
    assert clock.rule_time(T0, DEVICE, T0) == T0


def test_a_message_of_many_times_is_judged_by_its_freshest_and_a_waveform_by_its_end() -> None:
    clock = DeviceClock()
    samples = np.zeros((3_600, 1))
    wave = waveform_from_array("ecg", samples, observed_at_ms=T0 - HOUR_MS, sampling_rate_hz=1, channels=("II",))
    clock.hear([Event("motion", T0 - 3 * DAY_MS), wave], T0)
    assert clock.was_sane
    assert flags(clock, 3 * DAY_MS) == Quality.LATE


@pytest.mark.parametrize("lag_ms", [0, LATE_MS, SANE_MS, SANE_MS + 1, BEHIND_MS, 2 * DAY_MS, -SANE_MS, -HOUR_MS])
@pytest.mark.parametrize("before", [[], [0], [BEHIND_MS] * 4])
def test_hearing_one_time_is_hearing_and_then_asking(lag_ms: int, before: list[int]) -> None:
    at_once, after = heard(before), heard(before)
    now_ms = T0 + HOUR_MS
    after.hear([Event("motion", now_ms - lag_ms)], now_ms)
    assert at_once.hear_one(now_ms - lag_ms, DEVICE, now_ms) == after.rule_time(now_ms - lag_ms, DEVICE, now_ms)
    assert at_once.snapshot() == after.snapshot()


@pytest.mark.parametrize("lags_ms", [[], [0], [BEHIND_MS] * 2, [BEHIND_MS] * 9])
def test_it_goes_on_from_its_snapshot(lags_ms: list[int]) -> None:
    usual, other = heard(lags_ms), DeviceClock()
    other.restore(usual.snapshot())
    for clock in (usual, other):
        heard([BEHIND_MS, BEHIND_MS + 1_000, BEHIND_MS], clock=clock)
    assert other.snapshot() == usual.snapshot()


def test_a_state_of_version_0_1_is_taken_over() -> None:
    clock = DeviceClock()
    clock.restore([1, BEHIND_MS, T0, 3])
    assert (clock.was_sane, clock.lag_ms) == (True, BEHIND_MS)
    clock.restore([0, BEHIND_MS, T0 - 2 * MINUTE_MS, 2])
    assert (clock.was_sane, clock.lag_ms) == (False, 0)
    heard([BEHIND_MS], clock=clock)
    assert clock.lag_ms == BEHIND_MS
    clock.restore([1, 0, 0, 0])
    assert clock.snapshot() == [1, 0]
