"""For how long people were watched, and how sure a share of few alarms is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.engine.watched_people import WatchedPeople, Whose
from alerts.rules.detector import Profile
from alerts.service_figures.interval import wilson
from alerts.service_figures.watching import WEEK_H, add_hour, hours_of, weeks_of
from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Reading
from tests.alerts.shadow.versions_to_test import T0, Later

Sessions = sessionmaker[Session]
ALL = Whose("c-1", "t-1")


class HomeToo(Later):
    """Reads a door, too."""

    name = "of_the_home"
    reads = ("door",)


def device(number: str, resident: str, model: str = "", firmware: str = "") -> WatchedDevice:
    watched = WatchedDevice(number, resident, Profile(), enrolled_at_ms=T0 - HOUR_MS, centre_id="c-1", team_id="t-1")
    return watched._replace(model=model, firmware=firmware)


def said(number: str, resident: str, one: Observation, at_ms: int = T0) -> Reading:
    return Reading(number, resident, at_ms, (one,))


def counted(engine: Engine, part: int = 1) -> dict[Whose, dict[str, int]]:
    people = WatchedPeople(engine.versions, T0 - HOUR_MS)
    while not people.is_complete:
        people.go_on(part)
    return {whose: dict(found) for whose, found in people.by_detector([Later, HomeToo]).items()}


@pytest.fixture
def engine() -> Engine:
    made = Engine([Later, HomeToo])
    made.update_roster(
        [
            device("w-1", "r-1", "W1", "1.0"),
            device("w-2", "r-1", "W1", "1.1"),
            device("d-1", "r-1"),
            device("w-3", "r-2", "W1", "1.0"),
            device("w-4", "r-3", "W1", "1.0"),
        ]
    )
    return made


def test_a_person_is_counted_once_and_with_each_model_of_a_device(engine: Engine) -> None:
    for number, resident in (("w-1", "r-1"), ("w-2", "r-1"), ("w-3", "r-2")):
        engine.feed(said(number, resident, Scalar("heart_rate", 70.0, T0)))
    engine.feed(said("d-1", "r-1", Event("door", T0, "on")))
    assert counted(engine) == {
        ALL: {"heart_rate_high 1": 2, "of_the_home 1": 1},
        Whose("c-1", "t-1", "W1", "1.0"): {"heart_rate_high 1": 2},
        Whose("c-1", "t-1", "W1", "1.1"): {"heart_rate_high 1": 1},
    }


def test_whoever_was_not_heard_in_the_hour_is_not_watched(engine: Engine) -> None:
    engine.feed(said("w-3", "r-2", Scalar("heart_rate", 70.0, T0 - 2 * HOUR_MS), T0 - 2 * HOUR_MS))
    assert counted(engine).get(ALL, {}) == {}


def test_hours_add_up_over_engines_and_are_seen_by_whose_they_are(town: Sessions) -> None:
    with town.begin() as session:
        for consumer in ("alerts-0", "alerts-1"):
            add_hour(session, consumer, "2026-11", {ALL: {"bed_exit 1": 3}})
            add_hour(session, consumer, "2026-11", {ALL: {"bed_exit 1": 1, "bed_exit 2": 1}})
        add_hour(session, "alerts-0", "2026-11", {Whose("c-2", ""): {"bed_exit 1": 5}})
        add_hour(session, "alerts-0", "2026-12", {ALL: {"bed_exit 1": 9}})
    with town.begin() as session:
        own = hours_of(session, "2026-11", lambda centre, _team: centre == "c-1")
        assert {whose: dict(hours) for whose, hours in own.items()} == {ALL: {"bed_exit 1": 8, "bed_exit 2": 2}}
        assert len(hours_of(session, "2026-11", lambda _centre, _team: True)) == 2


def test_weeks_are_those_of_whoever_raised_the_alarms() -> None:
    hours = {
        ALL: {"bed_exit 1": 2 * WEEK_H, "bed_exit 2": WEEK_H, "bed_rise 1": WEEK_H},
        Whose("c-2", ""): {"bed_exit 1": WEEK_H},
        Whose("c-1", "t-1", "M1", "7"): {"bed_exit 1": WEEK_H},
    }
    first = [("bed_exit", 1)]
    assert weeks_of(hours, {}, first) == 4.0, "a version's successor watched the same people after it"
    assert weeks_of(hours, {"version": 1}, first) == 3.0
    assert weeks_of(hours, {"centre_id": "c-2"}, first) == 1.0
    assert weeks_of(hours, {"model": "M1"}, first) == 1.0
    assert weeks_of(hours, {}, [*first, ("bed_rise", 1)]) == 4.0, "of several the one that watched longest"
    assert weeks_of(hours, {}, [("sos", 1)]) is None
    assert weeks_of(hours, {"model": "M2"}, first) is None


def test_a_share_of_nothing_is_none_and_of_few_is_unsure() -> None:
    assert wilson(0, 0) is None
    found = wilson(9, 10)
    assert found is not None
    assert [round(one, 3) for one in found] == [0.9, 0.596, 0.982]


@given(st.integers(1, 500).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_holds_the_share_and_narrows(given: tuple[int, int]) -> None:
    part, whole = given
    few, many = wilson(part, whole), wilson(10 * part, 10 * whole)
    assert few is not None
    assert many is not None
    assert 0.0 <= few.low <= few.share <= few.high <= 1.0
    assert many.high - many.low < few.high - few.low
