"""What became of the calls that the platform made of itself, where all machines see it."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class PlatformBeat(Base):
    """One call through one partition of the LOG; after how many milliseconds it was where. Kept for a day."""

    __tablename__ = "platform_beat"
    at_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """When the device sent it, by the watcher's clock."""
    partition: Mapped[int] = mapped_column(primary_key=True)
    door_ms: Mapped[int | None] = mapped_column()
    alert_ms: Mapped[int | None] = mapped_column()
    phone_ms: Mapped[int | None] = mapped_column()
