"""The platform's clock is set back by an hour: the engine goes on as if nothing had happened."""

from __future__ import annotations

import pytest

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.observation import Event, Scalar, TimeQuality
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
RESIDENTS = ("r-1", "r-2")


def an_engine(since_ms: int = T0) -> Engine:
    profile = Profile(report_period_s=60.0)
    made = Engine(discover())
    made.update_roster(WatchedDevice(f"w-{r}", r, profile, enrolled_at_ms=since_ms) for r in RESIDENTS)
    return made


def pulse(engine: Engine, minute: int, set_back_ms: int, *, own_clock_ms: int | None) -> list[tuple[str, str, int]]:
    """Report a fast pulse of one and an ordinary one of the other in a minute of the true time."""
    received_ms = T0 + minute * MINUTE_MS - set_back_ms
    found = []
    for resident_id, bpm in zip(RESIDENTS, (132.0, 70.0 + minute % 3), strict=True):
        observed_ms = received_ms if own_clock_ms is None else T0 + minute * MINUTE_MS - own_clock_ms
        quality = TimeQuality.RECEIVED if own_clock_ms is None else TimeQuality.DEVICE
        one = Scalar("heart_rate", bpm, observed_ms, time_quality=quality)
        found += engine.feed(Reading(f"w-{resident_id}", resident_id, received_ms, (one,)))
    found += engine.advance(received_ms + 1)
    return [(d.resident_id, d.finding.kind, (d.finding.decided_at_ms - T0) // MINUTE_MS) for d in found]


@pytest.mark.parametrize(
    ("before_ms", "after_ms", "own_clock_ms"),
    [
        pytest.param(0, HOUR_MS, None, id="no clock of its own"),
        pytest.param(0, HOUR_MS, 0, id="its own clock is right"),
        pytest.param(0, HOUR_MS, -5 * MINUTE_MS, id="its own clock is ahead"),
        pytest.param(-HOUR_MS, 0, 0, id="ours was wrong before"),
        pytest.param(-HOUR_MS, 0, None, id="ours was wrong, it has none"),
    ],
)
def test_a_fast_pulse_is_told_after_its_five_minutes(before_ms: int, after_ms: int, own_clock_ms: int | None) -> None:
    engine = an_engine(T0 - before_ms)
    found = []
    for minute in range(9):
        found += pulse(engine, minute, before_ms if minute < 3 else after_ms, own_clock_ms=own_clock_ms)
    assert [(who, kind) for who, kind, _ in found] == [("r-1", "heart_rate_high")]
    assert engine.counters()["set_back"] == 1
    assert "out_of_order" not in engine.counters()


@pytest.mark.parametrize("flags", [frozenset[str](), frozenset({"diabetes"})], ids=["no diabetes", "diabetes"])
@pytest.mark.parametrize("period_s", [0.0, 60.0], ids=["finger pricks", "a sensor"])
def test_a_low_glucose_is_told_as_soon_as_without_it(period_s: float, flags: frozenset[str]) -> None:
    """Of whoever spoke last before the clock was set back, the first reading after it counts too."""
    told = []
    for set_back_ms in (0, HOUR_MS):
        engine = Engine(discover())
        profile = Profile(report_period_s=period_s, flags=flags)
        engine.update_roster([WatchedDevice("g-1", "r-1", profile, enrolled_at_ms=T0 - HOUR_MS)])
        found = []
        for second, mmol in ((0, 6.0), (1, 2.04), (2, 2.05), (301, 2.04), (601, 2.05), (901, 2.06)):
            received_ms = T0 + second * 1_000 - (set_back_ms if second else 0)
            number = Scalar("glucose", mmol, received_ms, time_quality=TimeQuality.RECEIVED)
            decided = engine.feed(Reading("g-1", "r-1", received_ms, (number,)))
            found += [(second, int(d.finding.priority)) for d in decided if d.finding.kind == "glucose_low"]
        told.append(found)
    assert told[0]
    assert told[0] == told[1]


def test_whose_clock_is_ahead_is_not_silent_for_that() -> None:
    engine, profile = Engine(discover()), Profile(report_period_s=60.0)
    engine.update_roster([WatchedDevice("w-1", "r-1", profile, enrolled_at_ms=T0)])
    found = []
    for received_ms in (T0, T0 - HOUR_MS, T0 - HOUR_MS + MINUTE_MS):
        number = Scalar("heart_rate", 70.0, received_ms + 9 * MINUTE_MS)
        found += engine.feed(Reading("w-1", "r-1", received_ms, (number,))) + engine.advance(received_ms + 55_000)
    assert found == []


def test_who_waits_for_a_time_does_not_wait_for_an_hour_longer() -> None:
    engine = an_engine()
    suspected = Event("fall_suspected", T0 + HOUR_MS, "on", time_quality=TimeQuality.RECEIVED)
    found = engine.feed(Reading("w-r-1", "r-1", T0 + HOUR_MS, (suspected,)))
    number = Scalar("heart_rate", 70.0, T0 + 20_000, time_quality=TimeQuality.RECEIVED)
    found += engine.feed(Reading("w-r-2", "r-2", T0 + 20_000, (number,)))
    found += engine.advance(T0 + 90_000)
    assert [int(d.finding.priority) for d in found if d.finding.kind.startswith("fall")] == [2, 3]


def test_records_that_overtook_each_other_set_nothing_back() -> None:
    engine = an_engine()
    for received_ms in (T0 + MINUTE_MS, T0 + 1_000, T0 + 2 * MINUTE_MS):
        one = Scalar("heart_rate", 70.0, received_ms, time_quality=TimeQuality.RECEIVED)
        engine.feed(Reading("w-r-1", "r-1", received_ms, (one,)))
    assert engine.counters().get("set_back", 0) == 0
