"""Writing to the outbox, in the caller's transaction: what is not committed was never said.

Whoever writes about a subject holds that subject's row, so that two of them do not say the same at once; if they do,
the database refuses the second by its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import WAITING, MessageState, Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to one contact that is to be written.

    Attributes
    ----------
    key : str
        The same for the same message: it is written once, and the receiver is told it with every attempt.
    subject : SubjectRef
        What it is about.
    contact_id : str
        Where it goes.
    reason : str
        Why now, in the subject's own words; at most 32 characters.
    priority : Priority
        High ones go first, have places kept for them, and are tried until nobody needs them.
    resident_id : str, optional
        Of whom it speaks.
    due_at_ms : int, optional
        Not before this time of the wall clock; None: at once. [ms]
    data : mapping
        What the subject's wording needs besides.
    """

    key: str
    subject: SubjectRef
    contact_id: str
    reason: str
    priority: Priority
    resident_id: str | None
    due_at_ms: int | None
    data: Mapping[str, Any]


def put(session: Session, drafts: Sequence[Draft], *, now_ms: int, all_new: bool = False) -> int:
    """Write messages whose key was not written before; return how many. [ms].

    Parameters
    ----------
    all_new : bool
        The caller knows that none was written before: nothing is looked up.
    """
    wanted = {draft.key: draft for draft in drafts}
    if wanted and not all_new:
        written = session.scalars(select(Outbox.idempotency_key).where(Outbox.idempotency_key.in_(wanted)))
        for known in written.all():
            del wanted[known]
    session.add_all(_row(draft, now_ms) for draft in wanted.values())
    return len(wanted)


def cancel(session: Session, subject: SubjectRef) -> None:
    """Send nothing more about a subject that waits. What is on its way cannot be recalled."""
    waiting = and_(about(subject), Outbox.state.in_(WAITING))
    session.execute(update(Outbox).where(waiting).values(state=MessageState.CANCELLED))


def revive(session: Session, subject: SubjectRef, priority: Priority, *, now_ms: int) -> Sequence[Outbox]:
    """Send what was cancelled after all; return every message about a subject of this priority, locked. [ms]."""
    of_this = select(Outbox).where(about(subject), Outbox.priority == int(priority))
    rows = session.scalars(of_this.order_by(Outbox.id).with_for_update()).all()
    for row in rows:
        if row.state == MessageState.CANCELLED:
            row.state, row.due_at_ms = MessageState.PENDING, min(now_ms, row.created_at_ms)
    return rows


def about(subject: SubjectRef) -> ColumnElement[bool]:
    """Return the condition that a message is about a subject."""
    return and_(Outbox.subject_kind == subject.kind, Outbox.subject_id == subject.id)


def _row(draft: Draft, now_ms: int) -> Outbox:
    return Outbox(
        idempotency_key=draft.key,
        subject_kind=draft.subject.kind,
        subject_id=draft.subject.id,
        resident_id=draft.resident_id,
        contact_id=draft.contact_id,
        reason=draft.reason,
        priority=int(draft.priority),
        state=MessageState.PENDING,
        due_at_ms=now_ms if draft.due_at_ms is None else draft.due_at_ms,
        created_at_ms=now_ms,
        data=dict(draft.data),
    )
