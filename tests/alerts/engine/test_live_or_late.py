"""A wrong clock does not make a call old, a flapping connection is no life, and what cannot be is not silent."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from alerts.rules.local_time import LocalTime
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
DETECTORS = discover()
HOME = {"wandering.latitude_deg": 31.23, "wandering.longitude_deg": 121.47}


def watched(period_s: float = 0.0, *flags: str, zone: str = "Asia/Shanghai") -> Engine:
    engine = Engine(DETECTORS)
    profile = Profile(flags=frozenset(flags), report_period_s=period_s, limits=HOME, time_zone=zone)
    engine.update_roster([WatchedDevice("d-1", "r-1", profile, enrolled_at_ms=T0)])
    return engine


def hear(engine: Engine, at_s: float, *observations: Observation) -> list[ResidentFinding]:
    return engine.feed(Reading("d-1", "r-1", T0 + round(at_s * SECOND_MS), observations))


def event(kind: str, at_s: float, state: str = "on", *, behind_ms: int = 0, **attributes: str | float) -> Event:
    return Event(kind, T0 + round(at_s * SECOND_MS) - behind_ms, state, attributes)


def connects(engine: Engine, at_s: float, state: str = "on") -> list[ResidentFinding]:
    return hear(engine, at_s, event("connection", at_s, state))


def number(quantity: str, at_s: float, value: float) -> Scalar:
    return Scalar(quantity, value, T0 + round(at_s * SECOND_MS))


def said(found: Sequence[ResidentFinding], kind: str) -> list[tuple[str, str]]:
    return [(f.finding.condition, f.finding.priority.name) for f in found if f.finding.kind == kind]


@pytest.mark.parametrize("behind_ms", [11 * MINUTE_MS, HOUR_MS, 8 * HOUR_MS, 23 * HOUR_MS, 400 * DAY_MS])
@pytest.mark.parametrize("known", [False, True], ids=["a clock never seen", "a clock that was right"])
@pytest.mark.parametrize("kind", ["sos", "fall", "smoke", "gas"])
def test_a_call_over_a_connection_that_lives_is_of_now(behind_ms: int, kind: str, *, known: bool) -> None:
    engine = watched()
    if known:
        hear(engine, -900, event("motion", -900))
    connects(engine, 0)
    (call,) = [f for f in hear(engine, 90, event(kind, 90, behind_ms=behind_ms)) if f.finding.kind == kind]
    assert (call.finding.priority.name, call.late) == ("HIGH", False)
    assert call.finding.at_ms == T0 + 90_000


@pytest.mark.parametrize("behind_ms", [0, 8 * HOUR_MS, 400 * DAY_MS])
@pytest.mark.parametrize("kind", ["sos", "fall", "smoke"])
def test_each_call_of_a_button_whose_clock_stands_is_told(behind_ms: int, kind: str) -> None:
    engine, found = watched(), []
    connects(engine, 0)
    for at_s in (90, 210, 330, 1_200):
        found += hear(engine, at_s, event(kind, 90, behind_ms=behind_ms))
    assert [(f.finding.priority.name, f.late) for f in found if f.finding.kind == kind] == [("HIGH", False)] * 4


def test_what_is_sent_again_for_want_of_an_answer_is_no_second_call() -> None:
    engine = watched()
    connects(engine, 0)
    found = [f for at_s in (90, 95, 120) for f in hear(engine, at_s, event("sos", 90))]
    connects(engine, 200, "off")
    connects(engine, 300)
    found += hear(engine, 301, event("sos", 90))
    assert len(said(found, "sos")) == 1


def test_a_call_of_whose_lateness_nobody_knows_is_of_now() -> None:
    (call,) = [f for f in hear(watched(), 5, event("sos", 5, behind_ms=8 * HOUR_MS)) if f.finding.kind == "sos"]
    assert (call.finding.priority.name, call.late) == ("HIGH", False)


@pytest.mark.parametrize("restart", [False, True])
def test_a_call_that_was_kept_during_an_outage_is_told_as_late(*, restart: bool) -> None:
    engine = watched()
    connects(engine, 0)
    hear(engine, 10, event("motion", 10))
    connects(engine, 20, "off")
    back_s = 5 * 3_600
    connects(engine, back_s)
    if restart:
        raw, engine = engine.snapshot(), watched()
        engine.restore(raw)
    for i in range(20):
        hear(engine, back_s + 1 + i / 10, event("motion", 600 + 60 * i))
    (call,) = [f for f in hear(engine, back_s + 4, event("sos", 1_800)) if f.finding.kind == "sos"]
    assert (call.finding.priority.name, call.late) == ("MEDIUM", True)


def test_a_buffer_that_empties_for_long_is_known_by_its_shrinking_lag() -> None:
    engine = watched()
    hear(engine, 10, event("motion", 10))
    connects(engine, 36_000)
    for i in range(100):
        hear(engine, 36_001 + i, event("motion", 600 + 61 * i))
    (call,) = [f for f in hear(engine, 36_102, event("sos", 600 + 61 * 101)) if f.finding.kind == "sos"]
    assert call.late


@pytest.mark.parametrize("again", [False, True])
def test_a_button_whose_connection_breaks_is_silent_after_ten_minutes(*, again: bool) -> None:
    engine = watched()
    connects(engine, 0)
    connects(engine, 3, "off")
    if again:
        connects(engine, 300)
        connects(engine, 303, "off")
    assert said(engine.advance(T0 + 10 * MINUTE_MS), "device_silent") == []
    assert said(engine.advance(T0 + 16 * MINUTE_MS), "device_silent") == [("present", "LOW")]


@pytest.mark.parametrize("period_s", [0.0, 60.0])
def test_a_connection_that_flaps_for_ever_is_told_of(period_s: float) -> None:
    engine, found = watched(period_s), []
    for i in range(200):
        found += connects(engine, 6 * i)
        found += connects(engine, 6 * i + 3, "off")
    assert said(found, "device_silent") == [("present", "LOW")]


@pytest.mark.parametrize("reason", ["flapping", "shared_credential"])
def test_what_the_door_says_of_a_connection_is_no_word_of_the_device(reason: str) -> None:
    engine = watched()
    connects(engine, 0)
    hear(engine, 1, event("motion", 1))
    connects(engine, 60, "off")
    found = hear(engine, 61, event("sensor_fault", 61, reason=reason))
    found += engine.advance(T0 + 10 * MINUTE_MS)
    found += hear(engine, 662, event("sensor_fault", 662, "off", reason=reason))
    found += engine.advance(T0 + 30 * MINUTE_MS)
    assert said(found, "device_silent") == [("present", "LOW")]


def test_a_connection_that_lasts_or_a_message_ends_the_silence() -> None:
    for speaks in (False, True):
        engine = watched()
        connects(engine, 0)
        connects(engine, 3, "off")
        engine.advance(T0 + 16 * MINUTE_MS)
        found = connects(engine, 1_000)
        found += hear(engine, 1_001, event("motion", 1_001)) if speaks else engine.advance(T0 + 1_061_000)
        assert said(found, "device_silent") == [("gone", "LOW")]


def test_a_bridge_that_says_it_is_offline_makes_the_home_silent_though_its_connection_stays() -> None:
    engine = watched()
    connects(engine, 0)
    engine.advance(T0 + 2 * MINUTE_MS)
    connects(engine, 200, "off")  # the bridge's word; the socket stands
    assert said(engine.advance(T0 + 20 * MINUTE_MS), "device_silent") == [("present", "LOW")]


NOWHERE = [(0, 0), (0.0, 0.0001), (90, 180), (-90, 10), (95, 200), (0.003, -0.002), (31.23, 181), (51.5, -0.1)]


@pytest.mark.parametrize("place", NOWHERE)
@pytest.mark.parametrize("flags", [(), ("dementia",)])
def test_a_place_that_cannot_be_is_no_wandering_and_is_a_fault(place: tuple[float, float], flags: list[str]) -> None:
    engine, found = watched(60.0, *flags), []
    found += hear(engine, 0, event("position", 0, latitude_deg=31.23, longitude_deg=121.47))
    for minute in range(1, 40):
        at_s = minute * 60.0
        found += hear(
            engine, at_s, event("position", at_s, latitude_deg=float(place[0]), longitude_deg=float(place[1]))
        )
    found += engine.advance(T0 + 50 * MINUTE_MS)
    assert said(found, "wandering") == []
    assert said(found, "sensor_fault") == ([("present", "MEDIUM")] if flags else [])


BEYOND = [
    ("heart_rate", 17), ("pulse_rate", 12), ("heart_rate", 310), ("spo2", 36), ("spo2", 12), ("body_temperature", 24),
    ("body_temperature", 46), ("systolic_pressure", 30), ("diastolic_pressure", 10), ("glucose", 0.3), ("glucose", 55),
    ("respiration_rate", 90), ("room_temperature", 85), ("room_temperature", -127),
]  # fmt: skip


@pytest.mark.parametrize(("quantity", "value"), BEYOND)
def test_beyond_what_can_be_is_told_within_nine_minutes(quantity: str, value: float) -> None:
    engine, found = watched(60.0), []
    for minute in range(9):
        found += hear(engine, minute * 60.0, number(quantity, minute * 60.0, value))
    found += engine.advance(T0 + 12 * MINUTE_MS)
    assert said(found, "sensor_fault") == [("present", "MEDIUM")]
    found = hear(
        engine,
        780,
        number(
            quantity,
            780,
            {"spo2": 97, "glucose": 6, "body_temperature": 36.6, "room_temperature": 21}.get(quantity, 70),
        ),
    )
    assert said(found, "sensor_fault") == [("gone", "MEDIUM")]


@pytest.mark.parametrize(("quantity", "value"), [("heart_rate", 255), ("heart_rate", 0), ("spo2", 127), ("spo2", 0)])
def test_no_value_is_no_reading_until_nothing_else_comes_for_hours(quantity: str, value: float) -> None:
    engine, found = watched(60.0), []
    for minute in range(119):
        found += hear(engine, minute * 60.0, number(quantity, minute * 60.0, value))
    found += engine.advance(T0 + 119 * MINUTE_MS)
    assert {f.finding.kind for f in found} == set()
    for minute in range(119, 130):
        found += hear(engine, minute * 60.0, number(quantity, minute * 60.0, value))
    assert said(found + engine.advance(T0 + 130 * MINUTE_MS), "sensor_fault") == [("present", "MEDIUM")]


def test_a_single_flaw_between_good_readings_is_no_fault() -> None:
    engine, found = watched(60.0), []
    for minute in range(60):
        found += hear(engine, minute * 60.0, number("heart_rate", minute * 60.0, 17 if minute % 5 == 0 else 70))
    assert said(found, "sensor_fault") == []


@pytest.mark.parametrize(("zone", "at_h"), [("Europe/Berlin", 23.4), ("Asia/Shanghai", 23.4), ("Asia/Urumqi", 23.4)])
def test_the_door_at_night_is_told_by_the_clock_of_the_place(zone: str, at_h: float) -> None:
    clock = LocalTime(zone)
    for hour, told in ((at_h, 1), (14.0, 0)):
        engine = watched(0.0, "dementia", zone=zone)
        at_s = (clock.next_at(T0, hour) - T0) / SECOND_MS
        found = hear(engine, at_s, event("contact", at_s, room="防盗门"))
        assert len(said(found, "door_open")) == told


def test_a_door_that_is_opened_anew_at_night_is_told_anew_though_it_was_shut_for_minutes_only() -> None:
    """A neighbour brought her home, and a person closed the alert."""
    engine, found = watched(0.0, "dementia"), []
    night_s = (LocalTime("Asia/Shanghai").next_at(T0, 23.0) - T0) / SECOND_MS
    for minute, state in ((0, "on"), (3, "off"), (10, "on"), (10.1, "on"), (11, "off")):
        found += hear(engine, night_s + 60 * minute, event("contact", night_s + 60 * minute, state, room="front_door"))
    assert said(found, "door_open") == [("present", "MEDIUM")] * 2
