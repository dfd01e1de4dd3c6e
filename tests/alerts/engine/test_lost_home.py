"""A home whose radio is off is silent, however well its line stands; and an unmapped word is told once."""

from __future__ import annotations

import pytest

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.observation import AttributeValue, Event, Quality, TimeQuality
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
DETECTORS = discover()


def watched(device_id: str = "home-1") -> Engine:
    engine = Engine(DETECTORS)
    engine.update_roster([WatchedDevice(device_id, "r-1", Profile(), enrolled_at_ms=T0 - HOUR_MS)])
    return engine


def connection(engine: Engine, at_ms: int, state: str, *, retained: bool = False) -> list[ResidentFinding]:
    quality = int(Quality.RETAINED) if retained else 0
    event = Event("connection", T0 + at_ms, state, {}, TimeQuality.RECEIVED, quality)
    return engine.feed(Reading("home-1", "r-1", T0 + at_ms, (event,)))


def kinds(found: list[ResidentFinding]) -> list[tuple[str, str]]:
    return [(f.finding.kind, f.finding.condition) for f in found]


@pytest.mark.parametrize("retained", [False, True])
def test_a_home_whose_coordinator_is_off_is_silent_after_ten_minutes(*, retained: bool) -> None:
    engine = watched()
    connection(engine, 0, "on")
    engine.advance(T0 + 5 * MINUTE_MS)
    connection(engine, 5 * MINUTE_MS, "off", retained=retained)
    assert kinds(engine.advance(T0 + 14 * MINUTE_MS)) == []
    assert kinds(engine.advance(T0 + 15 * MINUTE_MS + SECOND_MS)) == [("device_silent", "present")]
    connection(engine, 20 * MINUTE_MS, "on")
    assert kinds(engine.advance(T0 + 22 * MINUTE_MS)) == [("device_silent", "gone")]


def said(engine: Engine, at_ms: int, value: AttributeValue | None, state: str = "on") -> list[tuple[str, str]]:
    about: dict[str, AttributeValue] = {"vendor_type": "alarm_state", "urgent": True}
    if value is not None:
        about["value"] = value
    event = Event("unknown_vendor_event", T0 + at_ms, state, about, TimeQuality.RECEIVED)
    found = engine.feed(Reading("home-1", "r-1", T0 + at_ms, (event,)))
    return [(f.finding.kind, f.finding.priority.name) for f in found if f.finding.kind.startswith("unknown")]


def test_an_unmapped_word_is_an_alarm_once_and_a_new_word_or_a_new_beginning_again() -> None:
    engine = watched()
    told = [("unknown_alarm", "HIGH")]
    assert said(engine, 0, "preparing") == told
    for n in range(1, 30):
        assert said(engine, n * HOUR_MS, "preparing") == []
    assert said(engine, 30 * HOUR_MS, "over_tem") == told
    assert said(engine, 31 * HOUR_MS, "normal", state="off") == []
    assert said(engine, 32 * HOUR_MS, "over_tem") == told
    assert said(engine, 39 * HOUR_MS, "over_tem") == told


def test_an_unmapped_call_without_a_word_is_one_each_time() -> None:
    engine = watched()
    assert [len(said(engine, n * MINUTE_MS, None)) for n in range(5)] == [1] * 5


@pytest.mark.parametrize("kind", ["sos", "fall", "smoke"])
def test_a_call_from_a_clock_that_lost_its_battery_is_of_now_even_just_after_the_connection(kind: str) -> None:
    engine = watched()
    engine.feed(Reading("home-1", "r-1", T0, (Event("motion", T0),)))
    connection(engine, HOUR_MS, "on")
    at_ms = T0 + HOUR_MS + 3 * SECOND_MS
    (call,) = [
        f
        for f in engine.feed(Reading("home-1", "r-1", at_ms, (Event(kind, at_ms - 11 * 365 * DAY_MS),)))
        if f.finding.kind == kind
    ]
    assert (call.finding.priority.name, call.late) == ("HIGH", False)
