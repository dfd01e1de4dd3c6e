"""What every process of an installation on several machines last said of itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class ProcessStatus(Base):
    """The last words of one instance of a process; one that ends as it should takes its row along."""

    __tablename__ = "process_status"
    process: Mapped[str] = mapped_column(String(16), primary_key=True)
    instance: Mapped[str] = mapped_column(String(64), primary_key=True)
    pid: Mapped[int] = mapped_column(BigInteger)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    """By the database's clock: those of two machines may differ."""
    counters: Mapped[dict[str, Any]] = mapped_column()
