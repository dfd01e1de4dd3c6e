"""Why a rule says nothing is counted by rule: learning, no sensor, a sensor that is doubted."""

from __future__ import annotations

from alerts.accuracy.days import DEVICE, RESIDENT, engine_of
from alerts.rules.detector import Profile
from anhu.contract.observation import Event, Scalar
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
MINUTE, DAY = 60_000, 86_400_000
HOME = Profile()


def bed(t: int, state: str) -> Reading:
    return Reading(DEVICE, RESIDENT, t, (Event("bed", t, state, {"room": "bedroom"}),))


def motion(t: int) -> Reading:
    return Reading(DEVICE, RESIDENT, t, (Event("motion", t, "on", {"room": "kitchen"}),))


def test_a_home_is_learned_and_the_count_goes_back() -> None:
    engine = engine_of(["bed_exit"], HOME, T0)
    engine.feed(motion(T0))
    assert engine.counters()["silent_no_sensor_bed_exit"] == 1
    for night in range(9):
        engine.feed(bed(T0 + night * DAY + 17 * 3_600_000, "on"))
        if night == 1:
            assert engine.counters()["silent_learning_bed_exit"] == 1
            assert engine.counters()["silent_no_sensor_bed_exit"] == 0
        engine.feed(bed(T0 + night * DAY + 25 * 3_600_000, "off"))
    assert engine.counters()["silent_learning_bed_exit"] == 0


def test_a_snapshot_is_counted_once() -> None:
    engine = engine_of(["bed_exit"], HOME, T0)
    engine.feed(bed(T0, "on"))
    again = engine_of(["bed_exit"], HOME, T0)
    for _ in range(2):
        again.restore(engine.snapshot())
    assert again.counters()["silent_learning_bed_exit"] == 1


def test_dropouts_are_a_doubt_of_the_sensor_and_no_alarm() -> None:
    engine = engine_of(["heart_rate_high"], Profile(report_period_s=60), T0)
    found = []
    for i, bpm in enumerate([74, 75, 74, 26, 58, 114, 176, 132, 180, 131, 190, 133, 178, 135, 190]):
        t = T0 + i * MINUTE
        found += engine.feed(Reading(DEVICE, RESIDENT, t, (Scalar("heart_rate", float(bpm), t),)))
    assert found == []
    assert engine.counters()["silent_doubt_heart_rate_high"] == 1
    t = T0 + 15 * MINUTE
    engine.feed(Reading(DEVICE, RESIDENT, t, (Scalar("heart_rate", 74.0, t),)))
    assert engine.counters()["silent_doubt_heart_rate_high"] == 0
