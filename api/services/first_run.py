"""The first administrator of an empty installation: made once, by somebody who has the setup code."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from anhu.registry.database import reading
from anhu.registry.errors import TakenError
from anhu.registry.roles import Role
from anhu.registry.tables import User
from anhu.registry.users import create_user
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.security.audit import record
from api.security.viewers import viewer_of

FIRST_USER_ID = "u-first"
"""Always the same: of two who try at one moment the database refuses one."""


def is_open(deps: Dependencies) -> bool:
    """Tell whether nobody may log in yet, and a setup code is there."""
    return deps.setup_code is not None and bool(deps.setup_code.read()) and not has_users(deps)


def has_users(deps: Dependencies) -> bool:
    """Tell whether there is any user, enabled or not."""
    with reading(deps.sessions)() as session:
        return bool(session.scalar(select(exists(select(User.id)))))


def prepare(deps: Dependencies) -> None:
    """Make the setup code of an installation without users; without it nobody is let in this way."""
    if deps.setup_code is not None:
        if has_users(deps):
            deps.setup_code.forget()
        else:
            deps.setup_code.make()


def make_first_admin(deps: Dependencies, *, login: str, name: str, hashed: str, language: str, address: str) -> None:
    """Make the first administrator, and the setup code worthless. Raises `ConflictError` when there is a user."""
    try:
        with deps.sessions.begin() as session:
            if session.scalar(select(exists(select(User.id)))):
                raise ConflictError("somebody may log in already")
            row = create_user(
                session,
                user_id=FIRST_USER_ID,
                login=login,
                name=name,
                role=Role.ADMIN,
                password_hash=hashed,
                language=language,
            )
            viewer = viewer_of(row, address=address)
            record(session, viewer, "user.first", now_ms=deps.clock.now_ms(), object_id=row.id)
    except (IntegrityError, TakenError):
        raise ConflictError("somebody was faster") from None
    if deps.setup_code is not None:
        deps.setup_code.forget()
