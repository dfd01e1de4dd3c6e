"""What providers called us with: kept as it came, applied later by the dispatcher, once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import SERIAL, Base


class Callback(Base):
    """One call of a provider: a receipt, a reply, a key pressed; several of them in one where it says so."""

    __tablename__ = "callback"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(String(32))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    call: Mapped[dict[str, Any]]
    """Method, query and headers; see `anhu.outbox.callbacks.ProviderCall`."""
    body: Mapped[bytes]
    address: Mapped[str] = mapped_column(default="")
    due_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When it is looked at, again if what it is about was not there yet; null: done with."""
    tries: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (Index("ix_callback_due", "due_at_ms"), Index("ix_callback_at", "at_ms"))
