"""Where somebody is logged in, for himself: with which browser, from where, since when; and ending it."""

from __future__ import annotations

from sqlalchemy import delete, select

from anhu.registry.database import reading
from anhu.registry.tables import Token
from anhu.registry.users import update_user
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.login import LoginView
from api.security.audit import record
from api.security.roles import Viewer, require_session
from api.security.viewers import token_digest

_ID_BYTES = 8


def list_logins(deps: Dependencies, viewer: Viewer, *, token: str) -> list[LoginView]:
    """Return the caller's sessions, the present one first, then the one used last."""
    own = token_digest(token)
    living = select(Token).where(
        Token.user_id == viewer.user_id, Token.purpose == "session", Token.expires_at_ms > deps.clock.now_ms()
    )
    with reading(deps.sessions)() as session:
        rows = session.scalars(living).all()
        views = [_view(row, is_current=row.sha256 == own) for row in rows]
    return sorted(views, key=lambda one: (not one.is_current, -(one.last_used_at_ms or one.created_at_ms)))


def end_login(deps: Dependencies, viewer: Viewer, login_id: str) -> None:
    """End one of the caller's sessions. Raises `NotFoundError`."""
    require_session(viewer)
    with deps.sessions.begin() as session:
        own = select(Token).where(Token.user_id == viewer.user_id, Token.purpose == "session")
        found = next((row for row in session.scalars(own) if _id(row) == login_id), None)
        if found is None:
            raise NotFoundError(f"no login {login_id!r}")
        session.delete(found)
        record(session, viewer, "login.end", now_ms=deps.clock.now_ms(), object_id=login_id)


def end_other_logins(deps: Dependencies, viewer: Viewer, *, token: str) -> int:
    """End every session of the caller but this one, and forget all browsers; return how many sessions ended."""
    require_session(viewer)
    with deps.sessions.begin() as session:
        others = (Token.user_id == viewer.user_id, Token.sha256 != token_digest(token))
        ended = session.execute(delete(Token).where(*others, Token.purpose == "session").returning(Token.sha256)).all()
        session.execute(delete(Token).where(*others, Token.purpose == "browser"))
        record(session, viewer, "login.end_others", now_ms=deps.clock.now_ms(), detail={"count": len(ended)})
        return len(ended)


def set_own_language(deps: Dependencies, viewer: Viewer, language: str) -> None:
    """Speak another language to the caller from now on, in messages too. Raises `FieldError`."""
    require_session(viewer)
    with deps.sessions.begin() as session:
        update_user(session, viewer.user_id, {"language": language})
        record(session, viewer, "user.language", now_ms=deps.clock.now_ms(), object_id=viewer.user_id)


def _id(row: Token) -> str:
    return row.sha256[:_ID_BYTES].hex()


def _view(row: Token, *, is_current: bool) -> LoginView:
    return LoginView(
        id=_id(row),
        agent=row.agent,
        address=row.address,
        created_at_ms=row.created_at_ms,
        last_used_at_ms=row.last_used_at_ms,
        expires_at_ms=row.expires_at_ms,
        is_current=is_current,
    )
