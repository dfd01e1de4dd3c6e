"""Messages that a provider took and then never spoke of again: they are shown as not confirmed, and others are told.

Only of channels whose provider says what became of a message, and may call us. No receipt is no proof that nothing
arrived, so nothing is sent twice for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, sessionmaker

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.outbox.tables import MessageState, Outbox, Receipt
from anhu.registry.tables import Contact
from notify.receipt_book import job_of, write_receipt
from notify.subject import Subject

WAIT_MS = 3 * MINUTE_MS
"""A receipt that has not come by then is missed. [ms]"""
UNCONFIRMED = "unconfirmed"
_BATCH = 100


class Unconfirmed:
    """Looks for them.

    Parameters
    ----------
    sessions : sessionmaker
        The database.
    subjects : mapping
        Kind -> what knows it.
    channels : collection of str
        Those whose provider says what became of a message.

    Attributes
    ----------
    counters : Counter
        ``unconfirmed``: messages without a receipt.
    """

    def __init__(
        self, sessions: sessionmaker[Session], subjects: Mapping[str, Subject[Any]], channels: Collection[str]
    ) -> None:
        self._sessions = sessions
        self._subjects = subjects
        self._channels = sorted(channels)
        self.counters: Counter[str] = Counter()

    def next_due(self, session: Session, now_ms: int) -> int | None:
        """Return when the next receipt will be missed. [ms]."""
        if not self._channels:
            return None
        first = session.scalar(self._joined(func.min(Receipt.at_ms), now_ms))
        return None if first is None else first + WAIT_MS

    def look(self, now_ms: int) -> int:
        """Write down which are missed; return how many. [ms]."""
        if not self._channels:
            return 0
        late = Receipt.at_ms <= now_ms - WAIT_MS
        with self._sessions() as session:
            ids = session.scalars(self._joined(Outbox.id, now_ms).where(late).limit(_BATCH)).all()
        for number in ids:
            with self._sessions.begin() as session:
                self._miss(session, number, now_ms)
        return len(ids)

    def _miss(self, session: Session, number: int, now_ms: int) -> None:
        job = job_of(session, number)
        subject = self._subjects.get(job.subject.kind)
        row = subject.lock(session, job.subject.id) if subject else None
        outbox = session.get_one(Outbox, number, with_for_update=True, populate_existing=True)
        if outbox.state != MessageState.SENT or session.scalar(select(_is_missed(number))):
            return
        write_receipt(session, job, now_ms, UNCONFIRMED, f"no receipt within {WAIT_MS // MINUTE_MS} min")
        session.flush()
        self.counters["unconfirmed"] += 1
        if subject is not None and row is not None:
            subject.unconfirmed(session, job.subject.id, job.contact_id, now_ms)

    def _joined(self, what: Any, now_ms: int) -> Any:  # noqa: ANN401 - a column or a function of one
        lately = and_(Receipt.state == MessageState.SENT, Receipt.at_ms > now_ms - HOUR_MS)
        return (
            select(what)
            .join_from(Receipt, Outbox, Outbox.id == Receipt.outbox_id)
            .join(Contact, Contact.id == Outbox.contact_id)
            .where(lately, Outbox.state == MessageState.SENT, Contact.channel.in_(self._channels))
            .where(~_is_missed(Outbox.id))
        )


def _is_missed(number: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a number, or the column of one
    other = aliased(Receipt)
    return exists().where(other.outbox_id == number, other.state == UNCONFIRMED)
