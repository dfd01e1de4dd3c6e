"""What people say and ask for around a resident, apart from alarms: messages, service requests, relatives, sheets.

Times are UTC milliseconds since 1970. A `key` is made where something is said (a form, a phone without a line): what
arrives twice under one key of one user was said once.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import SERIAL, Base


class CareMessage(Base):
    """One message of a resident's thread between family, desk and team."""

    __tablename__ = "care_message"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str]
    alert_id: Mapped[str] = mapped_column(default="")
    """The alert that its words raised, or joined; empty mostly."""

    __table_args__ = (
        UniqueConstraint("user_id", "key", name="uq_care_message_key"),
        Index("ix_care_message_thread", "resident_id", "id"),
        Index("ix_care_message_writer", "user_id", "at_ms"),
        Index("ix_care_message_at_ms", "at_ms"),
    )


class MessageMark(Base):
    """How far a user has read a resident's thread."""

    __tablename__ = "message_mark"
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), primary_key=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), primary_key=True)
    read_id: Mapped[int] = mapped_column(BigInteger)
    at_ms: Mapped[int] = mapped_column(BigInteger)


class ServiceRequest(Base):
    """Something that a resident needs and that is no alarm: taken by somebody, then done or cancelled."""

    __tablename__ = "service_request"
    id: Mapped[str] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16))
    asked_by: Mapped[str] = mapped_column(ForeignKey("user.id"))
    asked_at_ms: Mapped[int] = mapped_column(BigInteger)
    due_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    taken_by: Mapped[str | None]
    taken_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_by: Mapped[str | None]
    ended_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(Text, default="")
    key: Mapped[str]

    __table_args__ = (
        UniqueConstraint("asked_by", "key", name="uq_service_request_key"),
        Index("ix_service_request_state", "state", "due_at_ms"),
    )


class FamilyWord(Base):
    """What a relative says about an alarm, or without one: I am going, I am here, I called and all is well."""

    __tablename__ = "family_word"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    what: Mapped[str] = mapped_column(String(16))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    """When it was said; a phone without a line sends it later."""
    arrives_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, default="")
    key: Mapped[str]

    __table_args__ = (
        UniqueConstraint("user_id", "key", name="uq_family_word_key"),
        Index("ix_family_word_resident", "resident_id", "at_ms"),
    )


class SheetLink(Base):
    """A link to a resident's emergency sheet for people without a login; only its SHA-256 is kept."""

    __tablename__ = "sheet_link"
    id: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(unique=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), index=True)
    alert_id: Mapped[str] = mapped_column(default="")
    made_by: Mapped[str] = mapped_column(ForeignKey("user.id"))
    made_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
    revoked_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    opened: Mapped[int] = mapped_column(default=0)
    opened_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When it was last opened."""
