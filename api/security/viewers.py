"""Who is asking: the viewer behind a session or an API token."""

from __future__ import annotations

import hashlib
import secrets

from anhu.registry.roles import Role, Scope
from anhu.registry.tables import Token, User
from api.security.roles import ALL_SCOPES, Viewer

_TOKEN_BYTES = 32


def new_secret() -> str:
    """Make a secret of 256 random bits, safe in a URL and a header."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_digest(token: str) -> bytes:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def scopes_of(token: Token) -> frozenset[Scope]:
    """Return what a token may be used for; a session all that its user may."""
    return ALL_SCOPES if token.purpose == "session" else frozenset(map(Scope, token.scopes.split()))


def viewer_of(user: User, *, address: str, csrf: str = "", scopes: frozenset[Scope] = ALL_SCOPES) -> Viewer:
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
        is_lead=user.is_lead,
        must_change_password=user.password_until_ms is not None,
        csrf=csrf,
        address=address,
        scopes=scopes,
    )
