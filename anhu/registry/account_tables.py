"""What is sent to users about their own account: a new password's link, a code, a test. Times are UTC milliseconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class AccountMessage(Base):
    """One message to a contact; the outbox carries it, and its receipts say what became of it."""

    __tablename__ = "account_message"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """``test``, ``code``, ``reset``."""
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    """Whose account; of a test: who asked for it."""
    contact_id: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[bytes] = mapped_column(default=b"", index=True)
    """Of the code or the link's token."""
    secret: Mapped[str] = mapped_column(default="")
    """The same in the clear until the message is sent."""
    tries: Mapped[int] = mapped_column(default=0)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
    used_at_ms: Mapped[int | None] = mapped_column(BigInteger)
