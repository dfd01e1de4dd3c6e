"""The engine follows what people chose: nobody is paged by a shadow, and nothing falls silent by a switch."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.episodes.findings import apply_findings
from alerts.rules.detector import Detector, Profile
from alerts.shadow import choices as chosen
from alerts.shadow.choices import ChangedMeanwhileError, Choice
from alerts.shadow.following import FollowedChoices
from alerts.shadow.lanes import Lanes
from alerts.shadow.tables import ShadowEpisode, ShadowRun
from alerts.tables import Alert, AlertEvent, AlertMember
from anhu.contract.clock import MINUTE_MS, ManualClock
from anhu.contract.errors import FieldError
from anhu.contract.record import Reading
from anhu.outbox.tables import Outbox
from anhu.registry.tables import Device
from tests.alerts.shadow.versions_to_test import T0, Later, Sooner, Unsound, beats

NAME = "heart_rate_high"
Sessions = sessionmaker[Session]


class Place:
    """An engine with its database, fed by hand as the worker feeds it."""

    def __init__(self, sessions: Sessions, snapshot: bytes = b"", released: type[Detector] = Later) -> None:
        self.sessions = sessions
        self.clock = ManualClock(T0)
        self.engine = Engine([released])
        self.lanes = Lanes(self.engine.versions, sessions, self.clock, "alerts")
        known = (Later, Sooner, Unsound)
        self.following = FollowedChoices(self.engine.versions, self.lanes, known, sessions, self.clock)
        self.following.choose_at_start()
        watched = WatchedDevice("w-1", "r-1", Profile(report_period_s=60.0), enrolled_at_ms=T0)
        self.engine.start([watched], snapshot)
        self.follow()

    def follow(self) -> None:
        _, told = self.following.follow()
        self._store(told)
        self._store(self.lanes.work())

    def choose(self, step: str, version: int = 0) -> None:
        with self.sessions.begin() as session:
            present = chosen.choices(session).get(NAME, Choice(1))
            if step == "run_beside":
                chosen.run_beside(session, NAME, present, version, self.clock.now_ms())
            else:
                getattr(chosen, step)(session, NAME, present, self.clock.now_ms())
        self.follow()

    def feed(self, readings: Sequence[Reading]) -> None:
        for one in readings:
            self.clock.set(one.received_at_ms)
            self._store(self.engine.feed(one))
            self.lanes.take([one])
            self._store(self.lanes.work())
        asyncio.run(self.lanes.keep(asyncio.Event(), Counter(), last=True))

    def _store(self, found: Sequence[ResidentFinding]) -> None:
        if found:
            with self.sessions.begin() as session:
                apply_findings(session, found, now_ms=self.clock.now_ms())

    def alerts(self) -> list[tuple[int, str, bool]]:
        with self.sessions.begin() as session:
            rows = session.scalars(select(Alert).order_by(Alert.raised_at_ms)).all()
            return [(one.detector_version, one.condition, one.is_open) for one in rows]

    def shadows(self) -> list[tuple[int, int, bool]]:
        with self.sessions.begin() as session:
            rows = session.scalars(select(ShadowEpisode).order_by(ShadowEpisode.id)).all()
            return [(one.version, (one.started_at_ms - T0) // MINUTE_MS, one.ended_at_ms is None) for one in rows]

    def runs(self) -> list[int]:
        lane = self.lanes.get(NAME)
        return [lane.detector.version] if lane is not None and lane.why_off is None else []

    def pages(self) -> int:
        with self.sessions.begin() as session:
            return len(session.scalars(select(Outbox.id)).all())


@pytest.fixture
def place(town: Sessions) -> Place:
    return Place(town)


def test_a_version_in_the_shadow_pages_nobody_and_opens_no_alert(place: Place) -> None:
    place.choose("run_beside", 2)
    place.feed(beats([70.0] * 3 + [115.0] * 6 + [70.0] * 4))
    assert place.shadows() == [(2, 3, False)]
    assert (place.alerts(), place.pages()) == ([], 0)


def test_what_it_finds_is_an_episode_as_an_alert_is(place: Place) -> None:
    place.choose("run_beside", 2)
    place.feed(beats([115.0] * 6 + [70.0] * 4 + [115.0] * 6 + [70.0] * 40 + [115.0] * 6))
    assert place.shadows() == [(2, 0, False), (2, 56, True)], "within ten minutes it is the same"
    with place.sessions.begin() as session:
        (run,) = session.scalars(select(ShadowRun)).all()
        assert (run.version, run.why_off, run.counts["episodes"], run.counts["findings"]) == (2, "", 2, 3)


def test_both_find_the_same_and_each_says_which_it_is(place: Place) -> None:
    with place.sessions.begin() as session:
        session.get_one(Device, "w-1").firmware = "1.4"
    place.choose("run_beside", 2)
    place.feed(beats([125.0] * 15))
    assert place.alerts() == [(1, "present", True)]
    assert place.shadows() == [(2, 0, True)]
    with place.sessions.begin() as session:
        alert = session.scalars(select(Alert)).one()
        assert (alert.detector, alert.firmware) == (NAME, "1.4")
        assert {name: alert.evidence[name] for name in ("detector", "version", "model")} == {
            "detector": NAME,
            "version": 1,
            "model": "",
        }


def test_what_only_the_new_version_says_at_the_switch_is_told_at_once(place: Place) -> None:
    place.choose("run_beside", 2)
    place.feed(beats([115.0] * 6))
    assert place.alerts() == []
    place.choose("switch")
    assert place.alerts() == [(2, "present", True)]
    assert place.pages() > 0
    place.feed(beats([70.0] * 4, 6))
    assert place.alerts() == [(2, "gone", False)]


def test_an_open_alert_of_the_old_version_ends_when_the_old_version_says_so(place: Place) -> None:
    place.feed(beats([125.0] * 12))
    place.choose("run_beside", 2)  # it begins to count just now
    place.choose("switch")
    assert place.alerts() == [(1, "present", True)]
    place.feed(beats([105.0] * 4, 12))
    assert place.alerts() == [(1, "gone", False)]


def test_one_version_does_not_end_what_the_other_said(place: Place) -> None:
    place.choose("run_beside", 2)
    place.feed(beats([115.0] * 6))
    place.choose("switch")
    place.feed(beats([125.0] * 12, 6))
    assert place.shadows() == [(1, 6, True)], "the old version says so, too"
    place.feed(beats([105.0] * 4, 18))
    assert place.shadows() == [(1, 6, False)]
    assert place.alerts() == [(2, "present", True)], "above the limit of the version that decides"
    place.feed(beats([70.0] * 4, 22))
    assert place.alerts() == [(2, "gone", False)]


def test_one_click_takes_it_back_with_all_that_is_known(place: Place) -> None:
    place.choose("run_beside", 2)
    place.choose("switch")
    place.feed(beats([125.0] * 8))
    assert place.alerts() == [(2, "present", True)]
    place.choose("go_back")
    place.feed(beats([125.0] * 4, 8))
    with place.sessions.begin() as session:
        assert session.scalars(select(AlertMember.decided_by)).one() == f"{NAME} 1", "it had seen eight of ten minutes"
    assert place.engine.versions.present == {NAME: 1}
    assert place.runs() == [2]


def test_an_alert_of_a_version_that_runs_nowhere_stays_open_and_says_why(place: Place) -> None:
    place.feed(beats([125.0] * 12))
    place.choose("run_beside", 2)  # it begins to count just now
    place.choose("switch")
    place.choose("stop_beside")
    assert place.alerts() == [(1, "present", True)]
    with place.sessions.begin() as session:
        (line,) = session.scalars(select(AlertEvent).where(AlertEvent.what == "left")).all()
        assert (line.data["reason"], line.data["decided_by"]) == ("replaced", f"{NAME} 1")
    place.feed(beats([70.0] * 4, 12))
    assert place.alerts() == [(1, "present", True)], "nobody who knows of it has said that it is over"
    place.feed(beats([115.0] * 5 + [70.0] * 4, 16))
    assert place.alerts() == [(1, "gone", False)], "now the version that decides has seen it, and its end"


def test_a_restart_goes_on_with_what_was_chosen_and_what_was_known(place: Place) -> None:
    place.choose("run_beside", 2)
    place.choose("switch")
    place.feed(beats([115.0] * 2))
    again = Place(place.sessions, place.engine.snapshot())
    assert again.engine.versions.present == {NAME: 2}
    again.feed(beats([115.0] * 2, 2))
    assert again.alerts() == [(2, "present", True)]
    assert again.runs() == [1]


def test_a_version_of_a_new_release_goes_on_with_what_the_former_knew_and_ends_its_alerts(place: Place) -> None:
    place.feed(beats([125.0] * 12))
    assert place.alerts() == [(1, "present", True)]
    after = Place(place.sessions, place.engine.snapshot(), released=Sooner)
    assert after.engine.versions.present == {NAME: 2}
    after.feed(beats([70.0] * 4, 12))
    assert after.alerts() == [(1, "gone", False)]


def test_one_that_throws_is_off_alone_and_stays_off_after_a_restart(place: Place) -> None:
    place.choose("run_beside", 3)
    place.feed(beats([125.0] * 12))
    assert place.alerts() == [(1, "present", True)]
    with place.sessions.begin() as session:
        assert session.scalars(select(ShadowRun.why_off)).all() == ["errors"]
    assert Place(place.sessions).runs() == []


def test_of_two_who_choose_at_once_the_second_is_told(place: Place) -> None:
    with place.sessions.begin() as session:
        chosen.run_beside(session, NAME, Choice(1), 2, T0)
    with pytest.raises(ChangedMeanwhileError), place.sessions.begin() as session:
        chosen.run_beside(session, NAME, Choice(1), 3, T0)
    with place.sessions.begin() as session:
        present = chosen.choices(session)[NAME]
        with pytest.raises(ChangedMeanwhileError):
            chosen.switch(session, NAME, present._replace(revision=7), T0)


def test_nothing_is_switched_that_did_not_run_beside(place: Place) -> None:
    with place.sessions.begin() as session:
        for step in (chosen.switch, chosen.go_back):
            with pytest.raises(FieldError):
                step(session, NAME, Choice(1), T0)
        with pytest.raises(FieldError):
            chosen.run_beside(session, NAME, Choice(1), 1, T0)
