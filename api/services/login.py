"""Logging in and out, and finding out who is asking.

The steps of a login stand here; `api.logging_in` puts them in order, so that nobody waits who does not log in.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from anhu.contract.clock import HOUR_MS
from anhu.registry.database import reading
from anhu.registry.tables import Contact, Token, User
from anhu.registry.users import update_user
from api.dependencies import Dependencies
from api.schemas.login import Me
from api.security.audit import record
from api.security.logged_in import BROWSER_MS, LoggedIn
from api.security.passwords import password_matches
from api.security.roles import Permission, Viewer
from api.security.viewers import new_secret, scopes_of, token_digest, viewer_of

SESSION_MS = 12 * HOUR_MS
"""How long a login lasts: one shift. [ms]"""
_MOST_BROWSERS = 50
_LONGEST_AGENT = 200


def is_known_browser(deps: Dependencies, *, name: str, browser: str) -> bool:
    """Tell whether somebody logged in by this name with this browser before."""
    with reading(deps.sessions)() as session:
        return bool(session.scalar(select(exists(_browser(deps, name, browser)))))


def forget_browser(deps: Dependencies, *, browser: str) -> None:
    """Know a browser no longer: too many wrong passwords came from it."""
    with deps.sessions.begin() as session:
        session.execute(delete(Token).where(Token.sha256 == token_digest(browser), Token.purpose == "browser"))


def is_right(deps: Dependencies, *, name: str, password: str) -> bool:
    """Judge a password: a third of a second and 32 MiB, for a name that does not exist too."""
    with reading(deps.sessions)() as session:
        found = session.scalar(select(User).where(User.login == name))
        stored = found.password_hash if found is not None and _may_log_in(deps, found) else ""
    return password_matches(password, stored)


def _may_log_in(deps: Dependencies, user: User) -> bool:
    if deps.oidc is not None and not deps.oidc.config.allows_password(user.login, user.role):
        return False
    return user.enabled and (user.password_until_ms is None or user.password_until_ms > deps.clock.now_ms())


def user_id_of(deps: Dependencies, *, name: str) -> str:
    """Return whose login it is; empty for nobody's."""
    with reading(deps.sessions)() as session:
        return session.scalar(select(User.id).where(User.login == name)) or ""


class Opening(NamedTuple):
    """Where a session begins.

    Attributes
    ----------
    known : bool
        The browser logged in by this name before; else it is known from now on.
    agent : str
        What the browser calls itself.
    """

    address: str
    known: bool
    agent: str = ""


def start_session(deps: Dependencies, *, name: str, address: str, known: bool, agent: str = "") -> LoggedIn:
    """Start a session for a name whose password was right; a browser that is not known yet is from now on."""
    with deps.sessions.begin() as session:
        user = session.scalars(select(User).where(User.login == name)).one()
        opening = Opening(address, known, agent)
        return open_session(session, user, opening, now_ms=deps.clock.now_ms(), lasts_ms=SESSION_MS)


def open_session(session: Session, user: User, opening: Opening, *, now_ms: int, lasts_ms: int) -> LoggedIn:
    """Start a session for somebody who has shown who he is. [ms]."""
    session.execute(delete(Token).where(Token.user_id == user.id, Token.expires_at_ms <= now_ms))
    token, csrf = new_secret(), secrets.token_urlsafe(24)
    browser = "" if opening.known else new_secret()
    row = _add_token(session, user.id, token, purpose="session", now_ms=now_ms, lasts_ms=lasts_ms)
    row.csrf, row.address, row.agent = csrf, opening.address[:64], opening.agent[:_LONGEST_AGENT]
    if browser:
        _forget_oldest_browsers(session, user.id)
        _add_token(session, user.id, browser, purpose="browser", now_ms=now_ms, lasts_ms=BROWSER_MS)
    viewer = viewer_of(user, address=opening.address, csrf=csrf)
    record(session, viewer, "login", now_ms=now_ms)
    return LoggedIn(token=token, browser=browser, viewer=viewer, expires_at_ms=now_ms + lasts_ms)


def log_out(deps: Dependencies, viewer: Viewer, *, token: str) -> None:
    """End a session: its token is worthless from now on."""
    with deps.sessions.begin() as session:
        session.execute(delete(Token).where(Token.sha256 == token_digest(token), Token.user_id == viewer.user_id))
        record(session, viewer, "logout", now_ms=deps.clock.now_ms())


def set_own_password(deps: Dependencies, viewer: Viewer, *, hashed: str, token: str, browser: str) -> None:
    """Keep a new password; nothing that was given out before opens the door but the caller's own session."""
    kept = [token_digest(token), token_digest(browser)]
    with deps.sessions.begin() as session:
        update_user(session, viewer.user_id, {"password_hash": hashed, "password_until_ms": None})
        session.execute(delete(Token).where(Token.user_id == viewer.user_id, Token.sha256.not_in(kept)))
        record(session, viewer, "user.password", now_ms=deps.clock.now_ms(), object_id=viewer.user_id)


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
        if row is None:
            return None
        viewer = viewer_of(row[1], address=address, csrf=row[0].csrf, scopes=scopes_of(row[0]))
        return viewer if purpose != "session" else replace(viewer, gone_browsers=_gone_browsers(session, viewer))


def _gone_browsers(session: Session, viewer: Viewer) -> tuple[str, ...]:
    own = (Contact.owner_kind == "user", Contact.owner_id == viewer.user_id)
    gone = select(Contact.label).where(*own, Contact.gone_at_ms.is_not(None)).order_by(Contact.id)
    return tuple(session.scalars(gone))


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
        permissions=sorted(one.value for one in Permission if viewer.may(one)),
        csrf=viewer.csrf,
    )


def _browser(deps: Dependencies, name: str, browser: str) -> Select[Token]:
    return (
        select(Token)
        .join(User, User.id == Token.user_id)
        .where(
            User.login == name,
            Token.sha256 == token_digest(browser),
            Token.purpose == "browser",
            Token.expires_at_ms > deps.clock.now_ms(),
        )
    )


def _forget_oldest_browsers(session: Session, user_id: str) -> None:
    kept = _MOST_BROWSERS - 1
    known = select(Token).where(Token.user_id == user_id, Token.purpose == "browser")
    for row in session.scalars(known.order_by(Token.created_at_ms.desc()).offset(kept)).all():
        session.delete(row)


def _add_token(session: Session, user_id: str, token: str, *, purpose: str, now_ms: int, lasts_ms: int) -> Token:
    row = Token(
        sha256=token_digest(token),
        user_id=user_id,
        purpose=purpose,
        csrf="",
        created_at_ms=now_ms,
        expires_at_ms=now_ms + lasts_ms,
    )
    session.add(row)
    return row
