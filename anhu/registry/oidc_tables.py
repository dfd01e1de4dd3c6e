"""Who comes in by a provider of logins, which sessions began there, what was used up. Times are UTC milliseconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from anhu.registry.tables import Base


class OidcIdentity(Base):
    """A person at the provider and the user that is the same here: by issuer and subject, never by an address."""

    __tablename__ = "oidc_identity"
    issuer: Mapped[str] = mapped_column(String(500), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), unique=True)
    linked_at_ms: Mapped[int] = mapped_column(BigInteger)
    linked_by: Mapped[str] = mapped_column(default="")
    """Which user linked them; empty: the first login made the account."""
    seen_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when the provider has no role for the person; the account was switched off, and comes back with one."""


class OidcSession(Base):
    """A session that began by a login at the provider, so that the provider can end it."""

    __tablename__ = "oidc_session"
    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    """Of the session's token."""
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    sid: Mapped[str] = mapped_column(String(255), default="", index=True)
    """By which the provider knows it; empty: it does not say."""
    limit_ms: Mapped[int] = mapped_column(BigInteger)
    """When it ends however much is done in it."""


class OidcUsed(Base):
    """What counts once: the nonce of a login, the name of a word that a session ended."""

    __tablename__ = "oidc_used"
    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    until_ms: Mapped[int] = mapped_column(BigInteger, index=True)
