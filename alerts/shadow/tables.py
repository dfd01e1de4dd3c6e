"""Which version of a detector decides, which one runs in its shadow, and what that one would have raised.

Times are UTC milliseconds since 1970.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import SERIAL, Base


class DetectorChoice(Base):
    """What a person chose for one detector; no row: the released version decides, and none runs beside it."""

    __tablename__ = "detector_choice"
    name: Mapped[str] = mapped_column(primary_key=True)
    live_version: Mapped[int]
    shadow_version: Mapped[int]
    """0: none."""
    former_version: Mapped[int]
    """What one click goes back to; 0: nothing was switched."""
    since_ms: Mapped[int] = mapped_column(BigInteger)
    """Since when the two run side by side."""
    revision: Mapped[int]
    """Grows with every choice: of two who choose at once the second is told."""


class ShadowRun(Base):
    """How one version has fared in the shadow, in one shard of the engine."""

    __tablename__ = "shadow_run"
    consumer: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    since_ms: Mapped[int] = mapped_column(BigInteger)
    seen_ms: Mapped[int] = mapped_column(BigInteger)
    """When the engine last wrote this down."""
    why_off: Mapped[str] = mapped_column(String(16))
    """Empty while it runs; else why the engine shut it off (`alerts.shadow.watchdog.WhyOff`)."""
    counts: Mapped[dict[str, Any]]
    """Messages, findings, errors, missed messages, busy milliseconds, person hours."""


class ShadowEpisode(Base):
    """What would have been an alert: one open episode of a resident and kind; the newest of each resident are kept."""

    __tablename__ = "shadow_episode"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    name: Mapped[str]
    version: Mapped[int]
    resident_id: Mapped[str]
    device_id: Mapped[str]
    kind: Mapped[str]
    priority: Mapped[int]
    started_at_ms: Mapped[int] = mapped_column(BigInteger)
    last_at_ms: Mapped[int] = mapped_column(BigInteger)
    ended_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    repeats: Mapped[int]
    whole: Mapped[bool]
    """Found of the whole home."""
    evidence: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_shadow_episode", "name", "version", "resident_id", "kind", "started_at_ms"),)
