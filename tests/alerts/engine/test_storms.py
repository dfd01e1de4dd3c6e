"""An area that goes dark is one alert; what persons need is never held back."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
DETECTORS = discover()
HOMES = range(40)
DARK = range(30)
"""Whose power fails at minute 5."""


def engine_of_a_street(homes: Iterable[int] = HOMES, *, centre: str = "c-1") -> Engine:
    made = Engine(DETECTORS)
    made.update_roster(
        WatchedDevice(f"w-{n}", f"r-{n}", Profile(report_period_s=60.0), enrolled_at_ms=T0, centre_id=centre)
        for n in homes
    )
    return made


def restarted(engine: Engine) -> Engine:
    made = engine_of_a_street()
    made.restore(engine.snapshot())
    return made


def said(home: int, at_ms: int, *observations: Observation) -> Reading:
    return Reading(f"w-{home}", f"r-{home}", at_ms, observations or (Scalar("heart_rate", 70.0, at_ms),))


def minutes(engine: Engine, first: int, last: int, homes: Iterable[int]) -> list[ResidentFinding]:
    """Let these homes report once a minute, a second apart from each other."""
    found: list[ResidentFinding] = []
    for minute in range(first, last):
        for home in homes:
            at_ms = T0 + minute * MINUTE_MS + home * 1_000
            found += engine.feed(said(home, at_ms))
        found += engine.advance(T0 + (minute + 1) * MINUTE_MS)
    return found


def told(found: list[ResidentFinding]) -> list[tuple[str, str, str]]:
    return [(one.resident_id, one.finding.kind, str(one.finding.condition)) for one in found]


def lit() -> list[int]:
    return [home for home in HOMES if home not in DARK]


def dark_street() -> Engine:
    engine = engine_of_a_street()
    assert minutes(engine, 0, 5, HOMES) == []
    return engine


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
def test_a_street_without_power_is_one_alert_and_over_when_it_is_back(*, restart: bool) -> None:
    engine = dark_street()
    found = minutes(engine, 5, 15, lit())
    engine = restarted(engine) if restart else engine
    found += minutes(engine, 15, 40, lit())
    assert told(found) == [("r-0", "area_silent", "present")]
    area = found[0].finding
    assert (area.priority.name, area.evidence.features["devices"]) == ("MEDIUM", 10.0)
    engine = restarted(engine) if restart else engine
    found = minutes(engine, 40, 90, HOMES)
    assert told(found) == [("r-0", "area_silent", "gone")]


def test_who_stays_silent_after_the_area_is_back_is_told_one_by_one() -> None:
    engine = dark_street()
    minutes(engine, 5, 40, lit())
    found = minutes(restarted(engine), 40, 90, [home for home in HOMES if home not in (3, 17)])
    assert told(found) == [
        ("r-0", "area_silent", "gone"),
        ("r-3", "device_silent", "present"),
        ("r-17", "device_silent", "present"),
    ]
    assert {one.finding.evidence.note for one in found[1:]} == {"alert.note.after_area"}
    assert told(minutes(engine_of_a_street(), 0, 1, [3])) == []


def test_a_long_darkness_is_said_again_each_hour_and_nothing_else_is() -> None:
    engine = dark_street()
    found = minutes(engine, 5, 200, lit())
    assert told(found) == [("r-0", "area_silent", "present")] * 4


def test_a_few_silent_devices_are_told_for_themselves_after_a_short_wait() -> None:
    engine = dark_street()
    found = minutes(engine, 5, 40, range(5, 40))
    assert told(found) == [(f"r-{n}", "device_silent", "present") for n in range(5)]
    assert all(one.finding.evidence.note == "" for one in found)
    assert told(minutes(engine, 40, 41, HOMES)) == [(f"r-{n}", "device_silent", "gone") for n in range(5)]


def test_a_device_that_comes_back_while_it_waits_is_told_to_nobody() -> None:
    engine = dark_street()
    found = minutes(engine, 5, 17, range(1, 40))
    assert found + minutes(engine, 17, 60, HOMES) == []


def test_ten_sensors_of_one_home_are_no_area() -> None:
    engine = Engine(DETECTORS)
    engine.update_roster(
        WatchedDevice(f"w-{n}", "r-1", Profile(report_period_s=60.0), enrolled_at_ms=T0, gateway_id="g-1")
        for n in range(12)
    )
    found = [one for minute in range(60) for one in engine.advance(T0 + minute * MINUTE_MS)]
    assert told(found) == [("r-1", "device_silent", "present")] * 12


def test_residents_behind_one_gateway_are_an_area() -> None:
    engine = Engine(DETECTORS)
    engine.update_roster(
        WatchedDevice(f"w-{n}", f"r-{n}", Profile(report_period_s=60.0), enrolled_at_ms=T0, gateway_id="g-1")
        for n in range(12)
    )
    found = [one for minute in range(50) for one in engine.advance(T0 + minute * MINUTE_MS)]
    assert told(found) == [("r-0", "area_silent", "present")]


def test_where_no_centre_is_named_nothing_waits() -> None:
    engine = engine_of_a_street(centre="")
    assert len(engine.advance(T0 + 10 * MINUTE_MS)) == len(HOMES)


def test_in_a_dark_street_every_call_fall_and_vital_sign_pages_at_once() -> None:
    engine = dark_street()
    minutes(engine, 5, 40, lit())
    at_ms = T0 + 40 * MINUTE_MS
    found = [one for n in DARK for one in engine.feed(said(n, at_ms, Event("sos", at_ms)))]
    assert [one for one in told(found) if one[1] == "sos"] == [(f"r-{n}", "sos", "present") for n in DARK]
    found = [one for n in DARK for one in engine.feed(said(n, at_ms + 1, Event("fall", at_ms + 1)))]
    assert told(found) == [(f"r-{n}", "fall", "present") for n in DARK]
    low = [said(n, at_ms + 2, Scalar("glucose", 2.1, at_ms + 2, context="confirmed")) for n in DARK]
    found = [one for reading in low for one in engine.feed(reading) if one.finding.kind == "glucose_low"]
    assert [one.resident_id for one in found] == [f"r-{n}" for n in DARK]


def test_a_rule_that_calls_for_a_whole_street_is_named_beside_and_holds_nothing_back() -> None:
    engine = engine_of_a_street()
    found: list[ResidentFinding] = []
    for n in HOMES:
        at_ms = T0 + n * 1_000
        found += engine.feed(said(n, at_ms, Scalar("glucose", 3.5, at_ms, context="confirmed")))
    storms = [one for one in found if one.finding.kind == "rule_storm"]
    assert len([one for one in found if one.finding.kind == "glucose_low"]) == len(HOMES)
    assert [(one.resident_id, one.finding.evidence.note) for one in storms] == [("r-0", "kind.glucose_low")]
    later = restarted(engine).advance(T0 + 2 * HOUR_MS)
    assert ("r-0", "rule_storm", "gone") in told(later)


def test_empty_batteries_of_a_whole_street_are_one_alert() -> None:
    engine = engine_of_a_street()
    found: list[ResidentFinding] = []
    for n in HOMES:
        at_ms = T0 + n * 1_000
        found += engine.feed(said(n, at_ms, Scalar("battery", 3.0, at_ms)))
    assert told(found) == [("r-0", "rule_storm", "present")]
    assert found[0].finding.evidence.note == "kind.battery_low"
    found = minutes(restarted(engine), 1, 30 * 60, HOMES)
    assert told(found) == [("r-0", "rule_storm", "present")] * 24 + [("r-0", "rule_storm", "gone")]


def test_a_device_that_changes_hands_leaves_its_complaint_behind() -> None:
    engine = dark_street()
    minutes(engine, 5, 16, range(1, 40))
    engine.update_roster([WatchedDevice("w-0", "", Profile())])
    assert minutes(engine, 16, 60, range(1, 40)) == []


def test_a_storm_is_the_same_in_a_replay() -> None:
    def run() -> list[ResidentFinding]:
        engine = dark_street()
        return minutes(engine, 5, 40, lit()) + minutes(engine, 40, 80, HOMES)

    assert run() == run()
    assert all(one.finding.decided_at_ms <= T0 + DAY_MS for one in run())
