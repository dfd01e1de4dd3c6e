"""What a person has closed is heard again: by the next event, or because it lasts. No detector waits for an answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alerts.detectors import discover
from alerts.detectors.sos import Sos
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.still_there import AGAIN_MS
from alerts.engine.watched_device import WatchedDevice
from alerts.kinds import KINDS
from alerts.rules.detector import Profile
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.observation import Event
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
DETECTORS = discover()
CALLS = {
    "sos": "sos",
    "smoke": "smoke",
    "carbon_monoxide": "carbon_monoxide",
    "gas": "gas",
    "fall": "fall",
    "fall_suspected": "fall_suspected",
}
"""Event -> the alert that it raises at once."""


def engine_at_home() -> Engine:
    engine = Engine(DETECTORS)
    engine.update_roster([WatchedDevice(f"d-{i}", "r-1", Profile(), enrolled_at_ms=T0) for i in (1, 2)])
    return engine


def said(
    engine: Engine, *events: tuple[float, str, str], device: str = "d-1", until_s: float = 0
) -> list[ResidentFinding]:
    found: list[ResidentFinding] = []
    for at_s, kind, state in events:
        at_ms = T0 + round(at_s * SECOND_MS)
        found += engine.feed(Reading(device, "r-1", at_ms, (Event(kind, at_ms, state, {"room": "bathroom"}),)))
    return found + (engine.advance(T0 + round(until_s * SECOND_MS)) if until_s else [])


def present(found: Sequence[ResidentFinding], kind: str) -> list[float]:
    return [
        (one.finding.at_ms - T0) / SECOND_MS
        for one in found
        if (one.finding.kind, one.finding.condition) == (kind, "present")
    ]


@pytest.mark.parametrize("event", CALLS)
def test_a_call_for_help_is_told_again_once_its_blind_time_has_passed(event: str) -> None:
    blind_s = KINDS[CALLS[event]].blind_s
    assert 0 < blind_s <= 60
    engine = engine_at_home()
    found = said(engine, (0, event, "on"), (blind_s - 1, event, "on"), (blind_s, event, "on"))
    assert sorted(set(present(found, CALLS[event]))) == [0, blind_s]


@pytest.mark.parametrize("event", ["smoke", "carbon_monoxide", "gas", "fall", "fall_suspected"])
def test_what_was_over_and_comes_back_within_seconds_is_told(event: str) -> None:
    found = said(engine_at_home(), (0, event, "on"), (3, event, "off"), (6, event, "on"))
    assert present(found, CALLS[event]) == [0, 6]


def test_a_press_that_arrives_after_a_newer_one_is_told() -> None:
    assert Sos.ordered is False
    assert present(said(engine_at_home(), (60, "sos", "on"), (20, "sos", "on")), "sos") == [60, 20]


def test_two_devices_confirm_the_next_fall_too() -> None:
    engine = engine_at_home()
    for at_s in (0, 1_200):
        said(engine, (at_s, "fall_suspected", "on"))
        both = said(engine, (at_s + 5, "fall_suspected", "on"), device="d-2")
        assert present(both, "fall") == [at_s + 5]


@pytest.mark.parametrize("restart", [False, True])
def test_a_long_stay_that_goes_on_is_said_again_and_again_for_a_day(*, restart: bool) -> None:
    engine, found = engine_at_home(), []
    found += said(engine, (0, "presence", "on"))
    for minute in range(5, 3 * 24 * 60, 5):
        if restart and minute % 600 == 0:
            raw, engine = engine.snapshot(), engine_at_home()
            engine.restore(raw)
        found += engine.advance(T0 + minute * MINUTE_MS)
    at_h = [at_s / 3_600 for at_s in present(found, "bathroom_dwell")]
    first_h = (found[0].finding.decided_at_ms - T0) / HOUR_MS
    assert at_h[:2] == [0, 0]  # medium, then high
    worse_h = first_h + 0.25
    assert at_h[2:] == pytest.approx([worse_h + hours for hours in (1, 2, 4, 8, 16)])
    stays = [one for one in found if one.finding.kind == "bathroom_dwell"]
    assert all(one.finding.priority.name == "HIGH" for one in stays[1:])


def test_what_has_ended_or_whose_device_is_gone_is_not_said_again() -> None:
    engine = engine_at_home()
    found = said(engine, (0, "water_leak", "on"), until_s=60)
    assert present(found, "water_leak") == [0]
    found = said(engine, (120, "water_leak", "off"), until_s=DAY_MS / SECOND_MS)
    assert present(found, "water_leak") == []
    engine = engine_at_home()
    assert present(said(engine, (0, "water_leak", "on"), until_s=60), "water_leak") == [0]
    engine.update_roster([WatchedDevice("d-1", "", Profile())])
    assert present(engine.advance(T0 + DAY_MS), "water_leak") == []


def test_no_call_for_help_is_repeated_by_itself_and_all_that_only_lasts_is() -> None:
    assert not [kind for kind in AGAIN_MS if KINDS[kind].latches]
    assert {"no_motion", "bathroom_dwell", "bed_exit", "not_up", "door_open", "wandering"} <= AGAIN_MS.keys()


def test_a_second_fall_half_a_minute_after_the_first_is_told() -> None:
    assert present(said(engine_at_home(), (0, "fall", "on"), (30, "fall", "on")), "fall") == [0, 30]


def test_a_suspicion_that_is_said_again_and_again_is_urgent_in_time() -> None:
    found = said(engine_at_home(), *((at_s, "fall_suspected", "on") for at_s in range(0, 61, 20)), until_s=61)
    urgent = [one.finding.decided_at_ms - T0 for one in found if one.finding.priority.name == "HIGH"]
    assert urgent[:1] == [60 * SECOND_MS]


def test_a_room_that_is_dry_does_not_end_the_reminder_of_the_other() -> None:
    engine, found = engine_at_home(), []
    for at_s, room, state in ((0, "kitchen", "on"), (1, "bath", "on"), (60, "kitchen", "off")):
        at_ms = T0 + at_s * SECOND_MS
        found += engine.feed(Reading("d-1", "r-1", at_ms, (Event("water_leak", at_ms, state, {"room": room}),)))
    later = engine.advance(T0 + 3 * HOUR_MS)
    assert {one.finding.evidence.room for one in later if one.finding.condition == "present"} >= {"bath"}
    assert "kitchen" in {one.finding.evidence.room for one in later if one.finding.condition == "gone"}
