"""Relatives: what they say about an alert, and what they are told when it is over, or after all is not.

None of it answers the alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Outcome, Wanted
from alerts.kinds import DRILLS
from alerts.subject import CLOSED_ALERT, REOPENED, subject_of
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import REACHED, UNDECIDED, Outbox
from anhu.outbox.writing import Draft, about, put
from anhu.registry.care_tables import FamilyWord
from anhu.registry.roles import Role
from anhu.registry.tables import Contact, User

GOING, NOT_GOING, READ = "family_going", "family_not_going", "family_read"
"""The history's words for what a relative answers to a message."""
_WORDS = {Wanted.ON_THE_WAY: "going", Wanted.CANNOT: "not_going"}


def is_relative(session: Session, contact: Contact) -> bool:
    """Tell whether a contact is a relative's, who answers no alarm."""
    if contact.owner_kind != "user":
        return False
    owner = session.get(User, contact.owner_id)
    return owner is not None and owner.role == Role.FAMILY


class Answer(NamedTuple):
    """What a relative answered to a message; `told` is what the history shows of it. [ms, min]."""

    by: Contact
    what: Wanted
    at_ms: int
    told: Mapping[str, Any]
    minutes: int | None


def answer_of_relative(session: Session, alert: Alert, said: Answer) -> bool:
    """Write down what a relative answered, as if said on the family's page; False for the same again.

    Paging goes on, and the response stays as it is.
    """
    word = READ if said.what is Wanted.ACKNOWLEDGE else f"family_{_WORDS[said.what]}"
    is_new = not _has_read(session, alert, said.by) if word == READ else _say(session, alert, said)
    if not is_new:
        return False
    data = dict(said.told)
    if word == GOING and said.minutes is not None:
        data["arrives_at_ms"] = said.at_ms + said.minutes * MINUTE_MS
    session.add(AlertEvent(alert_id=alert.id, at_ms=said.at_ms, what=word, actor=said.by.owner_id, data=data))
    session.flush()
    return True


def _has_read(session: Session, alert: Alert, by: Contact) -> bool:
    mine = (AlertEvent.alert_id == alert.id, AlertEvent.actor == by.owner_id, AlertEvent.what == READ)
    return session.scalar(select(AlertEvent.id).where(*mine).limit(1)) is not None


def _say(session: Session, alert: Alert, said: Answer) -> bool:
    """Add the family's word, unless it is the last that this relative said since the alarm began."""
    what, by = _WORDS[said.what], said.by
    mine = (FamilyWord.user_id == by.owner_id, FamilyWord.resident_id == alert.resident_id)
    newest = select(FamilyWord).where(*mine, FamilyWord.at_ms >= alert.raised_at_ms).order_by(FamilyWord.id.desc())
    last = session.scalar(newest.limit(1))
    if last is not None and last.what == what:
        return False
    comes = said.what is Wanted.ON_THE_WAY and said.minutes is not None
    row = FamilyWord(
        resident_id=alert.resident_id,
        user_id=by.owner_id,
        what=what,
        at_ms=said.at_ms,
        arrives_at_ms=said.at_ms + (said.minutes or 0) * MINUTE_MS if comes else None,
        key=f"{alert.id}:{by.id}:{last.id if last else 0}",
    )
    session.add(row)
    session.flush()
    return True


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
