"""Who is asking: the viewer behind a session or an API token."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select

from anhu.registry.database import reading
from anhu.registry.tables import Token, User
from api.dependencies import Dependencies
from api.security.roles import Role, Viewer

_TOKEN_BYTES = 32


def new_secret() -> str:
    """Make a secret of 256 random bits, safe in a URL and a header."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_digest(token: str) -> bytes:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def viewer_of(user: User, *, address: str, csrf: str = "") -> Viewer:
    """Return what the rest of the API knows of a user."""
    return Viewer(
        user_id=user.id,
        login=user.login,
        name=user.name,
        role=Role(user.role),
        centre_id=user.centre_id or "",
        team_id=user.team_id or "",
        vendor=user.vendor,
        language=user.language,
        csrf=csrf,
        address=address,
    )


def viewer_by_token(deps: Dependencies, *, token: str, purpose: str, address: str) -> Viewer | None:
    """Return whose session (``session``) or API token (``api``) this is; None when unknown, expired or disabled."""
    with reading(deps.sessions)() as session:
        row = session.execute(
            select(Token, User)
            .join(User, User.id == Token.user_id)
            .where(
                Token.sha256 == token_digest(token),
                Token.purpose == purpose,
                Token.expires_at_ms > deps.clock.now_ms(),
                User.enabled,
            )
        ).one_or_none()
        return viewer_of(row[1], address=address, csrf=row[0].csrf) if row else None
