"""A wearable that nobody wears must neither look like a dying resident nor hide a fall."""

from __future__ import annotations

import pytest

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.not_worn import NOTE
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Event, Observation, Quality, Scalar
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
DETECTORS = discover()


def engine_at_work() -> Engine:
    made = Engine(DETECTORS)
    made.update_roster([WatchedDevice("w-1", "r-1", Profile(report_period_s=60.0), enrolled_at_ms=T0)])
    return made


def restarted(engine: Engine) -> Engine:
    made = engine_at_work()
    made.restore(engine.snapshot())
    return made


def said(minute: float, *observations: Observation) -> Reading:
    return Reading("w-1", "r-1", T0 + round(minute * MINUTE_MS), observations)


def worn(minute: float, state: str, quality: Quality = Quality.GOOD) -> Reading:
    return said(minute, Event("worn", T0 + round(minute * MINUTE_MS), state, quality=quality))


def pulse(minute: float, bpm: float = 34.0, context: str = "") -> Reading:
    return said(minute, Scalar("heart_rate", bpm, T0 + round(minute * MINUTE_MS), context=context))


def dying(start: int, minutes: int = 30) -> list[Reading]:
    """Heart rate 34, oxygen 70, breathing 4: what an empty strap may make of a table top."""
    made = []
    for minute in range(start, start + minutes):
        at_ms = T0 + minute * MINUTE_MS
        values = {"heart_rate": 34.0, "spo2": 70.0, "respiration_rate": 4.0, "body_temperature": 33.0}
        made.append(said(minute, *(Scalar(quantity, value, at_ms) for quantity, value in values.items())))
    return made


def kinds(found: list[ResidentFinding]) -> set[str]:
    return {one.finding.kind for one in found}


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
def test_what_an_empty_strap_measures_alarms_nobody(*, restart: bool) -> None:
    engine = engine_at_work()
    engine.feed(worn(0, "off"))
    engine = restarted(engine) if restart else engine
    found = [one for reading in dying(1) for one in engine.feed(reading)]
    assert found == []
    assert engine.counters()["not_worn"] == 4 * 30


def test_the_same_on_a_body_alarms_and_so_it_does_when_put_on_again() -> None:
    engine = engine_at_work()
    assert kinds([one for reading in dying(1) for one in engine.feed(reading)]) >= {"heart_rate_low", "spo2_low"}
    engine = engine_at_work()
    engine.feed(worn(0, "off"))
    for reading in dying(1):
        engine.feed(reading)
    engine = restarted(engine)
    engine.feed(worn(31, "on"))
    assert kinds([one for reading in dying(32) for one in engine.feed(reading)]) >= {"heart_rate_low", "spo2_low"}


def test_two_hours_off_are_told_with_what_that_means() -> None:
    engine = engine_at_work()
    engine.feed(worn(0, "off"))
    found = [one for reading in dying(1, 130) for one in engine.feed(reading)]
    assert [one.finding.kind for one in found] == ["not_worn"]
    assert found[0].finding.evidence.note == "alert.note.held_while_off"


def test_a_reading_that_a_person_confirmed_counts_all_the_same() -> None:
    engine = engine_at_work()
    engine.feed(worn(0, "off"))
    assert kinds(engine.feed(pulse(1, context="confirmed"))) == {"heart_rate_low"}


def test_a_brokers_old_copy_of_not_worn_holds_nothing() -> None:
    engine = engine_at_work()
    engine.feed(worn(0, "off", Quality.RETAINED))
    found = [one for minute in range(1, 10) for one in engine.feed(pulse(minute))]
    assert "heart_rate_low" in kinds(found)


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
def test_a_fall_of_a_watch_not_worn_is_told_less_urgently_and_says_why(*, restart: bool) -> None:
    engine = engine_at_work()
    engine.feed(worn(0, "off"))
    engine = restarted(engine) if restart else engine
    (fall,) = engine.feed(said(1, Event("fall", T0 + MINUTE_MS)))
    assert (fall.finding.priority.name, fall.finding.evidence.note) == ("MEDIUM", NOTE)
    (suspected,) = engine.feed(said(5, Event("fall_suspected", T0 + 5 * MINUTE_MS)))
    assert (suspected.finding.priority.name, suspected.finding.evidence.note) == ("LOW", NOTE)
    engine.feed(worn(8, "on"))
    (fall,) = engine.feed(said(9, Event("fall", T0 + 9 * MINUTE_MS)))
    assert (fall.finding.priority.name, fall.finding.evidence.note) == ("HIGH", "")


def test_a_call_for_help_is_never_doubted() -> None:
    engine = engine_at_work()
    engine.feed(worn(0, "off"))
    (call,) = engine.feed(said(1, Event("sos", T0 + MINUTE_MS)))
    assert (call.finding.priority.name, call.finding.evidence.note) == ("HIGH", "")
