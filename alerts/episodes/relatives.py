"""Relatives: what they say about an alert, and what they are told when it is over, or after all is not.

None of it answers the alert.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Outcome
from alerts.kinds import DRILLS
from alerts.subject import CLOSED_ALERT, REOPENED, subject_of
from alerts.tables import Alert, AlertEvent
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import REACHED, UNDECIDED, Outbox
from anhu.outbox.writing import Draft, about, put
from anhu.registry.roles import Role
from anhu.registry.tables import Contact, User


def write_down(
    session: Session, resident_id: str, what: str, *, actor: str, now_ms: int, note: str = "", **data: int
) -> list[str]:
    """Put what a relative says into the history of the resident's open alerts; return which. [ms].

    Paging goes on, and the response stays as it is: a relative is not the desk.
    """
    wanted = select(Alert.id).where(Alert.resident_id == resident_id, Alert.is_open, Alert.priority > Priority.INFO)
    open_ids = list(session.scalars(wanted.order_by(Alert.id)))
    session.add_all(
        AlertEvent(alert_id=alert_id, at_ms=now_ms, what=f"family_{what}", actor=actor, text=note, data=data)
        for alert_id in open_ids
    )
    return open_ids


def tell_relatives(session: Session, alert: Alert, *, now_ms: int) -> int:
    """Write to the relatives who were told of an alert that it is over; return how many. [ms]."""
    if alert.kind in DRILLS or alert.outcome == Outcome.RESOLVED:
        return 0
    told = _relatives_with(about(subject_of(alert.id)), Outbox.state.in_(REACHED))
    return _write_to(session, alert, told, "closed", now_ms)


def tell_reopened(session: Session, alert: Alert, *, now_ms: int) -> int:
    """Write to the relatives who were told that an alert is over that it is not; return how many. [ms].

    A message on its way counts as told: it cannot be called back.
    """
    told = _relatives_with(
        about(SubjectRef(CLOSED_ALERT, alert.id)),
        Outbox.reason == "closed",
        Outbox.state.in_((*REACHED, *UNDECIDED)),
    )
    return _write_to(session, alert, told, REOPENED, now_ms)


def _relatives_with(*messages: ColumnElement[bool]) -> Select[str]:
    """Return the contacts of relatives to whom such a message went."""
    return (
        select(Contact.id)
        .join(Outbox, Outbox.contact_id == Contact.id)
        .join(User, User.id == Contact.owner_id)
        .where(*messages, Contact.enabled)
        .where(Contact.owner_kind == "user", User.role == Role.FAMILY, User.enabled)
        .distinct()
    )


def _write_to(session: Session, alert: Alert, contacts: Select[str], reason: str, now_ms: int) -> int:
    """Write once to each, for each time that it was reopened."""
    again = select(func.count()).where(AlertEvent.alert_id == alert.id, AlertEvent.what == "reopened")
    times = session.scalar(again) or 0
    drafts = [
        Draft(
            key=f"{alert.id}:{reason}:{contact_id}" + (f":{times}" if times else ""),
            subject=SubjectRef(CLOSED_ALERT, alert.id),
            contact_id=contact_id,
            reason=reason,
            priority=Priority.LOW,
            resident_id=alert.resident_id,
            due_at_ms=None,
            data={},
        )
        for contact_id in session.scalars(contacts)
    ]
    return put(session, drafts, now_ms=now_ms)


def family_note_of(session: Session, alert_id: str) -> str:
    """Return what relatives are to read of how an alert ended; empty when nobody wrote it."""
    closed = select(AlertEvent.data).where(AlertEvent.alert_id == alert_id, AlertEvent.what == "closed")
    return next(
        (str(data.get("family_note", "")) for data in session.scalars(closed.order_by(AlertEvent.id.desc()))), ""
    )
