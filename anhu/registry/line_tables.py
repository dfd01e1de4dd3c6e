"""Several front doors behind one balancer: which door holds a device's connection, and which doors there are."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base

_CONNECTED, _ABSENT = text("expires_at_ms = 0"), text("expires_at_ms > 0")


class FrontDoor(Base):
    """One run of a front door. Whoever sees `beat` stand still for long takes it for dead: no clocks are compared."""

    __tablename__ = "front_door"
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    beat: Mapped[int] = mapped_column(BigInteger)
    ended: Mapped[bool] = mapped_column(default=False, server_default=false())


class DeviceLine(Base):
    """A client of a device, and the door that holds its connection, or held its last one.

    `epoch` grows each time that another connection takes the line: what an earlier one says of it is not believed.
    """

    __tablename__ = "device_line"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    way: Mapped[str] = mapped_column(String(8), primary_key=True)
    """``mqtt`` or ``tcp``."""
    client_id: Mapped[str] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(String(100))
    epoch: Mapped[int] = mapped_column(BigInteger)
    since_ms: Mapped[int] = mapped_column(BigInteger)
    """When its present connection was made, by the clock of its door."""
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
    """Until when what is kept of an absent client counts; 0 while it is connected."""
    kept: Mapped[bytes] = mapped_column(LargeBinary, default=b"", server_default="")
    moves: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How often it was taken over from another door since `moves_since_ms`."""
    moves_since_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    breaks: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    breaks_since_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    __table_args__ = (
        Index("ix_device_line_connected", "door", postgresql_where=_CONNECTED, sqlite_where=_CONNECTED),
        Index("ix_device_line_absent", "expires_at_ms", postgresql_where=_ABSENT, sqlite_where=_ABSENT),
    )


class OustedLine(Base):
    """A line that a door no longer holds and has not let go yet; the door itself takes the row away."""

    __tablename__ = "ousted_line"
    door: Mapped[str] = mapped_column(String(100), primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True, index=True)
    way: Mapped[str] = mapped_column(String(8), primary_key=True)
    client_id: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger)
    """Of whoever took it."""
    clean: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its session began anew there."""


class DoorDuty(Base):
    """What one of all doors does for all: asking vendors' clouds, reading along at a broker, sweeping up."""

    __tablename__ = "door_duty"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    door: Mapped[str] = mapped_column(String(100))


class DeviceAnnouncement(Base):
    """What a device announced that its messages will mean, for the door at which it speaks next."""

    __tablename__ = "device_announcement"
    device_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(512), primary_key=True)
    said: Mapped[bytes] = mapped_column(LargeBinary)
