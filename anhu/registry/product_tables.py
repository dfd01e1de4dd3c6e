"""What vendors make: one row a product, with the codec of its devices, and how we and its cloud know each other."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, true
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class Product(Base):
    """A make of device. Its identity is the last part of the address its vendor's cloud pushes to."""

    __tablename__ = "product"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    vendor: Mapped[str] = mapped_column(String(100), index=True)
    model: Mapped[str] = mapped_column(String(100), default="", server_default="")
    codec: Mapped[str] = mapped_column(String(64))
    push_key_sealed: Mapped[bytes] = mapped_column(default=b"", server_default="")
    """With which the vendor's cloud signs what it pushes (`anhu.registry.secret_vault`, ``product:<id>``)."""
    poll_address: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """Where its vendor's cloud is asked; empty: where the codec says."""
    poll_account: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """Our name with the vendor; empty: its cloud is not asked."""
    poll_secret_sealed: Mapped[bytes] = mapped_column(default=b"", server_default="")
    """With which we sign questions (``poll:<id>``)."""
    poll_period_s: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often each device is asked about; 0: as often as the codec says. [s]"""
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at_ms: Mapped[int] = mapped_column(BigInteger)


class PollStateRow(Base):
    """What came of asking a product's cloud, as a whole (device ``""``) and about each device."""

    __tablename__ = "poll_state"
    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[str] = mapped_column(String(64), primary_key=True, default="")
    answered_at_ms: Mapped[int] = mapped_column(BigInteger)
    """When the last good answer was on disk; 0 before the first."""
    failing_since_ms: Mapped[int] = mapped_column(BigInteger)
    """0: the last question was answered."""
    failure: Mapped[str] = mapped_column(String(200))
    known: Mapped[str] = mapped_column(String(1_100))
    """Marks of the last messages, with spaces between."""
