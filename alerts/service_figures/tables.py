"""The figures of months that are over, as first told and as corrected; and for how long people were watched."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import SERIAL, Base


class ServiceMonth(Base):
    """One centre's month, in one revision; what was told once stays readable when it is corrected."""

    __tablename__ = "service_month"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    month: Mapped[str] = mapped_column(String(7))
    centre_id: Mapped[str] = mapped_column(default="")
    """Empty: of residents who have no centre."""
    revision: Mapped[int]
    """From 1."""
    made_at_ms: Mapped[int] = mapped_column(BigInteger)
    cells: Mapped[list[Any]] = mapped_column(JSON)
    """Rows of `alerts.service_figures.cell.as_rows`."""

    __table_args__ = (Index("uq_service_month", "month", "centre_id", "revision", unique=True),)


class WatchedTime(Base):
    """For how long persons were watched in a month, by each detector: what alarms are held against."""

    __tablename__ = "watched_time"
    consumer: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    centre_id: Mapped[str] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(String(100), primary_key=True)
    """Empty, with an empty firmware: of all devices together, each person once."""
    firmware: Mapped[str] = mapped_column(primary_key=True)
    hours: Mapped[dict[str, Any]]
    """Detector and version, as ``bed_exit 2`` -> person hours. [h]"""
