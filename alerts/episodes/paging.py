"""Outbox rows and the escalation row of an alert: written in the transaction that made them necessary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from alerts.episodes.ladders import Party, Step, ladder, step_at
from alerts.episodes.lifecycle import Response
from alerts.episodes.untold import enter, leave
from alerts.subject import subject_of
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.outbox.writing import Draft, about, cancel, put
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.tables import Contact, FamilyLink, Resident

RAISED = "raised"
"""The reason of an alert's first messages."""
ESCALATED, EARLY, AGAIN = "escalated", "early", "again"
"""Of the ladder's later ones; of those before their time, for nobody else could be told; of those to a new contact."""


def start_paging(session: Session, alert: Alert, *, reason: str, now_ms: int) -> None:
    """Page the first step of an alert's ladder that reaches somebody; while nobody has answered, plan the next. [ms].

    A resident whose desk has no contact, say, must not wait until the doctor team's turn comes.
    """
    number = _page_first_reached(session, alert, reason=reason, now_ms=now_ms)
    if alert.response == Response.UNACKED:
        if number is None and ladder(alert.kind, Priority(alert.priority)):
            enter(session, alert, (), now_ms)
        plan_step(session, alert, (number or 0) + 1, since_ms=now_ms, is_new=reason == RAISED)
    session.flush()


def _page_first_reached(session: Session, alert: Alert, *, reason: str, now_ms: int) -> int | None:
    for number, step in enumerate(ladder(alert.kind, Priority(alert.priority))):
        if step.prompt_emergency:
            break
        if page(session, alert, step, number=number, reason=reason, now_ms=now_ms):
            if number:
                data = {"step": number}
                session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="nobody_before", data=data))
            return number
    return None


def plan_step(session: Session, alert: Alert, number: int, *, since_ms: int, is_new: bool = False) -> None:
    """Plan a step, counted from when the ladder was entered; past its end nothing is due any more. [ms].

    Of an alert that is new no step can be planned yet: it is not looked for.
    """
    step = step_at(alert.kind, Priority(alert.priority), number)
    if step is None:
        session.execute(delete(Escalation).where(Escalation.alert_id == alert.id))
        return
    planned = Escalation(alert_id=alert.id, step=number, due_at_ms=since_ms + step.after_ms)
    if is_new:
        session.add(planned)
    else:
        session.merge(planned)
    session.flush()


def page(session: Session, alert: Alert, step: Step, *, number: int, reason: str, now_ms: int) -> int:
    """Write one outbox row per contact of a step; return how many are new. [ms]."""
    resident = session.get_one(Resident, alert.resident_id)
    contacts = contacts_of(session, resident, step.parties, Priority(alert.priority))
    prompt = step.prompt_emergency
    return page_contacts(session, alert, contacts, number=number, reason=reason, now_ms=now_ms, prompt_emergency=prompt)


def page_new(session: Session, alert: Alert, number: int, *, now_ms: int) -> int:
    """Tell who became a contact since the steps up to this one were taken; return how many. [ms]."""
    resident = session.get_one(Resident, alert.resident_id)
    parties = {party for step in ladder(alert.kind, Priority(alert.priority))[: number + 1] for party in step.parties}
    has_one = set(session.scalars(select(Outbox.contact_id).where(about(subject_of(alert.id)))))
    contacts = contacts_of(session, resident, parties, Priority(alert.priority))
    fresh = [contact for contact in contacts if contact.id not in has_one]
    return page_contacts(session, alert, fresh, number=number, reason=AGAIN, now_ms=now_ms)


def page_contacts(
    session: Session,
    alert: Alert,
    contacts: Iterable[Contact],
    *,
    number: int,
    reason: str,
    now_ms: int,
    prompt_emergency: bool = False,
) -> int:
    """Write one outbox row per contact; return how many are new. [ms]."""
    drafts = [
        Draft(
            key=f"{alert.id}:{reason}.{alert.priority}:{number}:{contact.id}",
            subject=subject_of(alert.id),
            contact_id=contact.id,
            reason=reason,
            priority=Priority(alert.priority),
            resident_id=alert.resident_id,
            due_at_ms=None,
            data={"step": number, "prompt_emergency": prompt_emergency},
        )
        for contact in contacts
    ]
    return put(session, drafts, now_ms=now_ms, all_new=reason == RAISED)  # an alert is raised once


def stop_paging(session: Session, alert_id: str) -> None:
    """Nothing more is due for this alert: somebody answered, or it is over. What is on its way cannot be recalled."""
    if alert := session.get(Alert, alert_id):  # whoever calls holds it: nothing is asked
        leave(alert)
    session.execute(delete(Escalation).where(Escalation.alert_id == alert_id))
    cancel(session, subject_of(alert_id))


def contacts_of(
    session: Session, resident: Resident, parties: Iterable[Party], priority: Priority
) -> Sequence[Contact]:
    """Return the contacts of these parties that want alerts of this priority."""
    wanted = frozenset(parties)
    whose = {
        "centre": resident.centre_id if Party.CENTRE in wanted else None,
        "team": resident.team_id if Party.TEAM in wanted else None,
        "first": resident.id if Party.FAMILY_FIRST in wanted else None,
        "family": resident.id if Party.FAMILY in wanted else None,
        "resident": resident.id if Party.RESIDENT in wanted else None,
    }
    with session.no_autoflush:  # nothing that waits to be written is asked for: it is written together, later
        return session.scalars(_CONTACTS, {**whose, "priority": int(priority)}).all()


def _owned_by(kind: str, whose: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(Contact.owner_kind == kind, whose)


def _one(name: str) -> BindParameter[str | None]:
    """Return the place of an identity; null is nobody's."""
    return bindparam(name, type_=String())


_LOWEST = select(func.min(FamilyLink.rank)).where(FamilyLink.resident_id == _one("first")).scalar_subquery()
_FIRST = and_(FamilyLink.resident_id == _one("first"), FamilyLink.rank == _LOWEST)
_RELATIVES = select(FamilyLink.user_id).where(or_(FamilyLink.resident_id == _one("family"), _FIRST))
_CONTACTS = (
    select(Contact)
    .where(
        Contact.enabled,
        Contact.channel != CALL_ONLY,
        Contact.min_priority <= bindparam("priority", type_=Integer()),
        or_(
            _owned_by("centre", Contact.owner_id == _one("centre")),
            _owned_by("team", Contact.owner_id == _one("team")),
            _owned_by("user", Contact.owner_id.in_(_RELATIVES)),
            _owned_by("resident", Contact.owner_id == _one("resident")),
        ),
    )
    .order_by(Contact.id)
)
"""Put together once: an alarm waits for it."""
