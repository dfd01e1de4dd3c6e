"""The desk's queue: alerts together with where to go and whom to call, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Mapped, Session

from alerts.episodes.lifecycle import Response
from alerts.tables import Alert, AlertEvent
from anhu.contract.priority import Priority
from anhu.registry.tables import Device, Resident, User
from api.dependencies import Dependencies
from api.schemas.desk import CardView, QueueView
from api.security.roles import Viewer
from api.security.visibility import visible_alerts
from api.services.alerts import alert_view
from api.services.people import seen_people
from api.visit import AlertVisit, Visit, visit_many

CARDS = 200


class Show(StrEnum):
    """Which alerts the queue holds."""

    OPEN = "open"
    TODAY = "today"
    MINE = "mine"


def read_queue(deps: Dependencies, viewer: Viewer, *, show: Show, today_ms: int) -> QueueView:
    """Return the queue: open ones by priority, then age; today's with the newest first.

    Parameters
    ----------
    today_ms : int
        When the reader's day began. [ms]
    """
    visible = visible_alerts(viewer)
    conditions = [visible, *_conditions(viewer, show, today_ms)]
    order = (Alert.raised_at_ms.desc(),) if show is Show.TODAY else (Alert.priority.desc(), Alert.raised_at_ms)
    with visit_many(deps, viewer, "alert.list") as visit:
        session = visit.session
        total = session.scalar(select(func.count()).select_from(Alert).where(*conditions)) or 0
        rows = session.scalars(select(Alert).where(*conditions).order_by(*order, Alert.id).limit(CARDS)).all()
        cards = _cards(visit, rows)
        visit.detail["residents"] = sorted({card.alert.resident_id for card in cards})
        return QueueView(cards=cards, total=total, open_by_priority=_open_by_priority(session, visible))


def card_of(visit: AlertVisit) -> CardView:
    """Return the visited alert with what its card shows."""
    return _cards(visit, [visit.alert])[0]


def _conditions(viewer: Viewer, show: Show, today_ms: int) -> list[ColumnElement[bool]]:
    if show is Show.TODAY:
        return [Alert.raised_at_ms >= today_ms]
    if show is Show.MINE:
        return [Alert.is_open.is_(True), Alert.assignee == viewer.user_id]
    return [Alert.is_open.is_(True)]


def _cards(visit: Visit, alerts: Sequence[Alert]) -> list[CardView]:
    """Return the cards of alerts that the viewer may see."""
    session = visit.session
    resident_ids = [alert.resident_id for alert in alerts]
    residents = {row.id: row for row in session.scalars(select(Resident).where(Resident.id.in_(resident_ids)))}
    persons = seen_people(visit, resident_ids)
    rooms = _texts(session, Device.id, Device.room, [alert.device_id for alert in alerts])
    names = _texts(session, User.id, User.name, [alert.assignee for alert in alerts])
    emergencies = _emergencies(session, alerts)
    return [
        CardView(
            alert=alert_view(alert, residents[alert.resident_id]),
            person=persons[alert.resident_id],
            room=rooms.get(alert.device_id, ""),
            assignee_name=names.get(alert.assignee, alert.assignee),
            emergency=alert.id in emergencies,
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


def _open_by_priority(session: Session, visible: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(select(Alert.priority, func.count()).where(visible, Alert.is_open).group_by(Alert.priority))
    return {Priority(priority).name.lower(): count for priority, count in rows}
