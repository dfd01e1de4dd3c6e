"""Alerts: the queue, one alert with its history, and the steps of answering it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from alerts.episodes.members import reporting_of
from alerts.episodes.undoing import is_call_for_help
from alerts.kinds import KINDS
from alerts.subject import ALERT, subject_of
from alerts.tables import Alert, AlertEvent, AlertMember
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox, Receipt
from anhu.outbox.writing import about
from anhu.registry.contact_form import ContactForm
from anhu.registry.contacts import owner_names
from anhu.registry.roles import Role
from anhu.registry.tables import Centre, Contact, Resident, Team, User
from api.dependencies import Dependencies
from api.schemas.alerts import (
    PRIORITY_WORDS,
    AlertEventView,
    AlertView,
    MemberView,
    NotificationView,
    Order,
    ReceiptView,
)
from api.schemas.base import Page
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alerts, visible_residents
from api.services.paging import decode_cursor, encode_cursor
from api.services.storm_area import OF_OTHERS, area_of, homes_in
from api.visit import AlertVisit, ResidentVisit, visit_alert, visit_many


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts; what is None or empty does not filter.

    Attributes
    ----------
    is_open : bool or None
        Only open, only closed, or both.
    since_ms, until_ms : int or None
        Raised within, since <= t < until. [ms]
    min_priority : Priority
        This urgent or more.
    """

    is_open: bool | None = None
    kind: str = ""
    response: str = ""
    resident_id: str = ""
    centre_id: str = ""
    team_id: str = ""
    min_priority: Priority = Priority.INFO
    since_ms: int | None = None
    until_ms: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as conditions on `Alert` joined with `Resident`."""
        chosen: list[tuple[bool, ColumnElement[bool]]] = [
            (self.is_open is not None, Alert.is_open == self.is_open),
            (bool(self.kind), Alert.kind == self.kind),
            (bool(self.response), Alert.response == self.response),
            (bool(self.resident_id), Alert.resident_id == self.resident_id),
            (bool(self.centre_id), Resident.centre_id == self.centre_id),
            (bool(self.team_id), Resident.team_id == self.team_id),
            (self.min_priority > Priority.INFO, Alert.priority >= self.min_priority),
            (self.since_ms is not None, Alert.raised_at_ms >= (self.since_ms or 0)),
            (self.until_ms is not None, Alert.raised_at_ms < (self.until_ms or 0)),
        ]
        return [condition for wanted, condition in chosen if wanted]


_EVERYTHING = AlertFilter()
_TOLD = ("sent", "delivered", "read")


def list_alerts(
    deps: Dependencies,
    viewer: Viewer,
    *,
    wanted: AlertFilter = _EVERYTHING,
    order: Order = Order.QUEUE,
    cursor: str = "",
    limit: int = 50,
) -> Page[AlertView]:
    """Return a page of the visible alerts."""
    with visit_many(deps, viewer, "alert.list") as visit:
        query = _joined().where(visible_alerts(viewer), *wanted.conditions())
        if wanted.centre_id or wanted.team_id:
            # Said of the same row, too: the database sees at once that there are few of them, or none.
            query = query.where(visible_residents(viewer))
        rows = visit.session.execute(_ordered(query, order, cursor).limit(limit + 1)).all()
        items = _views(visit.session, rows[:limit])
        visit.detail["residents"] = sorted({item.resident_id for item in items})
        last = rows[limit - 1][0] if len(rows) > limit else None
        return Page(items=items, next_cursor=_cursor_after(last, order) if last else None)


def alerts_of(
    visit: ResidentVisit, *, since_ms: int, until_ms: int | None = None, is_open: bool | None = None, limit: int
) -> list[AlertView]:
    """Return the resident's alerts that were raised in a range, the newest first. [ms]."""
    wanted = AlertFilter(resident_id=visit.resident_id, since_ms=since_ms, until_ms=until_ms, is_open=is_open)
    query = _ordered(_joined().where(*wanted.conditions()), Order.NEWEST, cursor="")
    return _views(visit.session, visit.session.execute(query.limit(limit)).all())


def _views(session: Session, rows: Sequence[Row[Alert, Resident]]) -> list[AlertView]:
    members = reporting_of(session, [alert.id for alert, _ in rows])
    return [alert_view(alert, resident, members.get(alert.id, ())) for alert, resident in rows]


def _joined() -> Select[Alert, Resident]:
    return select(Alert, Resident).join(Resident, Resident.id == Alert.resident_id)


def _ordered(query: Select[Alert, Resident], order: Order, cursor: str) -> Select[Alert, Resident]:
    key = decode_cursor(cursor, *((int, int, str) if order is Order.QUEUE else (int, str)))
    if order is Order.QUEUE:
        query = query.order_by(Alert.priority.desc(), Alert.raised_at_ms, Alert.id)
        if key is None:
            return query
        priority, raised, last_id = key
        same_age = and_(Alert.raised_at_ms == raised, Alert.id > last_id)
        later = and_(Alert.priority == priority, or_(Alert.raised_at_ms > raised, same_age))
        return query.where(or_(Alert.priority < priority, later))
    query = query.order_by(Alert.raised_at_ms.desc(), Alert.id)
    if key is None:
        return query
    raised, last_id = key
    return query.where(or_(Alert.raised_at_ms < raised, and_(Alert.raised_at_ms == raised, Alert.id > last_id)))


def _cursor_after(alert: Alert, order: Order) -> str:
    if order is Order.QUEUE:
        return encode_cursor(alert.priority, alert.raised_at_ms, alert.id)
    return encode_cursor(alert.raised_at_ms, alert.id)


def read_alert(deps: Dependencies, viewer: Viewer, alert_id: str) -> AlertView:
    """Return one alert. Raises `NotFoundError` for a stranger's as for one that does not exist."""
    with visit_alert(deps, viewer, alert_id, "alert.read") as visit:
        return alert_of(visit)


def alert_of(visit: AlertVisit) -> AlertView:
    """Return the visited alert."""
    members = reporting_of(visit.session, [visit.alert.id])
    resident = visit.session.get_one(Resident, visit.resident_id)
    view = alert_view(visit.alert, resident, members.get(visit.alert.id, ()))
    return view.model_copy(update={"area": area_of(visit)})


def resident_of_alert(deps: Dependencies, viewer: Viewer, alert_id: str) -> str:
    """Return whose an alert is. Raises `NotFoundError` for a stranger's as for one that does not exist."""
    with visit_alert(deps, viewer, alert_id, "alert.read") as visit:
        return visit.resident_id


def alert_history(deps: Dependencies, viewer: Viewer, alert_id: str) -> list[AlertEventView]:
    """Return everything that happened to an alert, oldest first."""
    with visit_alert(deps, viewer, alert_id, "alert.history") as visit:
        return history_of(visit)


def history_of(visit: AlertVisit) -> list[AlertEventView]:
    """Return everything that happened to the visited alert, oldest first."""
    query = select(AlertEvent).where(AlertEvent.alert_id == visit.alert.id).order_by(AlertEvent.id)
    lines = visit.session.scalars(query).all()
    names = owner_names(visit.session, {line.actor for line in lines})
    return [event_view(line, names.get(line.actor), visit.viewer) for line in lines]


def alert_notifications(deps: Dependencies, viewer: Viewer, alert_id: str) -> list[NotificationView]:
    """Return the messages about an alert and what became of each, oldest first. Addresses are left out."""
    with visit_alert(deps, viewer, alert_id, "alert.notifications", permission=Permission.RESPOND) as visit:
        return notifications_of(visit)


def notifications_of(visit: AlertVisit) -> list[NotificationView]:
    """Return the messages about the visited alert, oldest first. Raises `ForbiddenError` for who only looks."""
    require(visit.viewer, Permission.RESPOND)
    rows = visit.session.execute(
        select(Outbox, Contact)
        .join(Contact, Contact.id == Outbox.contact_id)
        .where(about(subject_of(visit.alert.id)))
        .order_by(Outbox.id)
    ).all()
    return [_notification_view(visit.session, row, to, visit.channels.get(to.channel)) for row, to in rows]


def told_at_of(visit: ResidentVisit) -> dict[str, int]:
    """Return alert -> when a message about it first left for somebody of the centre or the team. [ms].

    An alert about which no channel took a message is left out: nobody can be said to have been told.
    """
    rows = visit.session.execute(
        select(Outbox.subject_id, func.min(Receipt.at_ms))
        .join(Receipt, Receipt.outbox_id == Outbox.id)
        .join(Contact, Contact.id == Outbox.contact_id)
        .join(Alert, Outbox.subject_id == Alert.id)
        .where(Outbox.subject_kind == ALERT, Alert.resident_id == visit.resident_id)
        .where(Receipt.state.in_(_TOLD), Contact.owner_kind.in_(("centre", "team")))
        .group_by(Outbox.subject_id)
    )
    return {row[0]: row[1] for row in rows}


def _member_view(row: AlertMember) -> MemberView:
    return MemberView(**{name: getattr(row, name) for name in MemberView.model_fields})


def alert_view(alert: Alert, resident: Resident, members: Sequence[AlertMember]) -> AlertView:
    """Return an alert as the API shows it, with those who still report it."""
    kind = KINDS.get(alert.kind)
    return AlertView(
        id=alert.id,
        resident_id=alert.resident_id,
        resident_name=resident.name,
        centre_id=resident.centre_id or "",
        team_id=resident.team_id or "",
        device_id=alert.device_id,
        kind=alert.kind,
        title_zh=kind.zh if kind else alert.kind,
        title_en=kind.en if kind else alert.kind,
        priority=PRIORITY_WORDS[alert.priority],
        condition=alert.condition,
        response=alert.response,
        latches=kind.latches if kind else False,
        is_open=alert.is_open,
        late=alert.late,
        repeats=alert.repeats,
        started_at_ms=alert.started_at_ms,
        raised_at_ms=alert.raised_at_ms,
        last_at_ms=alert.last_at_ms,
        acknowledged_at_ms=alert.acknowledged_at_ms,
        closed_at_ms=alert.closed_at_ms,
        assignee=alert.assignee,
        outcome=alert.outcome,
        found=alert.found,
        practice=alert.practice,
        offered_to=alert.offered_to,
        offered_at_ms=alert.offered_at_ms,
        merged_into=alert.merged_into,
        call_for_help=is_call_for_help(alert.kind, alert.priority),
        reporting=[_member_view(row) for row in members],
        unlisted=alert.unlisted,
        homes=homes_in(alert),
        untold_since_ms=alert.untold_since_ms,
        evidence={name: value for name, value in alert.evidence.items() if name not in OF_OTHERS},
    )


def event_view(event: AlertEvent, actor_name: str | None, viewer: Viewer) -> AlertEventView:
    """Return a line of an alert's history; why a message failed names people's addresses: not for families."""
    hidden = viewer.role is Role.FAMILY and event.what == "notify_failed"
    return AlertEventView(
        id=event.id,
        alert_id=event.alert_id,
        at_ms=event.at_ms,
        what=event.what,
        actor=event.actor,
        actor_name=actor_name or "",
        text=event.text,
        data={} if hidden else event.data,
    )


def _owner_name(session: Session, contact: Contact) -> str:
    tables: dict[str, type[Centre | Team | User]] = {"centre": Centre, "team": Team, "user": User}
    table = tables[contact.owner_kind]
    return session.scalar(select(table.name).where(table.id == contact.owner_id)) or ""


def _notification_view(
    session: Session, outbox: Outbox, contact: Contact, form: ContactForm | None
) -> NotificationView:
    receipts = session.scalars(select(Receipt).where(Receipt.outbox_id == outbox.id).order_by(Receipt.id))
    return NotificationView(
        id=outbox.id,
        channel=contact.channel,
        channel_zh=form.title.zh if form else "",
        channel_en=form.title.en if form else "",
        owner_kind=contact.owner_kind,
        owner_id=contact.owner_id,
        owner_name=_owner_name(session, contact),
        reason=outbox.reason,
        state=outbox.state,
        attempts=outbox.attempts,
        created_at_ms=outbox.created_at_ms,
        receipts=[ReceiptView(at_ms=row.at_ms, state=row.state, detail=row.detail) for row in receipts],
    )
