"""What is known of residents besides who they are: identity, health, consent, bed, how the service ended.

Kept apart from `Resident`, which is read at every alarm: these are read by whoever asks for them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class ResidentIdentity(Base):
    """A national identity number, sealed; `digest` finds it, `last_four` shows it."""

    __tablename__ = "resident_identity"
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    sealed: Mapped[bytes]
    last_four: Mapped[str] = mapped_column(String(4))


class CareRecord(Base):
    """What a helper must know: illnesses, medicines, allergies."""

    __tablename__ = "care_record"
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), primary_key=True)
    conditions: Mapped[list[str]] = mapped_column(JSON, default=list)
    medicines: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """Each ``name``, ``dose``, ``dangerous``: an anticoagulant, insulin, an opioid..."""
    allergies: Mapped[list[str]] = mapped_column(JSON, default=list)


class ResidentPhoto(Base):
    """A small picture, so that a helper knows whom to look for."""

    __tablename__ = "resident_photo"
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(32))
    content: Mapped[bytes]


class Consent(Base):
    """Somebody agreed to one purpose (PIPL 29), and may have withdrawn it (PIPL 15)."""

    __tablename__ = "consent"
    id: Mapped[str] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    text_version: Mapped[str] = mapped_column(String(32))
    given_by: Mapped[str] = mapped_column(String(100))
    capacity: Mapped[str] = mapped_column(String(16))
    given_at_ms: Mapped[int] = mapped_column(BigInteger)
    recorded_by: Mapped[str] = mapped_column(default="")
    withdrawn_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    withdrawn_by: Mapped[str] = mapped_column(String(100), default="")


class Place(Base):
    """A building, floor, room or bed of a centre; `full_name` is its way from the building down."""

    __tablename__ = "place"
    id: Mapped[str] = mapped_column(primary_key=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centre.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("place.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(300))
    in_use: Mapped[bool] = mapped_column(default=True)


class Stay(Base):
    """Who lay where, from when until when; without an end: now. Nobody lies in two places, nor two in one bed."""

    __tablename__ = "stay"
    __table_args__ = (
        Index(
            "uq_stay_resident_now",
            "resident_id",
            unique=True,
            sqlite_where=text("until_ms IS NULL"),
            postgresql_where=text("until_ms IS NULL"),
        ),
        Index(
            "uq_stay_bed_now",
            "bed_id",
            unique=True,
            sqlite_where=text("until_ms IS NULL"),
            postgresql_where=text("until_ms IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), index=True)
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id"), index=True)
    bed_id: Mapped[str | None]
    """The same place where it is a bed: a room, a home, may be shared."""
    from_ms: Mapped[int] = mapped_column(BigInteger)
    until_ms: Mapped[int | None] = mapped_column(BigInteger)


class Ending(Base):
    """How a resident's service ended, and what was taken away then, so that it can be given back."""

    __tablename__ = "ending"
    id: Mapped[str] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ForeignKey("resident.id"), index=True)
    reason: Mapped[str] = mapped_column(String(16))
    on_date: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")
    devices: Mapped[list[str]] = mapped_column(JSON, default=list)
    place_id: Mapped[str | None]
    at_ms: Mapped[int] = mapped_column(BigInteger)
    by_user: Mapped[str] = mapped_column(default="")
    undone_at_ms: Mapped[int | None] = mapped_column(BigInteger)
