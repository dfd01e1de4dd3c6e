"""What vendors make: one row a product, with the codec that its devices speak and the key that its cloud signs with."""

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
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
