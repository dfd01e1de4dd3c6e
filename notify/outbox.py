"""The outbox as the dispatcher works it: lease what is due, write down what became of it. No network here.

A row that is being sent is leased for a time: if the dispatcher dies in between, the lease runs out and the row is sent
again with the same idempotency key. So a message is sent at least once, and a receiver can tell a second copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import tzinfo
from typing import NamedTuple, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, case, func, literal, or_, select, update
from sqlalchemy.orm import Session

from alerts.episodes.ladders import ladder
from alerts.episodes.lifecycle import Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.paging import CANCELLED, PENDING
from alerts.tables import Alert, AlertEvent, Escalation, Outbox, Receipt
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.registry.tables import Contact, Resident
from notify import channel
from notify.channel import Message, Recipient
from notify.wording import compose

SENDING = "sending"
FAILED_TEMPORARY = "failed_temporary"
FAILED_PERMANENT = "failed_permanent"
FARTHEST_MS = 30 * MINUTE_MS
"""No message is ever planned for later than this: what seems to be was written before the clock was set back. [ms]"""
_REACHED = ("sent", "delivered", "read")
_WAITING = (PENDING, FAILED_TEMPORARY)
_TOLD_ANYWAY = "worsened"
"""A message with this reason goes out although somebody has answered: the answer was to something milder."""


class Job(NamedTuple):
    """A leased message, ready to be sent."""

    outbox_id: int
    alert_id: str
    contact_id: str
    channel: str
    priority: int
    attempt: int
    message: Message
    to: Recipient


Result: TypeAlias = channel.Delivery | channel.RetryableError | channel.PermanentError
"""What became of one attempt."""


class MessageStyle(NamedTuple):
    """How messages are put into words."""

    public_url: str
    zone: tzinfo


def next_due_ms(session: Session, now_ms: int) -> int | None:
    """Return when the next message, lease or escalation step is due; None when nothing waits. [ms]."""
    times = session.execute(_TIMES, {"farthest_ms": now_ms + FARTHEST_MS}).one()
    return min((time for time in times if time is not None), default=None)


_FARTHEST = bindparam("farthest_ms", type_=BigInteger)
_DUE_AT = case(
    (or_(Outbox.attempts == 0, Outbox.due_at_ms > _FARTHEST), literal(0, BigInteger)), else_=Outbox.due_at_ms
)
"""When a waiting message is due: at once if it was never tried, or if its writer's clock was ahead. [ms]"""
_FREE_AT = case((Outbox.lease_until_ms > _FARTHEST, literal(0, BigInteger)), else_=Outbox.lease_until_ms)
"""When a message's lease ends; one from a clock that was ahead has ended. [ms]"""
_TIMES = select(
    select(func.min(_DUE_AT)).where(Outbox.state.in_(_WAITING)).scalar_subquery(),
    select(func.min(_FREE_AT)).where(Outbox.state == SENDING).scalar_subquery(),
    select(func.min(Escalation.due_at_ms)).scalar_subquery(),
)
_NOW = bindparam("now_ms", type_=BigInteger)
_DUE = (
    select(Outbox, Alert, Contact, Resident)
    .join(Alert, Alert.id == Outbox.alert_id)
    .join(Contact, Contact.id == Outbox.contact_id)
    .join(Resident, Resident.id == Alert.resident_id)
    .where(
        or_(
            and_(Outbox.state.in_(_WAITING), _DUE_AT <= _NOW),
            and_(Outbox.state == SENDING, _FREE_AT <= _NOW),
        ),
        Outbox.priority >= bindparam("min_priority"),
        Outbox.contact_id.not_in(bindparam("full", expanding=True)),
    )
    .order_by(Outbox.priority.desc(), Outbox.due_at_ms, Outbox.id)
    .limit(bindparam("most"))
    .with_for_update(of=Outbox, skip_locked=True)
)
"""What is due and all that its message says, in one statement that is put together once: a call waits for it."""


def lease(
    session: Session,
    now_ms: int,
    *,
    until_ms: int,
    limit: int,
    min_priority: Priority,
    busy: Mapping[str, int],
    per_contact: int,
    wording: MessageStyle,
) -> list[Job]:
    """Take due messages, most urgent and oldest first, and drop those that nobody needs any more. [ms].

    Parameters
    ----------
    until_ms : int
        When somebody else may take them. [ms]
    min_priority : Priority
        Only this urgent or more: some of the dispatcher's room is kept free for high.
    busy : mapping
        Contact -> how many messages are on their way to it.
    per_contact : int
        How many may be: a contact that hangs must not keep the others waiting.
    """
    full = [contact for contact, count in busy.items() if count >= per_contact]
    bounds = {"now_ms": now_ms, "farthest_ms": now_ms + FARTHEST_MS, "min_priority": int(min_priority)}
    jobs: list[Job] = []
    on_their_way = Counter(busy)
    for row, alert, contact, resident in session.execute(_DUE, {**bounds, "full": full, "most": limit}).all():
        if on_their_way[row.contact_id] >= per_contact:
            continue
        if not contact.enabled or not _still_needed(row, alert):
            row.state = CANCELLED
            continue
        on_their_way[row.contact_id] += 1
        message = compose(row, alert, resident, contact, public_url=wording.public_url, zone=wording.zone)
        jobs.append(_taken(row, contact, message, until_ms))
    return jobs


def _taken(row: Outbox, contact: Contact, message: Message, until_ms: int) -> Job:
    row.state = SENDING
    row.lease_until_ms = until_ms
    row.attempts += 1
    return Job(
        outbox_id=row.id,
        alert_id=row.alert_id,
        contact_id=contact.id,
        channel=contact.channel,
        priority=row.priority,
        attempt=row.attempts,
        message=message,
        to=Recipient(address=contact.address, secret=contact.secret),
    )


def _still_needed(row: Outbox, alert: Alert) -> bool:
    if not alert.is_open:
        return False
    return alert.response == Response.UNACKED or row.reason.startswith(_TOLD_ANYWAY)


def record_reached(session: Session, job: Job, now_ms: int, said: channel.Delivery) -> None:
    """Write down that the other side took it. [ms]."""
    _receipt(session, job, now_ms, said.state, said.detail, provider_id=said.provider_id)
    _settle(session, job, state=said.state)


def record_retry(session: Session, job: Job, now_ms: int, *, due_at_ms: int, reason: str) -> None:
    """Write down that it did not work now, and when to try again; an answer in between has cancelled it. [ms]."""
    (alert,) = lock_alerts(session, Alert.id == job.alert_id)
    _receipt(session, job, now_ms, FAILED_TEMPORARY, reason)
    needed = _still_needed(session.get_one(Outbox, job.outbox_id), alert)
    _settle(session, job, state=FAILED_TEMPORARY if needed else CANCELLED, due_at_ms=due_at_ms)


def record_failure(session: Session, job: Job, now_ms: int, *, reason: str) -> None:
    """Write down that it never will. [ms]."""
    lock_alerts(session, Alert.id == job.alert_id)
    _receipt(session, job, now_ms, FAILED_PERMANENT, reason)
    if _settle(session, job, state=FAILED_PERMANENT):
        tell_failure(session, job, now_ms, reason=reason)


def tell_failure(session: Session, job: Job, now_ms: int, *, reason: str) -> None:
    """Say so in the alert's history, and take the next step at once if nobody else was reached or may be. [ms]."""
    row = session.get_one(Outbox, job.outbox_id, populate_existing=True)
    data = {"channel": job.channel, "contact_id": job.contact_id, "reason": reason, "attempts": job.attempt}
    session.add(AlertEvent(alert_id=row.alert_id, at_ms=now_ms, what="notify_failed", data=data))
    if not _anybody_else(session, row):
        _hurry(session, row.alert_id, now_ms)


def bring_forward(session: Session, now_ms: int, by_ms: int) -> None:
    """Move everything planned for later to an earlier time, leases included: the clock was set back. [ms]."""
    lock_alerts(session, Alert.is_open)
    for column in (Escalation.due_at_ms, Outbox.due_at_ms, Outbox.lease_until_ms):
        moved = {column: column - by_ms}
        session.execute(
            update(column.class_).where(column > now_ms).values(moved),
            execution_options={"synchronize_session": False},
        )


def _hurry(session: Session, alert_id: str, now_ms: int) -> None:
    """Bring the next step forward; not the repeats of the last one, which would be used up in a moment."""
    alert = session.get_one(Alert, alert_id)
    step = session.get(Escalation, alert_id, with_for_update=True)
    if step is not None and step.step < len(ladder(alert.kind, Priority(alert.priority))):
        step.due_at_ms = min(step.due_at_ms, now_ms)


def _anybody_else(session: Session, row: Outbox) -> bool:
    """Tell whether another message of this alert has reached somebody or still may."""
    hopeful = Outbox.state.in_((*_REACHED, *_WAITING, SENDING))
    query = select(Outbox.id).where(Outbox.alert_id == row.alert_id, Outbox.id != row.id, hopeful).limit(1)
    return session.scalar(query) is not None


def _receipt(session: Session, job: Job, now_ms: int, state: str, detail: str, *, provider_id: str = "") -> None:
    session.add(
        Receipt(outbox_id=job.outbox_id, at_ms=now_ms, state=state, provider_id=provider_id[:200], detail=detail[:500])
    )


def _settle(session: Session, job: Job, **values: str | int) -> bool:
    """Set the row's state unless somebody else has taken it since; tell whether it was still ours."""
    ours: ColumnElement[bool] = and_(
        Outbox.id == job.outbox_id, Outbox.state == SENDING, Outbox.attempts == job.attempt
    )
    settled = update(Outbox).where(ours).values(**values, lease_until_ms=0).returning(Outbox.id)
    return session.scalar(settled) is not None
