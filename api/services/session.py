"""How long a session lasts: renewed while somebody works, never beyond a limit."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from anhu.contract.clock import MINUTE_MS
from anhu.registry.database import reading
from anhu.registry.oidc_tables import OidcSession
from anhu.registry.tables import Token
from api.dependencies import Dependencies
from api.security.audit import record
from api.security.roles import Viewer
from api.security.viewers import token_digest
from api.services.login import SESSION_MS

_WORTH_IT_MS = MINUTE_MS
"""A renewal that gains less is not written."""


class SessionEnd(NamedTuple):
    """When a session ends, and when it ends however much is done in it. [ms]."""

    ends_at_ms: int
    limit_ms: int


def session_end(deps: Dependencies, viewer: Viewer, *, token: str) -> SessionEnd | None:
    """Return when the viewer's session ends; None for a program's token."""
    wanted = select(Token.created_at_ms, Token.expires_at_ms).where(
        Token.sha256 == token_digest(token), Token.user_id == viewer.user_id, Token.purpose == "session"
    )
    with reading(deps.sessions)() as session:
        row = session.execute(wanted).one_or_none()
        by_provider = session.scalar(select(OidcSession.limit_ms).where(OidcSession.sha256 == token_digest(token)))
    if row is None:
        return None
    limit_ms = row[0] + deps.session_limit_ms
    return SessionEnd(row[1], limit_ms if by_provider is None else min(limit_ms, by_provider))


def renew_session(deps: Dependencies, viewer: Viewer, *, token: str) -> SessionEnd | None:
    """Let a session that is in use last a whole shift from now, up to its limit; None for a program's token."""
    found = session_end(deps, viewer, token=token)
    if found is None:
        return None
    now_ms = deps.clock.now_ms()
    ends_at_ms = min(now_ms + SESSION_MS, found.limit_ms)
    if ends_at_ms < found.ends_at_ms + _WORTH_IT_MS:
        return found
    with deps.sessions.begin() as session:
        row = session.get(Token, token_digest(token), with_for_update=True)
        if row is None or row.expires_at_ms <= now_ms:
            return None
        row.expires_at_ms = ends_at_ms
        record(session, viewer, "session.renewed", now_ms=now_ms)
    return SessionEnd(ends_at_ms, found.limit_ms)
