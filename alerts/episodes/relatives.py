"""Relatives: what they say about an alert, and what they are told when it is over. None of it answers the alert."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Outcome
from alerts.kinds import DRILLS
from alerts.subject import CLOSED_ALERT, subject_of
from alerts.tables import Alert, AlertEvent
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import REACHED, Outbox
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
    told = (
        select(Contact.id)
        .join(Outbox, Outbox.contact_id == Contact.id)
        .join(User, User.id == Contact.owner_id)
        .where(about(subject_of(alert.id)), Outbox.state.in_(REACHED), Contact.enabled)
        .where(Contact.owner_kind == "user", User.role == Role.FAMILY, User.enabled)
        .distinct()
    )
    drafts = [
        Draft(
            key=f"{alert.id}:closed:{contact_id}",
            subject=SubjectRef(CLOSED_ALERT, alert.id),
            contact_id=contact_id,
            reason="closed",
            priority=Priority.LOW,
            resident_id=alert.resident_id,
            due_at_ms=None,
            data={},
        )
        for contact_id in session.scalars(told)
    ]
    return put(session, drafts, now_ms=now_ms)


def family_note_of(session: Session, alert_id: str) -> str:
    """Return what relatives are to read of how an alert ended; empty when nobody wrote it."""
    closed = select(AlertEvent.data).where(AlertEvent.alert_id == alert_id, AlertEvent.what == "closed")
    return next(
        (str(data.get("family_note", "")) for data in session.scalars(closed.order_by(AlertEvent.id.desc()))), ""
    )
