"""Months that are over stay as they were told; a correction is a further revision."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes import responses, undoing
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Finding
from alerts.service_figures.cell import Counts, from_rows
from alerts.service_figures.freezing import GRACE_MS, freeze, newest_revisions
from alerts.service_figures.months import span_of
from alerts.service_figures.tables import ServiceMonth
from alerts.tables import Alert
from anhu.contract.priority import Priority
from anhu.registry.tables import Resident

ZONE = ZoneInfo("Asia/Shanghai")
BEGINS_MS, ENDS_MS = span_of("2026-10", ZONE)
Sessions = sessionmaker[Session]


def fell(town: Sessions, at_ms: int, *, answered_s: int | None = 40, outcome: str = "true") -> str:
    finding = Finding("fall", Condition.PRESENT, at_ms, at_ms, 1.0, Priority.HIGH)
    with town.begin() as session:
        apply_findings(session, [ResidentFinding("r-1", "w-1", finding)], now_ms=at_ms)
        alert_id = session.scalars(select(Alert.id).where(Alert.is_open)).one()
        if answered_s is not None:
            responses.acknowledge(session, alert_id, actor="u", now_ms=at_ms + answered_s * 1_000)
            responses.on_scene(session, alert_id, actor="u", now_ms=at_ms + 20 * 60_000)
            responses.close(session, alert_id, outcome, actor="u", now_ms=at_ms + 30 * 60_000)
    return alert_id


def frozen(town: Sessions, now_ms: int) -> int:
    with town.begin() as session:
        return freeze(session, zone=ZONE, now_ms=now_ms)


def kept(town: Sessions) -> tuple[int, Counts]:
    with town.begin() as session:
        (row,) = [one for one in newest_revisions(session, "2026-10") if one.centre_id == "c-1"]
        return row.revision, sum(from_rows(row.cells).values(), Counts())


def test_a_month_is_kept_when_it_is_over_and_not_before(town: Sessions) -> None:
    fell(town, BEGINS_MS)
    fell(town, ENDS_MS - 1, answered_s=None)
    assert frozen(town, ENDS_MS + GRACE_MS - 60_000) == 0
    assert frozen(town, ENDS_MS + GRACE_MS) == 1
    assert frozen(town, ENDS_MS + GRACE_MS + 1) == 0
    revision, counts = kept(town)
    assert (revision, counts.alarms, counts.within_60_s, counts.within_45_min, counts.true) == (1, 2, 1, 1, 1)


def test_what_is_corrected_later_is_a_further_revision_and_the_first_stays(town: Sessions) -> None:
    fell(town, BEGINS_MS + 1)
    frozen(town, ENDS_MS + GRACE_MS)
    with town.begin() as session:
        session.execute(update(Alert).values(outcome="false"))
    assert frozen(town, ENDS_MS + GRACE_MS + 86_400_000) == 1
    assert (kept(town)[0], kept(town)[1].false) == (2, 1)
    with town.begin() as session:
        first = session.scalars(select(ServiceMonth).where(ServiceMonth.revision == 1)).one()
        assert sum(from_rows(first.cells).values(), Counts()).true == 1


def test_a_resident_who_moves_takes_no_figures_along(town: Sessions) -> None:
    fell(town, BEGINS_MS + 1)
    frozen(town, ENDS_MS + GRACE_MS)
    with town.begin() as session:
        session.execute(update(Resident).values(centre_id=None, team_id=None))
    assert frozen(town, ENDS_MS + GRACE_MS + 1) == 0
    assert kept(town)[0] == 1


def test_what_was_merged_into_another_is_no_alarm_of_its_own(town: Sessions) -> None:
    kinds = ("fall", "sos")
    with town.begin() as session:
        for kind in kinds:
            finding = Finding(kind, Condition.PRESENT, BEGINS_MS, BEGINS_MS, 1.0, Priority.HIGH)
            apply_findings(session, [ResidentFinding("r-1", "w-1", finding)], now_ms=BEGINS_MS)
        into, goes = (session.scalars(select(Alert.id).where(Alert.kind == one)).one() for one in kinds)
        undoing.merge(session, goes, into, actor="u", now_ms=BEGINS_MS + 1_000)
        responses.close(session, into, "true", actor="u", now_ms=BEGINS_MS + 60_000)
    frozen(town, ENDS_MS + GRACE_MS)
    _, counts = kept(town)
    assert (counts.alarms, counts.closed, counts.true) == (1, 1, 1)
