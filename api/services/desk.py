"""The desk's queue: alerts together with where to go and whom to call, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session

from alerts.episodes.lifecycle import Response
from alerts.episodes.members import reporting_of
from alerts.episodes.undoing import is_call_for_help
from alerts.tables import Alert, AlertEvent
from anhu.registry.contacts import owner_names
from anhu.registry.tables import Device, Resident
from api.dependencies import Dependencies
from api.schemas.alerts import PRIORITY_WORDS
from api.schemas.desk import CardView, QueueView, RowView
from api.security.roles import Viewer
from api.security.visibility import visible_alerts
from api.services.alerts import alert_view
from api.services.coming import said_about
from api.services.ladder import answer_ends_of
from api.services.open_alerts import OpenAlert, mark_of, open_alerts, watches_anybody
from api.services.people import seen_people
from api.services.untold import untold_of
from api.visit import AlertVisit, Visit, visit_many

CARDS = 200
"""How many answered or closed alerts are shown."""
UNANSWERED_CARDS = 1_000
"""How many unanswered ones; beyond it the newest are among them, and the page says how many are missing."""
_NEWEST = 100


Wanted = Callable[[Sequence[RowView]], Collection[str]]


def _all(rows: Sequence[RowView]) -> Collection[str]:
    return [row.id for row in rows]


class Show(StrEnum):
    """Which alerts the queue holds."""

    OPEN = "open"
    TODAY = "today"
    MINE = "mine"


def read_queue(deps: Dependencies, viewer: Viewer, *, show: Show, today_ms: int, wanted: Wanted = _all) -> QueueView:
    """Return the queue: unanswered ones first by priority, then age; then the others, today's with the newest first.

    Parameters
    ----------
    today_ms : int
        When the reader's day began. [ms]
    wanted : callable
        Given the rows, returns of which a card is made: a reader may hold the others already.
    """
    with visit_many(deps, viewer, "alert.list") as visit:
        session = visit.session
        found = open_alerts(session, viewer)
        ids, total = _chosen(session, viewer, show, found, today_ms)
        rows = _rows(session, viewer, ids, found)
        fresh = set(wanted(rows))
        alerts = session.scalars(select(Alert).where(Alert.id.in_(fresh), visible_alerts(viewer)))
        by_id = {alert.id: alert for alert in alerts}
        cards = _cards(visit, [by_id[row.id] for row in rows if row.id in by_id])
        visit.detail["residents"] = sorted({card.alert.resident_id for card in cards})
        return QueueView(
            rows=[row for row in rows if row.id in by_id or row.id not in fresh],
            cards=cards,
            total=total,
            mark=mark_of(found),
            watches_anybody=bool(found) or watches_anybody(session, viewer),
            open_by_priority=Counter(PRIORITY_WORDS[one.priority] for one in found if not one.is_practice),
            practice=sum(one.is_practice for one in found),
        )


def _rows(session: Session, viewer: Viewer, ids: Sequence[str], found: Sequence[OpenAlert]) -> list[RowView]:
    """Return the rows of alerts in this order."""
    rows = {one.id: _open_row(one) for one in found}
    closed = [one for one in ids if one not in rows]
    query = select(Alert, Resident).join(Resident, Resident.id == Alert.resident_id)
    if closed:
        for alert, resident in session.execute(query.where(Alert.id.in_(closed), visible_alerts(viewer))):
            rows[alert.id] = _closed_row(alert, resident)
    return [rows[one] for one in ids if one in rows]


def _open_row(one: OpenAlert) -> RowView:
    return RowView(
        id=one.id,
        kind=one.kind,
        priority=PRIORITY_WORDS[one.priority],
        response=one.response,
        is_open=True,
        practice=one.practice,
        device_id=one.device_id,
        centre_id=one.centre_id or "",
        resident_name=one.resident_name,
        address=one.address,
        started_at_ms=one.started_at_ms,
        call_for_help=is_call_for_help(one.kind, one.priority),
        state=one.state,
        newest_call=one.newest_call,
    )


def _closed_row(alert: Alert, resident: Resident) -> RowView:
    return RowView(
        id=alert.id,
        kind=alert.kind,
        priority=PRIORITY_WORDS[alert.priority],
        response=alert.response,
        is_open=alert.is_open,
        practice=alert.practice,
        device_id=alert.device_id,
        centre_id=resident.centre_id or "",
        resident_name=resident.name,
        address=resident.address,
        started_at_ms=alert.started_at_ms,
        call_for_help=is_call_for_help(alert.kind, alert.priority),
    )


def card_of(visit: AlertVisit) -> CardView:
    """Return the visited alert with what its card shows."""
    return _cards(visit, [visit.alert])[0]


def _chosen(
    session: Session, viewer: Viewer, show: Show, found: Sequence[OpenAlert], today_ms: int
) -> tuple[list[str], int]:
    """Return what is shown, in order, and how many there are in all."""
    if show is Show.MINE:
        mine = [one.id for one in found if one.assignee == viewer.user_id]
        return mine[:CARDS], len(mine)
    waiting = [one for one in found if one.is_unanswered]
    if show is Show.OPEN:
        others = [one.id for one in found if not one.is_unanswered]
        return _shown(waiting) + others[:CARDS], len(found)
    of_today = (Alert.raised_at_ms >= today_ms, visible_alerts(viewer))
    newest = select(Alert.id, func.count().over()).where(*of_today).order_by(Alert.raised_at_ms.desc(), Alert.id)
    known = {one.id for one in waiting}
    rows = session.execute(newest.limit(CARDS + len(known))).all()
    others = [row[0] for row in rows if row[0] not in known]
    older = sum(one.raised_at_ms < today_ms for one in waiting)
    return _shown(waiting) + others[:CARDS], older + (rows[0][1] if rows else 0)


def _shown(waiting: Sequence[OpenAlert]) -> list[str]:
    """Return unanswered ones in order; of too many those that come first, and the newest."""
    if len(waiting) <= UNANSWERED_CARDS:
        return [one.id for one in waiting]
    newest = sorted(waiting, key=lambda one: one.newest_call)[-_NEWEST:]
    kept = {one.id for one in newest}
    first = [one.id for one in waiting if one.id not in kept][: UNANSWERED_CARDS - _NEWEST]
    kept.update(first)
    return [one.id for one in waiting if one.id in kept]


def _cards(visit: Visit, alerts: Sequence[Alert]) -> list[CardView]:
    """Return the cards of alerts that the viewer may see."""
    session = visit.session
    resident_ids = [alert.resident_id for alert in alerts]
    residents = {row.id: row for row in session.scalars(select(Resident).where(Resident.id.in_(resident_ids)))}
    persons = seen_people(visit, resident_ids)
    rooms = _texts(session, Device.id, Device.room, [alert.device_id for alert in alerts])
    names = owner_names(session, {one for alert in alerts for one in (alert.assignee, alert.offered_to)})
    emergencies = _emergencies(session, alerts)
    members = reporting_of(session, [alert.id for alert in alerts])
    untold = untold_of(visit, alerts)
    ends, family = answer_ends_of(visit, alerts), said_about(visit, alerts)
    return [
        CardView(
            alert=alert_view(alert, residents[alert.resident_id], members.get(alert.id, ())),
            person=persons[alert.resident_id],
            room=rooms.get(alert.device_id, ""),
            assignee_name=names.get(alert.assignee, alert.assignee),
            offered_to_name=names.get(alert.offered_to, alert.offered_to),
            emergency=alert.id in emergencies,
            untold=untold.get(alert.id),
            family=family.get(alert.id, []),
            answer_end=ends.get(alert.id),
        )
        for alert in alerts
    ]


def _texts(session: Session, key: Mapped[str], text: Mapped[str], keys: Sequence[str]) -> dict[str, str]:
    rows = session.execute(select(key, text).where(key.in_({one for one in keys if one})))
    return {row[0]: row[1] for row in rows}


def _emergencies(session: Session, alerts: Sequence[Alert]) -> set[str]:
    """Return the alerts that still nobody answered after the step that asks for the emergency services."""
    unanswered = [alert.id for alert in alerts if alert.is_open and alert.response == Response.UNACKED]
    taken = select(AlertEvent).where(AlertEvent.alert_id.in_(unanswered), AlertEvent.what == "escalated")
    return {step.alert_id for step in session.scalars(taken) if step.data.get("prompt_emergency")}
