"""Which alerts and which episodes of the shadow are of the same event."""

from __future__ import annotations

import pytest
from sqlalchemy import true
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector
from alerts.shadow.choices import Choice
from alerts.shadow.comparison import Comparison, compare, fare_of
from alerts.shadow.episodes import KEPT, keep_found
from alerts.shadow.tables import ShadowEpisode, ShadowRun
from alerts.tables import Alert
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from tests.alerts.shadow.versions_to_test import T0, Later, Sooner

NAME = "heart_rate_high"
CHOICE = Choice(1, shadow=2, since_ms=T0)
Sessions = sessionmaker[Session]


def said(
    cls: type[Detector], minute: float, condition: Condition = Condition.PRESENT, kind: str = NAME
) -> ResidentFinding:
    at = T0 + round(minute * MINUTE_MS)
    evidence = Evidence(detector=cls.name, version=cls.version)
    return ResidentFinding("r-1", "w-1", Finding(kind, condition, at, at, 1.0, Priority.MEDIUM, evidence))


def told(town: Sessions, live: list[ResidentFinding], shadow: list[ResidentFinding]) -> Comparison:
    with town.begin() as session:
        for one in live:
            apply_findings(session, [one], now_ms=one.finding.at_ms)
        keep_found(session, Sooner, shadow)
    with town.begin() as session:
        return compare(session, NAME, CHOICE, alerts=true(), residents=true())


def numbers(found: Comparison) -> tuple[int, int, int]:
    return len(found.both), len(found.only_old), len(found.only_new)


GONE = Condition.GONE


@pytest.mark.parametrize(
    ("live", "shadow", "expected"),
    [
        ([said(Later, 10)], [said(Sooner, 3)], (1, 0, 0)),
        ([said(Later, 10)], [said(Sooner, 0), said(Sooner, 1, GONE)], (1, 0, 0)),
        ([said(Later, 30)], [said(Sooner, 0), said(Sooner, 1, GONE)], (0, 1, 1)),
        ([said(Later, 10), said(Later, 12, GONE)], [said(Sooner, 60)], (0, 1, 1)),
        ([said(Later, 10)], [], (0, 1, 0)),
        ([], [said(Sooner, 3), said(Sooner, 4, GONE), said(Sooner, 60)], (0, 0, 2)),
        ([said(Later, -10)], [], (0, 0, 0)),
    ],
    ids=["begun before", "ended just before", "ended long before", "begun long after", "old", "new", "before both"],
)
def test_what_overlaps_or_nearly_touches_is_one_event(
    town: Sessions, live: list[ResidentFinding], shadow: list[ResidentFinding], expected: tuple[int, int, int]
) -> None:
    assert numbers(told(town, live, shadow)) == expected


def test_what_another_detector_raised_is_no_business_of_this_one(town: Sessions) -> None:
    other = said(Later, 10)
    evidence = Evidence(detector="ecg_rhythm", version=1, rule="ecg_rhythm")
    finding = Finding(NAME, Condition.PRESENT, other.finding.at_ms, other.finding.at_ms, 1.0, Priority.MEDIUM, evidence)
    assert numbers(told(town, [other._replace(finding=finding)], [])) == (0, 0, 0)


def test_a_drill_is_in_no_number(town: Sessions) -> None:
    told(town, [said(Later, 10)], [said(Sooner, 10)])
    with town.begin() as session:
        session.query(Alert).one().outcome = "drill"
    with town.begin() as session:
        assert numbers(compare(session, NAME, CHOICE, alerts=true(), residents=true())) == (0, 0, 0)


def test_the_newest_of_a_resident_are_kept_and_no_more(town: Sessions) -> None:
    with town.begin() as session:
        for n in range(KEPT + 5):
            keep_found(session, Sooner, [said(Sooner, 60 * n), said(Sooner, 60 * n + 1, GONE)])
    with town.begin() as session:
        starts = [row.started_at_ms for row in session.query(ShadowEpisode).order_by(ShadowEpisode.started_at_ms)]
        assert (len(starts), starts[0]) == (KEPT, T0 + 5 * 60 * MINUTE_MS)


def test_it_is_counted_over_all_engines_that_run_it(town: Sessions) -> None:
    with town.begin() as session:
        for number, why in (("0", ""), ("1", "slow")):
            counts = {"person_hours": 84, "messages": 10}
            run = {"consumer": f"alerts-{number}", "name": NAME, "version": 2, "since_ms": T0, "seen_ms": T0 + 5}
            session.add(ShadowRun(**run, why_off=why, counts=counts))
    with town.begin() as session:
        found = fare_of(session, NAME, CHOICE)
        assert (found.engines, found.why_off, found.person_weeks, found.counts["messages"]) == (2, "slow", 1.0, 20)
        assert fare_of(session, NAME, CHOICE._replace(since_ms=T0 + 1)).engines == 0
