"""The desk's queue: alerts together with where to go and whom to call, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session

from alerts.episodes.lifecycle import Response
from alerts.episodes.members import reporting_of
from alerts.tables import Alert, AlertEvent
from anhu.contract.priority import Priority
from anhu.registry.contacts import owner_names
from anhu.registry.tables import Device, Resident
from api.dependencies import Dependencies
from api.schemas.desk import CardView, QueueView
from api.security.roles import Viewer
from api.security.visibility import visible_alerts
from api.services.alerts import alert_view
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


class Show(StrEnum):
    """Which alerts the queue holds."""

    OPEN = "open"
    TODAY = "today"
    MINE = "mine"


def read_queue(deps: Dependencies, viewer: Viewer, *, show: Show, today_ms: int) -> QueueView:
    """Return the queue: unanswered ones first by priority, then age; then the others, today's with the newest first.

    Parameters
    ----------
    today_ms : int
        When the reader's day began. [ms]
    """
    with visit_many(deps, viewer, "alert.list") as visit:
        session = visit.session
        found = open_alerts(session, viewer)
        ids, total = _chosen(session, viewer, show, found, today_ms)
        rows = session.scalars(select(Alert).where(Alert.id.in_(ids), visible_alerts(viewer)))
        by_id = {alert.id: alert for alert in rows}
        cards = _cards(visit, [by_id[one] for one in ids if one in by_id])
        visit.detail["residents"] = sorted({card.alert.resident_id for card in cards})
        return QueueView(
            cards=cards,
            total=total,
            mark=mark_of(found),
            watches_anybody=bool(found) or watches_anybody(session, viewer),
            open_by_priority=Counter(Priority(one.priority).name.lower() for one in found),
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
    names = owner_names(session, {alert.assignee for alert in alerts})
    emergencies = _emergencies(session, alerts)
    members = reporting_of(session, [alert.id for alert in alerts])
    untold = untold_of(visit, alerts)
    ends = answer_ends_of(visit, alerts)
    return [
        CardView(
            alert=alert_view(alert, residents[alert.resident_id], members.get(alert.id, ())),
            person=persons[alert.resident_id],
            room=rooms.get(alert.device_id, ""),
            assignee_name=names.get(alert.assignee, alert.assignee),
            emergency=alert.id in emergencies,
            untold=untold.get(alert.id),
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
