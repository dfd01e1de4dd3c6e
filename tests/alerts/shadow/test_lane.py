"""A version in the shadow sees what the deciding one sees, and is shut off alone when it is not sound."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition
from alerts.rules.detector import Detector, Profile
from alerts.shadow.lane import ShadowLane
from alerts.shadow.time_limit import TookTooLongError, within
from alerts.shadow.watchdog import LONG_CALL_MS, WhyOff
from tests.alerts.shadow.versions_to_test import T0, Flooding, Hanging, Later, Sooner, Unsound, beats


class Ticking:
    """A steady time that goes on by so much each time it is asked. [ms]"""

    def __init__(self, step_ms: float) -> None:
        self.step_ms = step_ms
        self.now_ms = 1.0

    def __call__(self) -> float:
        self.now_ms += self.step_ms
        return self.now_ms


def deciding() -> Engine:
    engine = Engine([Later])
    engine.update_roster([WatchedDevice("w-1", "r-1", Profile(report_period_s=60.0), enrolled_at_ms=T0)])
    return engine


def lane_of(version: type[Detector], step_ms: float = 0.01) -> ShadowLane:
    lane = ShadowLane(version, deciding().versions, T0, steady_ms=Ticking(step_ms))
    lane.work(T0)
    return lane


def test_it_says_its_own_version_and_the_deciding_one_says_another() -> None:
    readings = beats([115.0] * 6 + [70.0] * 4)
    lane = lane_of(Sooner)
    lane.take(readings)
    found = lane.work(readings[-1].received_at_ms, most_ms=1e9)
    assert [(one.finding.condition, one.finding.evidence.decided_by) for one in found] == [
        (Condition.PRESENT, "heart_rate_high 2"),
        (Condition.GONE, "heart_rate_high 2"),
    ]
    engine = deciding()
    assert [one for reading in readings for one in engine.feed(reading)] == []
    assert lane.numbers()["messages"] == 10


def test_it_takes_no_more_than_its_slice_and_goes_on_later() -> None:
    lane = lane_of(Sooner, step_ms=2.0)
    lane.take(beats([115.0] * 10))
    lane.work(T0)
    assert 0 < lane.numbers()["messages"] < 10
    assert lane.has_work
    for _ in range(10):
        lane.work(T0)
    assert (lane.numbers()["messages"], lane.has_work) == (10, False)


def test_what_it_has_no_time_for_is_missed_and_counted() -> None:
    lane = lane_of(Sooner)
    lane.take(beats([70.0] * 5_001))
    assert (lane.numbers()["missed"], lane.has_work, lane.why_off) == (5_001, False, None)


def slow_calls() -> Iterator[tuple[str, float]]:
    yield "a few very long calls", LONG_CALL_MS + 1
    yield "many that take too much of the time", LONG_CALL_MS / 2


@pytest.mark.parametrize("step_ms", [ms for _, ms in slow_calls()], ids=[name for name, _ in slow_calls()])
def test_one_that_is_slow_is_shut_off(step_ms: float) -> None:
    lane = lane_of(Sooner, step_ms)
    lane.take(beats([115.0] * 2_000))
    lane.work(T0, most_ms=1e9)
    assert lane.why_off is WhyOff.SLOW
    assert not lane.has_work


@pytest.mark.parametrize(("version", "why"), [(Unsound, WhyOff.ERRORS), (Flooding, WhyOff.FLOOD)])
def test_one_that_throws_or_floods_is_shut_off(version: type[Detector], why: WhyOff) -> None:
    lane = lane_of(version)
    lane.take(beats([115.0] * 300))
    lane.work(T0, most_ms=1e9)
    lane.take(beats([115.0] * 10, 300))
    assert (lane.why_off, lane.work(T0), lane.has_work) == (why, [], False)


def test_one_that_never_comes_back_is_ended_and_shut_off() -> None:
    lane = ShadowLane(Hanging, deciding().versions, T0, limit_s=0.05)
    lane.work(T0)
    lane.take(beats([125.0] * 3))
    assert lane.work(T0, most_ms=1e9) == []
    assert (lane.why_off, lane.has_work, lane.numbers()["messages"]) == (WhyOff.SLOW, False, 1)
    assert lane.work(T0) == []


def test_what_comes_back_in_time_is_not_ended_later() -> None:
    with within(0.02):
        pass
    with pytest.raises(TookTooLongError), within(0.02):
        for _ in iter(int, 1):
            pass
    assert sum(range(100_000)) > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_it_knows_survives_a_restart() -> None:
    readings = beats([115.0] * 6)
    first = lane_of(Sooner)
    first.take(readings[:2])
    assert first.work(readings[1].received_at_ms, most_ms=1e9) == []
    (kept := first.begin_checkpoint()).go_on()
    second = lane_of(Sooner)
    second.go_on_from(kept.encoded(), first.numbers())
    second.take(readings[2:])
    (found,) = second.work(readings[-1].received_at_ms, most_ms=1e9)
    assert found.finding.at_ms == T0
    assert second.numbers()["messages"] == 6
