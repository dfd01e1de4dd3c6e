"""Devices that spoke and are not registered, and what they said until somebody adopts them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import SERIAL, Base


class QuarantinedDevice(Base):
    """A device that nobody registered; nothing that it measured stands here."""

    __tablename__ = "quarantined_device"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The identity that it would be registered under."""
    said: Mapped[str] = mapped_column(String(200))
    """How it calls itself, as it may be shown."""
    door: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(String(300), default="", server_default="")
    product_id: Mapped[str] = mapped_column(String(64), default="", server_default="", index=True)
    codec: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Of the family that it seems to be of."""
    address: Mapped[str] = mapped_column(String(64), default="", server_default="")
    source: Mapped[str] = mapped_column(String(80), index=True)
    """Whose share of the room it takes: a product, else an address."""
    messages: Mapped[int] = mapped_column(BigInteger)
    """How many came, kept or not."""
    calls: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """How many of them read like a call for help."""
    first_ms: Mapped[int] = mapped_column(BigInteger)
    last_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    last_call_ms: Mapped[int | None] = mapped_column(BigInteger)
    adopted_ms: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """Since when it is registered: what is kept of it is being replayed."""
    replayed: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class QuarantinedMessage(Base):
    """A message of one, whole, as its door had it; taken away once it is replayed."""

    __tablename__ = "quarantined_message"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    quarantined_id: Mapped[str] = mapped_column(ForeignKey("quarantined_device.id", ondelete="CASCADE"), index=True)
    frame_device_id: Mapped[str] = mapped_column(String(200))
    """Who sent the frame, as its door had it."""
    door: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether the payload is locked with the installation's key; rows from before are not."""
    received_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    retained: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    is_call: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class QuarantineOverflow(Base):
    """What was not kept because its source had its share already: counted, and shown."""

    __tablename__ = "quarantine_overflow"
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    messages: Mapped[int] = mapped_column(BigInteger)
    last_said: Mapped[str] = mapped_column(String(200))
    last_ms: Mapped[int] = mapped_column(BigInteger)


class UnassignedReading(Base):
    """What a shared device does not know of whom, or was heard of an unknown sensor: never a default resident's."""

    __tablename__ = "unassigned_reading"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of what is in it: read once more after a restart it is the same."""
    device_id: Mapped[str] = mapped_column(String(64), index=True)
    slot: Mapped[str] = mapped_column(String(100))
    """The user that the device names, or the sensor; ``?``: it named none."""
    record: Mapped[bytes] = mapped_column(LargeBinary)
    """The reading, as the LOG has it."""
    sealed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """As of a `QuarantinedMessage`."""
    received_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    abnormal: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """A rule would look at it, or it is a call for help."""
    is_call: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    resident_id: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Whose it turned out to be; empty once it is settled: nobody's."""
    ignored: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Somebody said of this sensor or user that it is none of ours: no more of its measurements wait while this row is
    there. Calls for help of it do."""
    settled_ms: Mapped[int | None] = mapped_column(BigInteger, index=True)
    settled_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    replayed_ms: Mapped[int | None] = mapped_column(BigInteger)
