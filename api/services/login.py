"""Logging in and out, and finding out who is asking."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from threading import BoundedSemaphore

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.registry.database import reading
from anhu.registry.tables import Token, User
from api.dependencies import Dependencies
from api.errors import TooManyRequestsError, UnauthenticatedError
from api.schemas.login import Me
from api.security.audit import record
from api.security.passwords import password_matches
from api.security.roles import ALLOWED, Viewer
from api.security.viewers import new_secret, token_digest, viewer_of

SESSION_MS = 12 * HOUR_MS
"""How long a login lasts: one shift. [ms]"""
_FREE_TRIES = 5
_FIRST_LOCK_MS = 30 * SECOND_MS
_LONGEST_LOCK_DOUBLINGS = 5  # 16 minutes
_hashing = BoundedSemaphore(2)  # a password try takes 32 MiB; many at once must not take the machine


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A fresh session: the cookie's value, and who it belongs to."""

    token: str
    viewer: Viewer
    expires_at_ms: int


def log_in(deps: Dependencies, *, name: str, password: str, address: str) -> LoggedIn:
    """Start a session.

    Raises
    ------
    UnauthenticatedError
        Wrong login or password; the answer does not say which.
    TooManyRequestsError
        Too many failures from this address, or for this login: after five, a wait that doubles up to 16 minutes.
    """
    now_ms = deps.clock.now_ms()
    _refuse_waiting(deps.throttle.wait_ms(address, now_ms))
    with reading(deps.sessions)() as session:
        found = session.scalar(select(User).where(User.login == name))
        stored = found.password_hash if found is not None and found.enabled else ""
        _refuse_waiting(found.locked_until_ms - now_ms if found is not None else 0)
    with _hashing:
        matches = password_matches(password, stored)
    if not matches:
        deps.throttle.failed(address, now_ms)
        _count_failure(deps, name, address, now_ms)
        raise UnauthenticatedError("wrong login or password")
    with deps.sessions.begin() as session:
        return _start_session(session, name, address, now_ms)


def _refuse_waiting(wait_ms: int) -> None:
    if wait_ms > 0:
        raise TooManyRequestsError("too many failed logins; try again later", retry_after_s=wait_ms / SECOND_MS)


def _count_failure(deps: Dependencies, name: str, address: str, now_ms: int) -> None:
    with deps.sessions.begin() as session:
        user = session.scalar(select(User).where(User.login == name).with_for_update())
        if user is None:
            return
        user.failed_logins += 1
        over = user.failed_logins - _FREE_TRIES
        if over >= 0:
            user.locked_until_ms = now_ms + _FIRST_LOCK_MS * 2 ** min(over, _LONGEST_LOCK_DOUBLINGS)
        record(session, viewer_of(user, address=address), "login.failed", now_ms=now_ms)


def _start_session(session: Session, name: str, address: str, now_ms: int) -> LoggedIn:
    user = session.scalars(select(User).where(User.login == name)).one()
    user.failed_logins = 0
    user.locked_until_ms = 0
    token, csrf = new_secret(), secrets.token_urlsafe(24)
    expires_at_ms = now_ms + SESSION_MS
    session.execute(delete(Token).where(Token.user_id == user.id, Token.expires_at_ms <= now_ms))
    session.add(
        Token(
            sha256=token_digest(token),
            user_id=user.id,
            purpose="session",
            csrf=csrf,
            created_at_ms=now_ms,
            expires_at_ms=expires_at_ms,
        )
    )
    viewer = viewer_of(user, address=address, csrf=csrf)
    record(session, viewer, "login", now_ms=now_ms)
    return LoggedIn(token=token, viewer=viewer, expires_at_ms=expires_at_ms)


def log_out(deps: Dependencies, viewer: Viewer, *, token: str) -> None:
    """End a session: its token is worthless from now on."""
    with deps.sessions.begin() as session:
        session.execute(delete(Token).where(Token.sha256 == token_digest(token), Token.user_id == viewer.user_id))
        record(session, viewer, "logout", now_ms=deps.clock.now_ms())


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


def whoami(viewer: Viewer) -> Me:
    """Return who the caller is, and may do."""
    return Me(
        user_id=viewer.user_id,
        login=viewer.login,
        name=viewer.name,
        role=viewer.role,
        centre_id=viewer.centre_id,
        team_id=viewer.team_id,
        vendor=viewer.vendor,
        language=viewer.language,
        permissions=sorted(permission.value for permission in ALLOWED[viewer.role]),
        csrf=viewer.csrf,
    )
