"""Messages and what became of each attempt. SQLite and PostgreSQL hold the same tables; times are UTC milliseconds."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.outbox.subject import SubjectRef
from anhu.registry.partial_index import partial_index
from anhu.registry.tables import SERIAL, Base


class MessageState(StrEnum):
    """Where a message is."""

    PENDING = "pending"
    """Written, never tried."""
    SENDING = "sending"
    """On its way, leased to one dispatcher for a time."""
    FAILED_TEMPORARY = "failed_temporary"
    """It did not work; it will be tried again."""
    SENT = "sent"
    """The other side took it."""
    DELIVERED = "delivered"
    """The other side says that it arrived."""
    READ = "read"
    """The other side says that somebody read it."""
    FAILED_PERMANENT = "failed_permanent"
    """It never will."""
    CANCELLED = "cancelled"
    """Nobody needs it any more."""


WAITING = (MessageState.PENDING, MessageState.FAILED_TEMPORARY)
UNDECIDED = (*WAITING, MessageState.SENDING)
REACHED = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)


class Outbox(Base):
    """A message that must be sent: written in the transaction that made it necessary."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    idempotency_key: Mapped[str] = mapped_column(String(200), unique=True)
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str]
    """No foreign key: a subject may be a row of any room."""
    resident_id: Mapped[str | None] = mapped_column(ForeignKey("resident.id"))
    """Of whom it speaks, if of anybody."""
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"))
    reason: Mapped[str] = mapped_column(String(32))
    """Why now, in the subject's own words: ``raised``, ``escalated``."""
    priority: Mapped[int]
    state: Mapped[str] = mapped_column(String(24), default=MessageState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at_ms: Mapped[int] = mapped_column(BigInteger)
    lease_until_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (
        Index("ix_outbox_due", "state", "due_at_ms"),
        Index("ix_outbox_subject", "subject_kind", "subject_id"),
        Index("ix_outbox_created_at_ms", "created_at_ms"),
        Index("ix_outbox_contact", "contact_id", "id"),
        partial_index("ix_outbox_waiting", "due_at_ms", where="state IN ('pending', 'failed_temporary', 'sending')"),
    )

    @property
    def subject(self) -> SubjectRef:
        """What it is about."""
        return SubjectRef(self.subject_kind, self.subject_id)


class Receipt(Base):
    """What a channel answered to one attempt."""

    __tablename__ = "receipt"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)
    at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    state: Mapped[str] = mapped_column(String(24))
    provider_id: Mapped[str] = mapped_column(String(200), default="", index=True)
    detail: Mapped[str] = mapped_column(String(500), default="")
