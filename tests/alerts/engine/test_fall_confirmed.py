"""From a suspected fall to a confirmed one, or back, through the whole engine, running or restarted at every edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.second_sensor import NOTE
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.contract.observation import Event, waveform_from_array
from anhu.contract.priority import Priority
from anhu.contract.record import Reading
from tests.conformance.detector_cases import T0
from tests.conformance.detector_cases_falls import LIES, WALKS, fall

DETECTORS = discover()
PENDANT, RADAR, WATCH = "pendant", "radar", "watch"
FALLS = {"fall_suspected", "fall", "long_lie"}
DOWN_MS = 6_480
"""When the wearer of the pendant hits the floor. [ms]"""


def engine_at_home() -> Engine:
    made = Engine(DETECTORS)
    facts = {PENDANT: ("r-1", "waist"), RADAR: ("r-1", ""), WATCH: ("r-2", "")}
    made.update_roster(
        [WatchedDevice(name, who, Profile(), enrolled_at_ms=T0, position=at) for name, (who, at) in facts.items()]
    )
    return made


def restarted(engine: Engine) -> Engine:
    made = engine_at_home()
    made.restore(engine.snapshot())
    return made


def worn(*after: NDArray[np.float64], until_s: float = 1e9) -> Iterator[Reading]:
    """Return the messages of the pendant, two seconds each."""
    whole = fall(*after)
    for first in range(0, len(whole.t_ms), 100):
        at = int(whole.t_ms[first])
        if at - T0 >= until_s * SECOND_MS:
            return
        samples = whole.values[first : first + 100]
        wave = waveform_from_array(
            "acceleration", samples, observed_at_ms=at, sampling_rate_hz=50, channels=("x", "y", "z")
        )
        yield Reading(PENDANT, "r-1", at + 20 * len(samples), (wave,))


def told(device: str, kind: str, at_s: float, state: str = "on") -> Reading:
    at = T0 + round(at_s * SECOND_MS)
    return Reading(device, "r-2" if device == WATCH else "r-1", at, (Event(kind, at, state),))


def heard(readings: Sequence[Reading], *, restart: bool, until_s: float = 0.0) -> list[ResidentFinding]:
    """Return what an engine says of falls; one that is restarted before each message says the same."""
    engine = engine_at_home()
    found: list[ResidentFinding] = []
    for reading in readings:
        engine = restarted(engine) if restart else engine
        found += engine.feed(reading)
    engine = restarted(engine) if restart else engine
    found += engine.advance(T0 + round(until_s * SECOND_MS)) if until_s else []
    return [one for one in found if one.finding.kind in FALLS]


def said(found: list[ResidentFinding]) -> list[tuple[str, str, str]]:
    return [(one.finding.kind, one.finding.condition, one.finding.priority.name) for one in found]


SUSPECTED = ("fall_suspected", "present", "HIGH")
FALL = ("fall", "present", "HIGH")
both = pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])


@both
def test_who_takes_it_back_is_left_alone(*, restart: bool) -> None:
    readings = [*worn(LIES), told(PENDANT, "fall_cancelled", 40)]
    assert said(heard(readings, restart=restart, until_s=300)) == [SUSPECTED, ("fall_suspected", "gone", "MEDIUM")]


@both
def test_who_rises_is_left_alone(*, restart: bool) -> None:
    assert said(heard([*worn(LIES, WALKS)], restart=restart)) == [SUSPECTED, ("fall_suspected", "gone", "MEDIUM")]


@both
def test_who_does_not_rise_within_a_minute_has_fallen(*, restart: bool) -> None:
    found = heard([*worn(LIES, LIES, LIES)], restart=restart)
    assert said(found) == [SUSPECTED, FALL]
    assert found[1].finding.decided_at_ms - found[1].finding.at_ms == pytest.approx(60_500, abs=1_000)


@both
def test_a_device_that_falls_silent_with_its_wearer_is_believed(*, restart: bool) -> None:
    found = heard([*worn(LIES)], restart=restart, until_s=300)
    assert said(found) == [SUSPECTED, FALL]
    assert found[1].finding.evidence.note == "alert.note.not_taken_back"


@both
def test_who_lies_for_ten_minutes_is_told_for_that_too(*, restart: bool) -> None:
    found = heard([*worn(*[LIES] * 21)], restart=restart)
    assert said(found) == [SUSPECTED, FALL, ("long_lie", "present", "HIGH")]


@both
@pytest.mark.parametrize("radar_s", [-20.0, 9.0, 40.0])
def test_a_second_sensor_confirms_at_once(radar_s: float, *, restart: bool) -> None:
    readings = [*worn(LIES, until_s=50), told(RADAR, "fall_suspected", DOWN_MS / SECOND_MS + radar_s)]
    readings.sort(key=lambda one: one.received_at_ms)
    found = heard(readings, restart=restart)
    (fallen,) = [one for one in found if one.finding.kind == "fall"]
    assert (fallen.finding.priority, fallen.finding.evidence.note) == (Priority.HIGH, NOTE)
    assert fallen.finding.evidence.features["apart_s"] == pytest.approx(abs(radar_s), abs=1)
    first, second, *_ = (one for one in found if one.finding.kind == "fall_suspected")
    assert fallen.device_id == second.device_id != first.device_id


@both
def test_both_sensors_take_it_back(*, restart: bool) -> None:
    readings = [told(RADAR, "fall_suspected", 1), *worn(LIES, until_s=20)]
    readings += [told(RADAR, "fall_suspected", 25, "off"), told(PENDANT, "fall_cancelled", 26)]
    kinds = said(heard(readings, restart=restart))
    assert kinds[-2:] == [("fall_suspected", "gone", "MEDIUM"), ("fall", "gone", "MEDIUM")]
    again = [one for one in readings if one.received_at_ms < T0 + 20_000]
    assert ("fall", "gone", "MEDIUM") not in said(heard([*again, readings[-1]], restart=restart))


@both
def test_a_sensor_of_another_home_or_of_another_time_or_the_same_again_confirms_nothing(*, restart: bool) -> None:
    readings = [told(WATCH, "fall_suspected", 8), *worn(LIES, until_s=30), told(RADAR, "fall_suspected", 120)]
    found = heard(sorted(readings, key=lambda one: one.received_at_ms), restart=restart, until_s=0)
    assert {one.finding.evidence.note for one in found} == {"", "alert.note.not_taken_back"}
    twice = [told(RADAR, "fall_suspected", 0), told(RADAR, "fall_suspected", 55)]
    assert "fall" not in [kind for kind, _, _ in said(heard(twice, restart=restart))]


@both
def test_the_next_fall_is_confirmed_again(*, restart: bool) -> None:
    hours_s = 2 * HOUR_MS / SECOND_MS
    readings = [told(RADAR, "fall_suspected", 0), told(PENDANT, "fall_suspected", 5)]
    readings += [told(RADAR, "fall_suspected", hours_s), told(PENDANT, "fall_suspected", hours_s + 5)]
    found = heard(readings, restart=restart)
    assert [one.finding.evidence.note for one in found].count(NOTE) == 2
