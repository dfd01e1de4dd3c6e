"""What each rule does for one resident: it watches, learns, cannot tell, or has nothing to read."""

from __future__ import annotations

import pytest

from alerts.accuracy.days import DEVICE, RESIDENT
from alerts.detectors import discover
from alerts.detectors.heart_rate_low import HeartRateLow
from alerts.engine.engine import Engine
from alerts.engine.rule_states import Doing, RuleState, rule_states
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ALL = discover()


class Home:
    """One resident whose devices speak."""

    def __init__(self, *devices: WatchedDevice) -> None:
        self.engine = Engine(ALL)
        self.engine.update_roster(devices)

    def says(self, device_id: str, t: int, *observations: Observation) -> None:
        self.engine.feed(Reading(device_id, RESIDENT, t, observations))

    def states(self, now_ms: int) -> dict[str, RuleState]:
        versions = self.engine.versions
        devices = versions.states_by_resident()[RESIDENT]
        return rule_states(ALL, devices, versions.of_resident(RESIDENT), now_ms)


def watch(*, alarms: tuple[str, ...] = (), device_id: str = DEVICE, period_s: float = 60.0) -> WatchedDevice:
    return WatchedDevice(device_id, RESIDENT, Profile(report_period_s=period_s), enrolled_at_ms=T0, alarms=alarms)


def heart(t: int, bpm: float = 72.0) -> Scalar:
    return Scalar("heart_rate", bpm, t)


def test_a_rule_without_anything_to_read_is_not_among_them() -> None:
    home = Home(watch())
    home.says(DEVICE, T0, heart(T0))
    states = home.states(T0 + MINUTE)
    assert states["heart_rate_high"] == RuleState(Doing.WATCHES)
    assert states["device_silent"] == RuleState(Doing.WATCHES)
    assert not {"fall_motion", "sos", "glucose_low", "bed_exit"} & states.keys()


def test_a_button_that_was_never_pressed_watches_because_it_is_registered_for_it() -> None:
    home = Home(watch(alarms=("sos",)))
    home.says(DEVICE, T0, heart(T0))
    assert home.states(T0)["sos"] == RuleState(Doing.WATCHES)


def test_a_device_that_has_gone_silent_watches_nothing_and_another_one_does() -> None:
    home = Home(watch(alarms=("sos",)), watch(device_id="d-2"))
    home.says(DEVICE, T0, heart(T0))
    home.says("d-2", T0 + 20 * MINUTE, heart(T0 + 20 * MINUTE))
    states = home.states(T0 + 21 * MINUTE)
    assert states["sos"] == RuleState(Doing.NOT_HEARD)
    assert states["heart_rate_high"] == RuleState(Doing.WATCHES)
    later = home.states(T0 + HOUR)
    assert later["heart_rate_high"] == RuleState(Doing.NOT_HEARD)
    assert later["device_silent"] == RuleState(Doing.WATCHES), "that is what it is for"


def test_a_broken_rule_cannot_tell_and_the_others_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(watch())
    home.says(DEVICE, T0, heart(T0))
    monkeypatch.setattr(HeartRateLow, "silence", property(lambda _: 1 / 0))
    states = home.states(T0)
    assert states["heart_rate_low"] == RuleState(Doing.CANNOT_TELL)
    assert states["heart_rate_high"] == RuleState(Doing.WATCHES)


def test_a_watch_on_the_table_watches_nobodys_heart_and_still_calls_for_help() -> None:
    home = Home(watch(alarms=("sos",)))
    home.says(DEVICE, T0, heart(T0), Event("worn", T0, "off"))
    states = home.states(T0 + MINUTE)
    assert states["heart_rate_high"] == RuleState(Doing.NOT_WORN)
    assert states["sos"] == RuleState(Doing.WATCHES)


def test_what_is_learned_says_how_far_it_has_come() -> None:
    home = Home(watch(period_s=0.0))
    for night in range(3):
        t = T0 + night * DAY
        home.says(DEVICE, t + 17 * HOUR, Event("bed", t + 17 * HOUR, "on", {"room": "bedroom"}))
        home.says(DEVICE, t + 25 * HOUR, Event("bed", t + 25 * HOUR, "off", {"room": "bedroom"}))
        home.says(DEVICE, t + 26 * HOUR, Event("motion", t + 26 * HOUR, "on", {"room": "kitchen"}))
    states = home.states(T0 + 2 * DAY + 27 * HOUR)
    learning = states["bed_exit"]
    assert (learning.doing, learning.needed, learning.of) == (Doing.LEARNING, 7, "days")
    assert 0 < learning.known < 7
    assert states["not_in_bed"].of == "nights"
    assert states["routine_changed"].needed == 21
    assert states["bathroom_dwell"].of == "stays"


def test_who_has_no_bed_sensor_is_told_so() -> None:
    home = Home(watch(period_s=0.0))
    home.says(DEVICE, T0, Event("motion", T0, "on", {"room": "kitchen"}))
    assert home.states(T0)["bed_exit"] == RuleState(Doing.NO_SENSOR)
    assert home.states(T0)["not_in_bed"] == RuleState(Doing.NO_SENSOR)


def test_every_rule_that_says_it_learns_says_how_far() -> None:
    unsaid = []
    for detector in ALL:
        fresh = detector.for_profile(Profile())
        if fresh.silence == "learning" and fresh.lesson is None:
            unsaid.append(detector.name)
        if fresh.lesson is not None:
            assert 0 <= fresh.lesson.known < fresh.lesson.needed, detector.name
    assert unsaid == []
