"""Beside each device: who wore it and where it stood, the code on its box, and when it was last heard."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

import anhu.registry.people_tables  # noqa: F401 - its places are referred to
from anhu.registry.tables import Base


class DeviceBinding(Base):
    """Whose a device was, and at which bed or in which room, from when until when; the open one is the present."""

    __tablename__ = "device_binding"
    id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    resident_id: Mapped[str | None] = mapped_column(ForeignKey("resident.id"), index=True)
    place_id: Mapped[str | None] = mapped_column(ForeignKey("place.id"), index=True)
    """A bed or a room: the device stays there, and watches whoever lies there."""
    from_ms: Mapped[int] = mapped_column(BigInteger)
    until_ms: Mapped[int | None] = mapped_column(BigInteger)
    bound_by: Mapped[str] = mapped_column(default="", server_default="")
    ended_by: Mapped[str] = mapped_column(default="", server_default="")


class DeviceClaim(Base):
    """The short code printed on a device's box; whoever installs it says it. No secret: it opens nothing by itself."""

    __tablename__ = "device_claim"
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), unique=True)
    made_at_ms: Mapped[int] = mapped_column(BigInteger)


class DeviceSeen(Base):
    """When a device was last heard, and what it last said of itself; written by ingest, at most once a minute."""

    __tablename__ = "device_seen"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    seen_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    battery_percent: Mapped[float | None] = mapped_column(Float)
    signal_dbm: Mapped[float | None] = mapped_column(Float)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When its connection last ended; null while it stands, and for one that has none."""
    ended_why: Mapped[str] = mapped_column(String(32), default="", server_default="")
