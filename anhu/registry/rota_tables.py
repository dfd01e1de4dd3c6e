"""Rotas of desks and teams, days that are different, leave, swaps, hand-over notes, calendar addresses.

Days are local days of the rota's zone (``2026-11-29``), times of day minutes: nothing of it moves when a clock does.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base

_DAY = String(10)


class RotaRow(Base):
    """The rota of one desk or team."""

    __tablename__ = "rota"
    id: Mapped[str] = mapped_column(primary_key=True)
    owner_kind: Mapped[str] = mapped_column(String(16))
    """``centre`` or ``team``."""
    owner_id: Mapped[str]
    time_zone: Mapped[str] = mapped_column(String(64))
    """Its own: shifts do not move when somebody corrects the centre's."""
    covers: Mapped[str] = mapped_column(String(16))
    workdays: Mapped[str] = mapped_column(String(8))
    """Whose working days: ``cn``; empty: by the weekday."""
    version: Mapped[int] = mapped_column(default=1)
    look_at_ms: Mapped[int] = mapped_column(BigInteger, default=0, index=True)
    """When its gaps are looked for next; 0: at once, for it was changed."""

    __table_args__ = (UniqueConstraint("owner_kind", "owner_id"),)


class RotaShift(Base):
    """A shift that comes back (`anhu.registry.rota.model.Shift`)."""

    __tablename__ = "rota_shift"
    id: Mapped[str] = mapped_column(primary_key=True)
    rota_id: Mapped[str] = mapped_column(ForeignKey("rota.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(Integer)
    days: Mapped[str] = mapped_column(String(8))
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    crews: Mapped[list[list[str]]] = mapped_column(JSON)
    anchor: Mapped[str] = mapped_column(_DAY)
    from_day: Mapped[str] = mapped_column(_DAY, default="")
    until_day: Mapped[str] = mapped_column(_DAY, default="")


class RotaChange(Base):
    """One shift of one day is different: another crew, or one member instead of another."""

    __tablename__ = "rota_change"
    id: Mapped[str] = mapped_column(primary_key=True)
    rota_id: Mapped[str] = mapped_column(ForeignKey("rota.id"))
    shift_id: Mapped[str]
    day: Mapped[str] = mapped_column(_DAY)
    since_ms: Mapped[int] = mapped_column(BigInteger)
    crew: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    out_id: Mapped[str] = mapped_column(default="")
    in_id: Mapped[str] = mapped_column(default="")
    swap_id: Mapped[str] = mapped_column(default="")
    set_by: Mapped[str]
    set_at_ms: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_rota_change_day", "rota_id", "day"),)


class RotaSwap(Base):
    """A member asks another to take a shift, perhaps for one in return."""

    __tablename__ = "rota_swap"
    id: Mapped[str] = mapped_column(primary_key=True)
    rota_id: Mapped[str] = mapped_column(ForeignKey("rota.id"), index=True)
    asker_id: Mapped[str] = mapped_column(index=True)
    other_id: Mapped[str] = mapped_column(index=True)
    shift_id: Mapped[str]
    day: Mapped[str] = mapped_column(_DAY)
    back_shift_id: Mapped[str] = mapped_column(default="")
    back_day: Mapped[str] = mapped_column(_DAY, default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(16))
    asked_at_ms: Mapped[int] = mapped_column(BigInteger)
    answered_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class LeaveRow(Base):
    """A member is away, both days included."""

    __tablename__ = "leave"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    from_day: Mapped[str] = mapped_column(_DAY)
    until_day: Mapped[str] = mapped_column(_DAY, index=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    set_by: Mapped[str]
    set_at_ms: Mapped[int] = mapped_column(BigInteger)


class Handover(Base):
    """What the outgoing shift wants the incoming one to know."""

    __tablename__ = "handover"
    id: Mapped[str] = mapped_column(primary_key=True)
    rota_id: Mapped[str] = mapped_column(ForeignKey("rota.id"), index=True)
    shift_name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[str]
    at_ms: Mapped[int] = mapped_column(BigInteger)
    read_by: Mapped[str] = mapped_column(default="")
    read_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class RotaGapRow(Base):
    """A gap that was found, and when the lead was told of it."""

    __tablename__ = "rota_gap"
    id: Mapped[str] = mapped_column(primary_key=True)
    rota_id: Mapped[str] = mapped_column(ForeignKey("rota.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    start_ms: Mapped[int] = mapped_column(BigInteger)
    end_ms: Mapped[int] = mapped_column(BigInteger)
    closed: Mapped[bool] = mapped_column(default=False)
    """Somebody has filled it, or it is over."""
    told: Mapped[str] = mapped_column(String(32), default="")
    """How far the lead was told: ``ahead``, ``soon``, ``now``."""
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Whose it is and who is missing, by name, for those who are told."""


class CalendarAddress(Base):
    """The secret in the address of a member's calendar; only its SHA-256 is kept."""

    __tablename__ = "calendar_address"
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), primary_key=True)
    sha256: Mapped[bytes] = mapped_column(unique=True)
    made_at_ms: Mapped[int] = mapped_column(BigInteger)
