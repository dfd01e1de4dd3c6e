"""Passwords that an administrator or a lead hands over: shown once, good for three days, changed at the first login."""

from __future__ import annotations

import secrets

from sqlalchemy import delete

from anhu.contract.clock import DAY_MS
from anhu.registry import users
from anhu.registry.tables import Token
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.schemas.users import NewUser, OneTimePassword
from api.security.audit import record
from api.security.managing import managed_user
from api.security.passwords import hash_password
from api.security.roles import Permission, Viewer, require, require_session
from api.services.user_rules import checked_new

LASTS_MS = 3 * DAY_MS
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LETTERS = 3, 4


def create_user_with_password(deps: Dependencies, viewer: Viewer, given: NewUser) -> OneTimePassword:
    """Make a user who can log in with a one-time password. Raises as `api.services.users.create_user`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    require_session(viewer)
    values = given.model_dump(exclude={"password"})
    now_ms = deps.clock.now_ms()
    password = _made_up()
    hashed = hash_password(password)
    with deps.sessions.begin() as session:
        facts = checked_new(session, viewer, values)
        row = users.create_user(session, **facts, password_hash=hashed, password_until_ms=now_ms + LASTS_MS)
        record(session, viewer, "user.create", now_ms=now_ms, object_id=row.id, detail={"role": row.role})
        return OneTimePassword(user_id=row.id, login=row.login, password=password, until_ms=now_ms + LASTS_MS)


def reset_password(deps: Dependencies, viewer: Viewer, user_id: str) -> OneTimePassword:
    """Give a user a one-time password; it ends every session and token, and what browsers are known by.

    Raises
    ------
    ConflictError
        If it is one's own: that is changed with the present one.
    """
    require(viewer, Permission.MANAGE_PEOPLE)
    require_session(viewer)
    if user_id == viewer.user_id:
        raise ConflictError("change your own on the page of your account", zh="自己的密码请在“我的账户”页面更改")
    now_ms = deps.clock.now_ms()
    password = _made_up()
    hashed = hash_password(password)
    with deps.sessions.begin() as session:
        managed_user(session, viewer, user_id)
        changes = {"password_hash": hashed, "password_until_ms": now_ms + LASTS_MS}
        row = users.update_user(session, user_id, changes)
        session.execute(delete(Token).where(Token.user_id == user_id))
        record(session, viewer, "user.password.reset", now_ms=now_ms, object_id=user_id)
        return OneTimePassword(user_id=user_id, login=row.login, password=password, until_ms=now_ms + LASTS_MS)


def _made_up() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS))
    return "-".join(groups)
