"""Takes what is due from the outbox, in one statement, with all that its messages say. No network here.

A row that is being sent is leased for a time: if the dispatcher dies in between, the lease runs out and the row is sent
again with the same idempotency key. So a message is sent at least once, and a receiver can tell a second copy.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import BigInteger, Select, and_, bindparam, case, func, inspect, literal, or_, select, update
from sqlalchemy.orm import Session

from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import UNDECIDED, WAITING, MessageState, Outbox
from anhu.registry.tables import Contact, Resident
from notify.channel import Message, Recipient
from notify.channel_type import Capabilities, Shows
from notify.recipient_limits import Spent
from notify.subject import MessageStyle, Subject, Telling
from notify.wording import fitted

_logger = logging.getLogger(__name__)

FARTHEST_MS = 30 * MINUTE_MS
"""No attempt is ever planned for later than this: what seems to be was written before the clock was set back. [ms]"""
_PLAIN = Capabilities(shows=Shows.TEXT, longest_text=None, answerable=True, receipts=frozenset(), per_minute=None)
"""Of a channel that is not there: its message will fail, and say so."""
_FARTHEST = bindparam("farthest_ms", type_=BigInteger)
_NOW = bindparam("now_ms", type_=BigInteger)
_AT_ONCE = literal(0, BigInteger)
_IS_PLANNED = Outbox.due_at_ms > Outbox.created_at_ms
_DUE_AT = case(
    (and_(Outbox.attempts == 0, ~_IS_PLANNED), _AT_ONCE),
    (and_(Outbox.attempts > 0, Outbox.due_at_ms > _FARTHEST), _AT_ONCE),
    else_=Outbox.due_at_ms,
)
"""When a waiting message is due: when its writer said, or at once; tried again in time if a clock was ahead. [ms]"""
_FREE_AT = case((Outbox.lease_until_ms > _FARTHEST, _AT_ONCE), else_=Outbox.lease_until_ms)
"""When a message's lease ends; one from a clock that was ahead has ended. [ms]"""


Found: TypeAlias = Sequence[Any]
"""One row of the statement that finds what is due: message, contact, resident, and a row of each kind of subject."""


class Job(NamedTuple):
    """A leased message, ready to be sent.

    Attributes
    ----------
    broken : str
        Why it cannot be sent at all; empty when it can.
    """

    outbox_id: int
    subject: SubjectRef
    contact_id: str
    channel: str
    priority: int
    attempt: int
    message: Message
    to: Recipient
    broken: str


class Due(NamedTuple):
    """What waits.

    Attributes
    ----------
    at_ms : int, optional
        When the next message, lease or plan is due; None when nothing waits. [ms]
    unknown : int
        Messages about something that nobody here knows: they wait for a version that does.
    """

    at_ms: int | None
    unknown: int


class Leasing:
    """Takes due messages.

    Parameters
    ----------
    subjects : mapping
        Kind -> what knows it (`notify.subjects.subjects`).
    channels : mapping
        Channel -> what it can do.
    style : MessageStyle
        How messages are put into words.

    Attributes
    ----------
    counters : Counter
        ``cut``: messages that a channel could not show whole; ``broken``: that a subject cannot handle.
    """

    def __init__(
        self, subjects: Mapping[str, Subject[Any]], channels: Mapping[str, Capabilities], style: MessageStyle
    ) -> None:
        self._subjects = subjects
        self._channels = channels
        self._style = style
        self._kinds = tuple(sorted(subjects))
        self._times = self._times_query()
        self._due = self._due_query()
        self.counters: Counter[str] = Counter()

    def next_due(self, session: Session, now_ms: int) -> Due:
        """Look what waits. [ms]."""
        unknown, *times = session.execute(self._times, {"farthest_ms": now_ms + FARTHEST_MS}).one()
        return Due(min((time for time in times if time is not None), default=None), unknown)

    def lease(
        self,
        session: Session,
        now_ms: int,
        *,
        until_ms: int,
        limit: int,
        min_priority: Priority,
        busy: Mapping[str, int],
        per_contact: int,
        spent: Spent,
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
        spent : Spent
            How much of their channel's limit recipients have used up; what is taken here is added.
        """
        full = {contact for contact, count in busy.items() if count >= per_contact} | spent.full
        bounds = {"now_ms": now_ms, "farthest_ms": now_ms + FARTHEST_MS, "min_priority": int(min_priority)}
        jobs: list[Job] = []
        on_their_way = Counter(busy)
        for found in session.execute(self._due, {**bounds, "full": sorted(full), "most": limit}).all():
            outbox, contact, *_ = found
            if on_their_way[contact.id] >= per_contact or not spent.allows(contact):
                continue
            if not contact.enabled or not self._is_needed(found):
                outbox.state = MessageState.CANCELLED
                continue
            on_their_way[contact.id] += 1
            spent.take(contact)
            jobs.append(self._taken(found, until_ms))
        return jobs

    def clock_set_back(self, session: Session, now_ms: int, by_ms: int) -> None:
        """Bring attempts, leases and the subjects' plans forward; what is for a time of the wall clock stays. [ms]."""
        for kind in self._kinds:
            self._subjects[kind].clock_set_back(session, now_ms, by_ms)
        for column, which in ((Outbox.due_at_ms, Outbox.attempts > 0), (Outbox.lease_until_ms, literal(value=True))):
            moved = update(Outbox).where(column > now_ms, which).values({column: column - by_ms})
            session.execute(moved, execution_options={"synchronize_session": False})

    def _is_needed(self, found: Found) -> bool:
        """Tell whether it must be sent; what is gone or in doubt goes on, and fails or arrives aloud."""
        outbox, row = found[0], self._row(found)
        try:
            return row is None or self._subjects[outbox.subject_kind].still_needed(outbox, row)
        except Exception:  # one subject that is broken must not silence all others
            _logger.exception("nobody can say whether message %d is still needed: it is sent", outbox.id)
            self.counters["broken"] += 1
            return True

    def _taken(self, found: Found, until_ms: int) -> Job:
        outbox, contact, *_ = found
        message, broken = self._message(found)
        self.counters["broken"] += bool(broken)
        outbox.state = MessageState.SENDING
        outbox.lease_until_ms = until_ms
        outbox.attempts += 1
        return Job(
            outbox_id=outbox.id,
            subject=outbox.subject,
            contact_id=contact.id,
            channel=contact.channel,
            priority=outbox.priority,
            attempt=outbox.attempts,
            message=message,
            to=Recipient(address=contact.address, secret=contact.secret),
            broken=broken,
        )

    def _message(self, found: Found) -> tuple[Message, str]:
        """Return the message, and why there is none."""
        outbox, contact, resident, *_ = found
        row = self._row(found)
        nothing = Message(idempotency_key=outbox.idempotency_key, subject="", text="", data={})
        if row is None:
            return nothing, f"the {outbox.subject_kind} {outbox.subject_id} is gone"
        telling = Telling(outbox, contact, resident, self._style)
        try:
            letter = self._subjects[outbox.subject_kind].compose(row, telling)
        except Exception as error:  # one message that cannot be said must not silence all others
            _logger.exception("message %d cannot be put into words", outbox.id)
            return nothing, f"it cannot be put into words: {type(error).__name__}"
        can = self._channels.get(contact.channel, _PLAIN)
        made = fitted(letter, outbox.idempotency_key, contact.language, can)
        self.counters["cut"] += made.is_cut
        return made.message, ""

    def _row(self, found: Found) -> Any:  # noqa: ANN401 - each subject has rows of its own type
        return found[3 + self._kinds.index(found[0].subject_kind)]

    def _times_query(self) -> Select[Any]:
        known = Outbox.subject_kind.in_(self._kinds)
        of_subjects = [self._subjects[kind].next_due() for kind in self._kinds]
        return select(
            select(func.count()).where(Outbox.state.in_(UNDECIDED), ~known).scalar_subquery(),
            select(func.min(_DUE_AT)).where(Outbox.state.in_(WAITING), known).scalar_subquery(),
            select(func.min(_FREE_AT)).where(Outbox.state == MessageState.SENDING, known).scalar_subquery(),
            *[query for query in of_subjects if query is not None],
        )

    def _due_query(self) -> Select[Any]:
        """Return what is due and all that its message says, put together once: a call waits for it."""
        tables = [self._subjects[kind].table for kind in self._kinds]
        query: Any = select(Outbox, Contact, Resident, *tables).join(Contact, Contact.id == Outbox.contact_id)
        query = query.outerjoin(Resident, Resident.id == Outbox.resident_id)
        for kind, table in zip(self._kinds, tables, strict=True):
            (identity,) = inspect(table).primary_key
            query = query.outerjoin(table, and_(Outbox.subject_kind == kind, identity == Outbox.subject_id))
        due: Select[Any] = (
            query.where(
                or_(
                    and_(Outbox.state.in_(WAITING), _DUE_AT <= _NOW),
                    and_(Outbox.state == MessageState.SENDING, _FREE_AT <= _NOW),
                ),
                Outbox.subject_kind.in_(self._kinds),
                Outbox.priority >= bindparam("min_priority"),
                Outbox.contact_id.not_in(bindparam("full", expanding=True)),
            )
            .order_by(Outbox.priority.desc(), Outbox.due_at_ms, Outbox.id)
            .limit(bindparam("most"))
            .with_for_update(of=Outbox, skip_locked=True)
        )
        return due
