"""Where each resident's series lie, and what ingest keeps for other machines: newest values, letters, counts, marks.

Most of it is written and read by `ingest.shared` in SQL of its own; here is its shape, for the migrations.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, LargeBinary, String, Text, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import SERIAL, Base

PACKED = JSON().with_variant(JSONB(), "postgresql")


class ResidentStore(Base):
    """Which time-series store took what was received of a resident, from when on; a move adds a row."""

    __tablename__ = "resident_store"
    resident_id: Mapped[str] = mapped_column(primary_key=True)
    since_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    store: Mapped[str]


class StoreProgress(Base):
    """How far ingest is with each store that is behind in a partition of the LOG; no rows where all is well.

    The row of no store tells how far the others are.
    """

    __tablename__ = "store_progress"
    log_partition: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    store: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    since_ms: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(300))


class NewestValues(Base):
    """A resident's newest numbers, ``{quantity: [at_ms, value, quality, device]}``; the row of nobody: when any came.

    Rows are rewritten all the time, so a page has room for a row's next version (PostgreSQL's HOT).
    """

    __tablename__ = "newest_values"
    resident_id: Mapped[str] = mapped_column(primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    """The newest of them."""
    oldest_ms: Mapped[int] = mapped_column(BigInteger)
    """The oldest of those that came last."""
    found: Mapped[dict[str, Any]] = mapped_column(PACKED)
    whole: Mapped[bool] = mapped_column(Boolean)
    """What lay in the store before the row was made is in it, too."""


class Letter(Base):
    """A message that could not be decoded or stored (`ingest.letter`)."""

    __tablename__ = "dead_letter"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    cause: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    stage: Mapped[str] = mapped_column(String(16))
    device_id: Mapped[str] = mapped_column(String(200))
    resident_id: Mapped[str]
    received_at_ms: Mapped[int] = mapped_column(BigInteger)
    door: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(Text)
    retained: Mapped[bool] = mapped_column(Boolean, server_default=false())
    codec: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at_ms: Mapped[int] = mapped_column(BigInteger)
    replayed_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        Index("ix_dead_letter_device", "device_id", "id"),
        Index("ix_dead_letter_resident", "resident_id", "id"),
        Index("ix_dead_letter_kept", "kept_at_ms"),
    )


class DeliveryHour(Base):
    """How many messages of a device were read, read in part, refused within an hour."""

    __tablename__ = "delivery_hour"
    device_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    hour_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, index=True)
    accepted: Mapped[int] = mapped_column(Integer)
    partly: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)


class HourDue(Base):
    """An hour of a device whose hourly values in a store have to be put together again."""

    __tablename__ = "hour_due"
    store: Mapped[str] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    device_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    turn: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (Index("ix_hour_due_hour", "store", "hour"),)


class HourState(Base):
    """How far the work on a store's hours is, and who does it until when."""

    __tablename__ = "hour_state"
    store: Mapped[str] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(BigInteger)
    taken_before: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[int | None] = mapped_column(BigInteger)
    worker: Mapped[str]
    until_ms: Mapped[int] = mapped_column(BigInteger)
