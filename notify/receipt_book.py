"""Writes down what became of each attempt, and lets the subject draw its conclusions. No network here.

Subjects are locked before their messages (`alerts.episodes.locking`): nobody waits in a circle.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import REACHED, UNDECIDED, MessageState, Outbox, Receipt
from anhu.outbox.writing import about
from anhu.registry.contacts import switch_off
from anhu.registry.tables import Contact
from notify.channel import Delivery, Message, PermanentError, Recipient, RetryableError
from notify.leasing import Job
from notify.subject import Failure, Subject

_logger = logging.getLogger(__name__)

Result: TypeAlias = Delivery | RetryableError | PermanentError
"""What became of one attempt."""


class ReceiptBook:
    """Keeps the receipts, in the caller's transaction.

    Parameters
    ----------
    subjects : mapping
        Kind -> what knows it.

    Attributes
    ----------
    counters : Counter
        ``broken``: receipts over which a subject broke; ``gone``: contacts switched off because nobody is there.
    """

    def __init__(self, subjects: Mapping[str, Subject[Any]]) -> None:
        self._subjects = subjects
        self.counters: Counter[str] = Counter()

    def reached(self, session: Session, job: Job, now_ms: int, said: Delivery, *, lead: Job | None = None) -> None:
        """Write down that the other side took it, by itself or together with the message `lead`. [ms]."""
        with self._whatever_follows(job):
            self._subjects[job.subject.kind].reached(session, job.subject.id, said, now_ms)
        if lead is None or lead.outbox_id == job.outbox_id:
            write_receipt(session, job, now_ms, said.state, said.detail, provider_id=said.provider_id)
        else:
            told = f"together with message {lead.outbox_id}: {lead.message.data.get('title', '')}"
            write_receipt(session, job, now_ms, "together", told)
        _settle(session, job, state=said.state)

    def retry(self, session: Session, job: Job, now_ms: int, *, due_at_ms: int, reason: str) -> None:
        """Write down that it did not work now, and when to try again; an answer in between has cancelled it. [ms]."""
        subject = self._subjects[job.subject.kind]
        row = subject.lock(session, job.subject.id)
        write_receipt(session, job, now_ms, MessageState.FAILED_TEMPORARY, reason)
        needed = row is not None and subject.still_needed(session.get_one(Outbox, job.outbox_id), row)
        state = MessageState.FAILED_TEMPORARY if needed else MessageState.CANCELLED
        if _settle(session, job, state=state, due_at_ms=due_at_ms) and needed:
            with self._whatever_follows(job):
                subject.delayed(session, job.subject.id, now_ms)

    def failure(self, session: Session, job: Job, now_ms: int, *, reason: str, is_gone: bool = False) -> None:
        """Write down that it never will; an address that is gone is not tried with the next message. [ms]."""
        row = self._subjects[job.subject.kind].lock(session, job.subject.id)
        said_before = _has_failed(session, job)
        write_receipt(session, job, now_ms, MessageState.FAILED_PERMANENT, reason)
        if is_gone and switch_off(session, job.contact_id, now_ms):
            self.counters["gone"] += 1
        if _settle(session, job, state=MessageState.FAILED_PERMANENT) and row is not None:
            self.tell_failure(session, job, now_ms, reason=reason, said_before=said_before)

    def tell_failure(self, session: Session, job: Job, now_ms: int, *, reason: str, said_before: bool = False) -> None:
        """Let the subject, which is locked, know that this contact could not be told. [ms]."""
        failure = Failure(
            channel=job.channel,
            contact_id=job.contact_id,
            reason=reason,
            attempts=job.attempt,
            anybody_else=_anybody_else(session, job.subject, job.outbox_id),
            said_before=said_before,
        )
        with self._whatever_follows(job):
            self._subjects[job.subject.kind].failed(session, job.subject.id, failure, now_ms)

    def follow(self, session: Session, job: Job, said: Delivery, now_ms: int) -> None:
        """Let the subject know that a message arrived of which that was not known. [ms]."""
        with self._whatever_follows(job):
            self._subjects[job.subject.kind].reached(session, job.subject.id, said, now_ms)

    def retry_late(self, session: Session, job: Job, outbox: Outbox, now_ms: int, *, due_at_ms: int) -> None:
        """Try a message again that was taken and did not arrive, if it is still needed; subject and row are locked."""
        subject = self._subjects[job.subject.kind]
        row = subject.lock(session, job.subject.id)
        needed = row is not None and subject.still_needed(outbox, row)
        outbox.state = MessageState.FAILED_TEMPORARY if needed else MessageState.CANCELLED
        outbox.due_at_ms = due_at_ms
        session.flush()
        if needed:
            with self._whatever_follows(job):
                subject.delayed(session, job.subject.id, now_ms)

    @contextmanager
    def _whatever_follows(self, job: Job) -> Iterator[None]:
        """Keep the receipt although its subject breaks over it: else the message would be sent again for ever."""
        try:
            yield
        except SQLAlchemyError:
            raise
        except Exception:
            _logger.exception("message %d: its %s broke over the receipt", job.outbox_id, job.subject.kind)
            self.counters["broken"] += 1


def job_of(session: Session, number: int) -> Job:
    """Return a message that is not on its way, as what receipts are about."""
    outbox = session.get_one(Outbox, number)
    contact = session.get_one(Contact, outbox.contact_id)
    return Job(
        outbox_id=outbox.id,
        subject=outbox.subject,
        contact_id=contact.id,
        channel=contact.channel,
        priority=outbox.priority,
        attempt=outbox.attempts,
        message=Message(idempotency_key=outbox.idempotency_key, subject="", text="", data={}),
        to=Recipient(address=contact.address),
        broken="",
    )


def _anybody_else(session: Session, subject: SubjectRef, outbox_id: int) -> bool:
    """Tell whether another message about this has reached somebody or still may."""
    hopeful = and_(about(subject), Outbox.id != outbox_id, Outbox.state.in_((*REACHED, *UNDECIDED)))
    return session.scalar(select(Outbox.id).where(hopeful).limit(1)) is not None


def _has_failed(session: Session, job: Job) -> bool:
    failed = (Receipt.outbox_id == job.outbox_id, Receipt.state == MessageState.FAILED_PERMANENT)
    return session.scalar(select(Receipt.id).where(*failed).limit(1)) is not None


def write_receipt(session: Session, job: Job, now_ms: int, state: str, detail: str, *, provider_id: str = "") -> None:
    """Write down what was said of one attempt. [ms]."""
    session.add(
        Receipt(outbox_id=job.outbox_id, at_ms=now_ms, state=state, provider_id=provider_id[:200], detail=detail[:500])
    )


def _settle(session: Session, job: Job, **values: str | int) -> bool:
    """Set the row's state unless somebody else has taken it since; tell whether it was still ours."""
    ours: ColumnElement[bool] = and_(
        Outbox.id == job.outbox_id, Outbox.state == MessageState.SENDING, Outbox.attempts == job.attempt
    )
    settled = update(Outbox).where(ours).values(**values, lease_until_ms=0).returning(Outbox.id)
    return session.scalar(settled) is not None
