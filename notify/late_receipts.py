"""Receipts that come after the sending: a message arrived, was read, or did not arrive after all. No network here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS
from anhu.contract.delays import Delays, Stage
from anhu.contract.priority import Priority
from anhu.contract.tracing import Step
from anhu.outbox.tables import REACHED, WAITING, MessageState, Outbox, Receipt
from anhu.registry.tables import Contact
from notify.bundling import followers_of
from notify.callback_reader import News
from notify.channel import Delivery
from notify.leasing import Job
from notify.pace import Pace
from notify.receipt_book import ReceiptBook, job_of, write_receipt
from notify.subject import Subject

_LONGEST_NUMBER = 15
_ORDER = {MessageState.SENT: 0, MessageState.DELIVERED: 1, MessageState.READ: 2}


class LateReceipts:
    """Applies them, in the caller's transaction.

    Parameters
    ----------
    subjects : mapping
        Kind -> what knows it.
    book : ReceiptBook
        Writes down what became of messages.
    pace : Pace
        When a message is tried again.
    jitter : callable
        Returns 0 to 1.

    Attributes
    ----------
    counters : Counter
        ``confirmed``: messages that arrived; ``came_to_nothing``: that did not after all.
    delays : Delays
        How long the providers took to say so.
    """

    def __init__(
        self, subjects: Mapping[str, Subject[Any]], book: ReceiptBook, pace: Pace, jitter: Callable[[], float]
    ) -> None:
        self._subjects = subjects
        self._book = book
        self._pace = pace
        self._jitter = jitter
        self.counters: Counter[str] = Counter()
        self.delays = Delays()

    def apply(self, session: Session, channel: str, one: News, now_ms: int) -> bool:
        """Apply a receipt; False when its message is not known yet, or still on its way. [ms]."""
        number = message_of(session, channel, one)
        if number is None:
            return False
        done = [self._apply_one(session, one, each, now_ms) for each in (number, *followers_of(session, number))]
        return all(done)

    def _apply_one(self, session: Session, one: News, number: int, now_ms: int) -> bool:
        job = job_of(session, number)
        subject = self._subjects.get(job.subject.kind)
        if subject is None:
            return True  # of a version that knew more: it is kept as a receipt by nobody
        subject.lock(session, job.subject.id)
        outbox = session.get_one(Outbox, number, with_for_update=True, populate_existing=True)
        if outbox.state == MessageState.SENDING:
            return False
        if not _is_written(session, number, one):
            (self._failed if one.state == "failed" else self._arrived)(session, job, outbox, one, now_ms)
        return True

    def _arrived(self, session: Session, job: Job, outbox: Outbox, one: News, now_ms: int) -> None:
        """Go forward only: "delivered" after "read" is old news. What waited to be sent again has arrived."""
        _note(session, job, now_ms, one)
        said: Literal["delivered", "read"] = "read" if one.state == "read" else "delivered"
        state = MessageState(said)
        if outbox.state in WAITING or outbox.state == MessageState.FAILED_PERMANENT:
            outbox.state = state
            self._book.follow(session, job, Delivery(state=said), now_ms)
        elif outbox.state in REACHED and _ORDER[state] > _ORDER[MessageState(outbox.state)]:
            outbox.state = state
        self.counters["confirmed"] += 1
        if (sent_ms := _sent_ms(session, job.outbox_id)) is not None:
            self.delays.note(Stage.SENT_TO_RECEIPT, now_ms - sent_ms, Priority(job.priority))
            self._trace(job, str(outbox.data.get("trace", "")), sent_ms, now_ms)

    def _trace(self, job: Job, trace: str, sent_ms: int, now_ms: int) -> None:
        tracer = self.delays.tracer
        if tracer is not None and trace and tracer.wants(trace, is_call=job.priority >= Priority.HIGH):
            tracer.note(trace, Step.RECEIPT, sent_ms, now_ms, number=job.outbox_id, channel=job.channel)

    def _failed(self, session: Session, job: Job, outbox: Outbox, one: News, now_ms: int) -> None:
        """Try again where that makes sense and is still needed, else give up and let the subject know."""
        _note(session, job, now_ms, one)
        if outbox.state not in {MessageState.SENT, *WAITING}:
            return  # it has arrived, or nobody needs it
        self.counters["came_to_nothing"] += 1
        again_s = one.again_after_s
        if again_s is not None and self._pace.goes_on(job.attempt, job.priority):
            wait_ms = self._pace.wait_ms(job.attempt, job.priority, after_s=again_s, jitter=self._jitter())
            self._book.retry_late(session, job, outbox, now_ms, due_at_ms=now_ms + max(wait_ms, SECOND_MS))
            if job.attempt != self._pace.attempts:
                return
        else:
            outbox.state = MessageState.FAILED_PERMANENT
        self._book.tell_failure(session, job, now_ms, reason=one.detail)


def message_of(session: Session, channel: str, one: News) -> int | None:
    """Return which message a provider speaks of: by our key, else by what it called it itself; None for no known."""
    if one.key:
        mine = Outbox.id == int(one.key) if _is_number(one.key) else Outbox.idempotency_key == one.key
        found = select(Outbox.id).where(mine)
    elif one.provider_id:
        found = select(Outbox.id).join(Receipt, Receipt.outbox_id == Outbox.id)
        found = found.where(Receipt.provider_id == one.provider_id[:200])
    else:
        return None
    found = found.join(Contact, Contact.id == Outbox.contact_id).where(Contact.channel == channel)
    return session.scalar(found.order_by(Outbox.id.desc()).limit(1))


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= _LONGEST_NUMBER


def _is_written(session: Session, number: int, one: News) -> bool:
    """Tell whether this receipt stands there already: providers say things twice."""
    same = (Receipt.outbox_id == number, Receipt.state == _word(one), Receipt.provider_id == one.provider_id[:200])
    return session.scalar(select(Receipt.id).where(*same).limit(1)) is not None


def _sent_ms(session: Session, number: int) -> int | None:
    sent = (Receipt.outbox_id == number, Receipt.state == MessageState.SENT)
    return session.scalar(select(func.max(Receipt.at_ms)).where(*sent))


def _note(session: Session, job: Job, now_ms: int, one: News) -> None:
    write_receipt(session, job, now_ms, _word(one), one.detail, provider_id=one.provider_id)


def _word(one: News) -> str:
    if one.state != "failed":
        return one.state
    return MessageState.FAILED_PERMANENT if one.again_after_s is None else MessageState.FAILED_TEMPORARY
