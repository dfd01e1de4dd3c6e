"""Who may answer an alert without logging in: links that were sent, and short codes for replies by SMS."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class AnswerToken(Base):
    """A link that one contact was sent about one alert; only the SHA-256 of its token is kept."""

    __tablename__ = "answer_token"
    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), index=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"))
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    used_for: Mapped[str] = mapped_column(String(64), default="")
    """What it was used for, spaces between: each does something once."""


class ReplyCode(Base):
    """The digits with which a number says which of several alarms its reply is about."""

    __tablename__ = "reply_code"
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(8))
    expires_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
