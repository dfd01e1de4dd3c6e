from __future__ import annotations

import numpy as np
import pytest

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition
from alerts.rules.detector import Profile
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.observation import Event, Quality, Scalar, TimeQuality, waveform_from_array
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
DETECTORS = discover()


def watched(period_s: float = 60.0, *, resident_id: str = "r-1", **facts: object) -> WatchedDevice:
    profile = Profile(report_period_s=period_s, **facts)  # type: ignore[arg-type]
    return WatchedDevice("w-1", resident_id, profile, enrolled_at_ms=T0)


@pytest.fixture
def engine() -> Engine:
    made = Engine(DETECTORS)
    made.update_roster([watched()])
    return made


def value(quantity: str, number: float, at_ms: int, received_ms: int | None = None, **more: object) -> Reading:
    one = Scalar(quantity, number, at_ms, **more)  # type: ignore[arg-type]
    return Reading("w-1", "r-1", received_ms or at_ms, (one,))


def event(kind: str, at_ms: int, received_ms: int | None = None, state: str = "on", **more: object) -> Reading:
    one = Event(kind, at_ms, state, **more)  # type: ignore[arg-type]
    return Reading("w-1", "r-1", received_ms or at_ms, (one,))


def told(found: list[ResidentFinding]) -> list[tuple[str, str, int, bool]]:
    return [(d.finding.kind, d.finding.condition, int(d.finding.priority), d.late) for d in found]


def test_a_call_for_help_is_found_in_its_own_message(engine: Engine) -> None:
    assert told(engine.feed(event("sos", T0))) == [("sos", "present", 3, False)]


def test_a_call_sent_again_is_one_call(engine: Engine) -> None:
    engine.feed(event("sos", T0))
    assert engine.feed(event("sos", T0, T0 + 40_000)) == []
    assert engine.feed(event("sos", T0 + 1_500)) == []
    assert told(engine.feed(event("sos", T0 + 60_000))) == [("sos", "present", 3, False)]


def test_a_brokers_old_copy_is_never_an_alarm(engine: Engine) -> None:
    assert engine.feed(event("sos", T0, quality=int(Quality.RETAINED))) == []
    assert engine.feed(event("smoke", T0, quality=int(Quality.RETAINED))) == []


@pytest.mark.parametrize(
    ("age_ms", "expected"),
    [
        (9 * MINUTE_MS, ("sos", "present", 3, False)),
        (30 * MINUTE_MS, ("sos", "present", 3, True)),
        (3 * HOUR_MS, ("sos", "present", 2, True)),
        (23 * HOUR_MS, ("sos", "present", 2, True)),
        (25 * HOUR_MS, ("sos", "present", 0, True)),
    ],
)
def test_a_late_call_still_pages_within_a_day(
    engine: Engine, age_ms: int, expected: tuple[str, str, int, bool]
) -> None:
    now = T0 + 2 * DAY_MS
    engine.feed(value("battery", 90, now - 60_000))
    found = [f for f in engine.feed(event("sos", now - age_ms, now)) if f.finding.kind == "sos"]
    assert told(found) == [expected]


def test_a_clock_that_was_never_set_does_not_make_a_call_old(engine: Engine) -> None:
    found = engine.feed(event("sos", T0 - 900 * DAY_MS, T0))
    assert told(found) == [("sos", "present", 3, False)]
    assert found[0].finding.at_ms == T0


def test_a_clock_ahead_or_steadily_behind_is_not_believed(engine: Engine) -> None:
    assert engine.feed(event("sos", T0 + HOUR_MS, T0))[0].finding.at_ms == T0
    for i in range(1, 6):
        engine.feed(event("motion", T0 + i * 60_000 - 3 * HOUR_MS, T0 + i * 60_000))
        engine.feed(value("spo2", 80, T0 + i * 60_000 - 3 * HOUR_MS, T0 + i * 60_000))
    now = T0 + 400_000
    assert told(engine.feed(event("fall", now - 3 * HOUR_MS, now))) == [("fall", "present", 3, False)]


def test_a_buffer_that_is_being_emptied_is_late_not_skewed(engine: Engine) -> None:
    now = T0 + 12 * HOUR_MS
    engine.feed(value("spo2", 97, now - 1))
    found: list[ResidentFinding] = []
    for i in range(120):
        found += engine.feed(value("spo2", 80, now - 10 * HOUR_MS + i * 60_000, now + i * 20))
    assert found == []


def test_a_vital_older_than_two_hours_is_never_told(engine: Engine) -> None:
    now = T0 + 6 * HOUR_MS
    engine.feed(value("battery", 90, now - 60_000))
    assert engine.feed(value("body_temperature", 38.5, now - 3 * HOUR_MS, now)) == []
    found = engine.feed(value("body_temperature", 38.5, now - 30 * MINUTE_MS, now + 1))
    assert told(found) == [("temperature_high", "present", 2, True)]


def test_an_implausible_value_decides_nothing_about_the_heart_and_is_a_fault(engine: Engine) -> None:
    found = []
    for i in range(60):
        found += engine.feed(value("heart_rate", 310, T0 + i * 10_000))
    assert {one.finding.kind for one in found} == {"sensor_fault"}


def test_normal_values_cost_no_detector(engine: Engine) -> None:
    for i in range(100):
        engine.feed(value("heart_rate", 70 + i % 7, T0 + i * 60_000))
    assert engine.counters().get("windows", 0) <= 1 + 8  # the enrolment, and one value a quarter of an hour for trends


def test_a_residents_own_limit_takes_effect_at_once(engine: Engine) -> None:
    feed = [value("heart_rate", 120, T0 + i * 60_000) for i in range(15)]
    assert told([f for r in feed for f in engine.feed(r)]) == [("heart_rate_high", "present", 2, False)]
    other = Engine(DETECTORS)
    other.update_roster([watched()])
    limits = {"heart_rate_high.medium_bpm": 125.0, "heart_rate_high.high_bpm": 150.0}
    other.update_roster([watched(limits=limits)])
    assert [f for r in feed for f in other.feed(r)] == []


def test_a_device_never_heard_is_silent_too(engine: Engine) -> None:
    assert engine.advance(T0 + 10 * MINUTE_MS - 1) == []
    assert told(engine.advance(T0 + 10 * MINUTE_MS)) == [("device_silent", "present", 1, False)]
    assert told(engine.feed(value("heart_rate", 70, T0 + HOUR_MS))) == [("device_silent", "gone", 1, False)]


def test_the_only_device_that_can_call_is_missed_more(engine: Engine) -> None:
    engine.update_roster([watched(only_alarm_device=True)])
    assert told(engine.advance(T0 + HOUR_MS)) == [("device_silent", "present", 2, False)]


def test_the_end_of_a_connection_is_no_sign_of_life(engine: Engine) -> None:
    engine.feed(value("heart_rate", 70, T0 + 60_000))
    engine.feed(event("connection", T0 + 9 * MINUTE_MS, state="off", time_quality=TimeQuality.RECEIVED))
    assert told(engine.advance(T0 + 11 * MINUTE_MS)) == [("device_silent", "present", 1, False)]


def test_the_platforms_own_absence_is_not_the_devices_silence(engine: Engine) -> None:
    engine.feed(value("heart_rate", 70, T0 + 60_000))
    engine.excuse_silence(HOUR_MS, T0 + 61 * MINUTE_MS)
    assert engine.advance(T0 + 61 * MINUTE_MS) == []
    assert told(engine.advance(T0 + 72 * MINUTE_MS)) == [("device_silent", "present", 1, False)]


def test_a_profile_change_keeps_an_alarm_that_is_on(engine: Engine) -> None:
    engine.advance(T0 + HOUR_MS)
    engine.update_roster([watched(flags=frozenset({"copd"}))])
    assert told(engine.feed(value("heart_rate", 70, T0 + 2 * HOUR_MS))) == [("device_silent", "gone", 1, False)]


def test_a_device_given_to_another_resident_starts_afresh(engine: Engine) -> None:
    for i in range(4):
        engine.feed(value("spo2", 85, T0 + i * 10_000))
    engine.update_roster([watched(resident_id="r-2")])
    reading = Reading("w-1", "r-2", T0 + 90_000, (Scalar("spo2", 85, T0 + 90_000),))
    assert engine.feed(reading) == []


def test_nobodys_device_alarms_nobody(engine: Engine) -> None:
    assert engine.feed(Reading("x-1", "", T0, (Event("sos", T0),))) == []
    assert engine.counters()["unassigned"] == 1


def test_a_suspicion_becomes_urgent_after_a_minute_unless_taken_back(engine: Engine) -> None:
    assert told(engine.feed(event("fall_suspected", T0)))[0] == ("fall_suspected", "present", 2, False)
    assert told(engine.advance(T0 + 60_000)) == [("fall_suspected", "present", 3, False)]
    later = T0 + HOUR_MS
    engine.feed(event("fall_suspected", later))
    lowered = engine.feed(event("fall_cancelled", later + 20_000))
    assert told(lowered) == [("fall_suspected", "gone", 1, False)]
    assert [f for f in engine.advance(later + HOUR_MS) if "fall" in f.finding.kind] == []


def test_two_alarming_pressures_five_minutes_apart_are_a_crisis(engine: Engine) -> None:
    def cuff(at_ms: int, systolic: float, diastolic: float, context: str = "") -> list[ResidentFinding]:
        pair = (
            Scalar("systolic_pressure", systolic, at_ms, context=context),
            Scalar("diastolic_pressure", diastolic, at_ms, context=context),
        )
        return engine.feed(Reading("w-1", "r-1", at_ms, pair))

    assert cuff(T0 + 1, 190, 100) == []
    assert told(cuff(T0 + 5 * MINUTE_MS, 186, 100)) == [("pressure_crisis", "present", 3, False)]
    assert cuff(T0 + 10 * MINUTE_MS, 150, 85) == []
    assert told(cuff(T0 + 15 * MINUTE_MS, 150, 85)) == [("pressure_crisis", "gone", 3, False)]
    confirmed = cuff(T0 + 20 * MINUTE_MS, 190, 112, "symptoms")
    assert told(confirmed)[0] == ("pressure_crisis", "present", 3, False)


def test_a_lone_alarming_pressure_is_not_forgotten(engine: Engine) -> None:
    engine.feed(value("systolic_pressure", 195, T0 + 1))
    found = [f for f in engine.advance(T0 + 31 * MINUTE_MS) if f.finding.kind == "pressure_crisis"]
    assert told(found) == [("pressure_crisis", "present", 2, False)]
    assert found[0].finding.evidence.note == "alert.note.unconfirmed"


def test_readings_the_device_calls_poor_lower_a_severe_alarm() -> None:
    def priorities(poor_at: int) -> list[Priority]:
        engine = Engine(DETECTORS)
        engine.update_roster([watched()])
        found = []
        for i in range(12):
            quality = int(Quality.DEVICE_POOR) if i == poor_at else 0
            found += engine.feed(value("spo2", 84, T0 + 1 + i * 10_000, quality=quality))
        return [f.finding.priority for f in found if f.finding.condition is Condition.PRESENT]

    assert priorities(-1) == [Priority.HIGH]
    assert priorities(3) == [Priority.MEDIUM]


def test_a_state_survives_a_restart_at_any_message() -> None:
    stream = [value("spo2", 97 if i < 4 else 85, T0 + 1 + i * 15_000) for i in range(12)]
    stream += [event("fall_suspected", T0 + 300_000), value("heart_rate", 70, T0 + 365_000), event("sos", T0 + 366_000)]
    whole = Engine(DETECTORS)
    whole.update_roster([watched()])
    expected = [f for r in stream for f in whole.feed(r)]
    assert len(expected) == 4
    for cut in range(len(stream)):
        first, second = Engine(DETECTORS), Engine(DETECTORS)
        first.update_roster([watched()])
        second.update_roster([watched()])
        found = [f for r in stream[:cut] for f in first.feed(r)]
        second.restore(first.snapshot())
        found += [f for r in stream[cut:] for f in second.feed(r)]
        assert found == expected


def test_a_waveform_that_comes_late_is_read_beside_the_newer_one(engine: Engine) -> None:
    def wave(at_ms: int, received_ms: int) -> Reading:
        samples = np.tile([0.0, 0.0, 1.0], (100, 1))
        made = waveform_from_array(
            "acceleration", samples, observed_at_ms=at_ms, sampling_rate_hz=50, channels=("x", "y", "z")
        )
        return Reading("w-1", "r-1", received_ms, (made,))

    assert engine.feed(wave(T0 + 60_000, T0 + 62_000)) == []
    assert engine.feed(wave(T0 + 62_000, T0 + 64_000)) == []
    assert engine.feed(wave(T0 + 30_000, T0 + 65_000)) == []
    assert engine.feed(wave(T0 + 30_000, T0 + 66_000)) == []
    assert engine.counters().get("detector_errors", 0) == 0
