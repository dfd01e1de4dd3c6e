"""What became of every alert: episodes, their history, when the next step is due, and how far the engine has read.

Times are UTC milliseconds since 1970. SQLite and PostgreSQL hold the same tables; the one thing that matters most
stands in the database itself: at most one open alert per resident and kind.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.partial_index import partial_index
from anhu.registry.tables import SERIAL, Base


class ResidentLimit(Base):
    """A limit of one resident that differs from the rule's: who set it, why, until when."""

    __tablename__ = "resident_limit"
    id: Mapped[str] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    """Alert kind, dot, parameter: ``heart_rate_high.high_bpm``."""
    value: Mapped[float]
    reason: Mapped[str] = mapped_column(String(300), default="")
    set_by: Mapped[str]
    set_at_ms: Mapped[int] = mapped_column(BigInteger)
    until_ms: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger, index=True)
    """Same counter as `Device.version`."""


class Alert(Base):
    """One episode of one kind for one resident: condition and response are two axes."""

    __tablename__ = "alert"
    id: Mapped[str] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"))
    device_id: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    priority: Mapped[int]
    condition: Mapped[str] = mapped_column(String(16))
    response: Mapped[str] = mapped_column(String(16))
    started_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    raised_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    last_at_ms: Mapped[int] = mapped_column(BigInteger)
    repeats: Mapped[int] = mapped_column(default=0)
    late: Mapped[bool] = mapped_column(default=False)
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    assignee: Mapped[str] = mapped_column(default="")
    acknowledged_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    closed_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(16), default="")
    found: Mapped[str] = mapped_column(String(24), default="", server_default="")
    """Of a real one: what was found and done (`alerts.episodes.lifecycle.Found`)."""
    practice: Mapped[str] = mapped_column(String(8), default="", server_default="")
    """``test`` or ``drill`` where somebody who answers it says so; worked through like any, and never counted."""
    offered_to: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """User who was asked to take it over and has not said yes: until then it stays with `assignee`."""
    offered_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    merged_into: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """The alert that this one closed into: both were one event."""
    is_open: Mapped[bool] = mapped_column(default=True)
    centre_id: Mapped[str] = mapped_column(default="", server_default="")
    """Whose it was when it was raised: a resident who moves takes no figures along."""
    team_id: Mapped[str] = mapped_column(default="", server_default="")
    unlisted: Mapped[int] = mapped_column(default=0)
    """Reports of devices for which the list of members had no room; then only a person ends it."""
    untold_since_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when nobody can be told of it (`alerts.episodes.untold`); null: somebody was, or may be yet."""
    untold_again_ms: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """When everything is tried again."""
    untold_why: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    """Each contact's reason."""
    detector: Mapped[str] = mapped_column(default="", server_default="")
    """Which detector raised it, and which version of it; empty and 0 where none did, or nobody wrote it down then."""
    detector_version: Mapped[int] = mapped_column(default=0, server_default="0")
    firmware: Mapped[str] = mapped_column(default="", server_default="")
    """Of its device, when it was raised."""
    policy_number: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Version of the policy that it runs by (`alerts.policy_tables`), until it is news again; 0: the default."""

    __table_args__ = (
        Index(
            "uq_alert_open",
            "resident_id",
            "kind",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
        Index("ix_alert_queue", "is_open", "priority", "raised_at_ms"),
        Index("ix_alert_kind", "kind", "raised_at_ms"),
        Index("ix_alert_whose", "resident_id", "raised_at_ms"),
        partial_index("ix_alert_merged_into", "merged_into", where="merged_into <> ''"),
        partial_index("ix_alert_answered", "response", "raised_at_ms", where="response <> 'closed'"),
    )


class AlertMember(Base):
    """A device, or one of its rooms, that reports an alert; without a device it is the whole home."""

    __tablename__ = "alert_member"
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    room: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True, default="")
    """Which rule says so, of a kind that several rules raise: each ends only its own."""
    kind: Mapped[str]
    """What it last said: the stages of one episode are several kinds."""
    priority: Mapped[int]
    since_ms: Mapped[int] = mapped_column(BigInteger)
    last_at_ms: Mapped[int] = mapped_column(BigInteger)
    recovered_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    """Detector and version that last said so, as ``fall_motion 2``: another version of it does not end this."""
    reports: Mapped[int] = mapped_column(default=1)


class AlertEvent(Base):
    """One line of an alert's history; its number orders the live stream."""

    __tablename__ = "alert_event"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), index=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    what: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Escalation(Base):
    """What is due next for an alert, and when; no row means nothing is due."""

    __tablename__ = "escalation"
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(16), default="step", server_default="step")
    """A step of the policy, while nobody answers, or the end of an answer (`alerts.episodes.timers`)."""
    step: Mapped[int]
    due_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class NobodysCall(Base):
    """The newest call for help of a device that no resident has: no alert can be raised of it."""

    __tablename__ = "nobodys_call"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    told_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When messages about it were last written."""
    what: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """``stranger``, ``unassigned`` or ``shut_out``; empty: a registered device's without a resident."""
    about: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """What else is known of a device that nobody registered: product, address; or of whom a shared one speaks."""


class ConsumerState(Base):
    """How far the engine has read the LOG: moved in the transaction that stores its alerts."""

    __tablename__ = "consumer_state"
    consumer: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Of the owner who may write (`alerts.fence`); 0 where one engine reads all."""


class ConsumerRest(Base):
    """What the engine found before its position and has not stored yet: many findings take several transactions."""

    __tablename__ = "consumer_rest"
    consumer: Mapped[str] = mapped_column(primary_key=True)
    findings: Mapped[bytes]


class ConsumerSnapshot(Base):
    """What the engine knew at a position of the LOG: much, so it does not stand in the row that moves all the time."""

    __tablename__ = "consumer_snapshot"
    consumer: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    snapshot: Mapped[bytes]


class ResidentHandover(Base):
    """What the engine of one partition remembers of a resident who moved to another one, until that has it."""

    __tablename__ = "resident_handover"
    resident_id: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(index=True)
    """Where the resident moved to."""
    at_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[bytes]
    taken_position: Mapped[int | None] = mapped_column(BigInteger)
    """Where the other engine stood when it took it up: until its snapshot is beyond that it is kept."""
