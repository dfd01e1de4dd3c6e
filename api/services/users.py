"""Users: who may log in, and whom a family member may see."""

from __future__ import annotations

from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from anhu.registry import users
from anhu.registry.database import reading
from anhu.registry.roles import Role
from anhu.registry.rows import existing
from anhu.registry.tables import FamilyLink, Token, User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.schemas.base import Page
from api.schemas.users import FamilyLinkInput, NewUser, UserChange, UserView
from api.security.audit import record
from api.security.passwords import hash_password
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident
from api.services.paging import decode_cursor, encode_cursor


def list_users(deps: Dependencies, viewer: Viewer, *, cursor: str = "", limit: int = 50) -> Page[UserView]:
    """Return a page of users, by identity."""
    require(viewer, Permission.ADMINISTER)
    query = select(User).order_by(User.id).limit(limit + 1)
    if after := decode_cursor(cursor, str):
        query = query.where(User.id > after[0])
    with reading(deps.sessions)() as session:
        rows = session.scalars(query).all()
        items = [_view(session, row) for row in rows[:limit]]
        return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None)


def create_user(deps: Dependencies, viewer: Viewer, given: NewUser) -> UserView:
    """Make a user. Raises `TakenError` for a login in use, `MissingRowError` for a centre or team."""
    require(viewer, Permission.ADMINISTER)
    values = given.model_dump(exclude={"password", "centre_id", "team_id"})
    with deps.sessions.begin() as session:
        row = users.create_user(
            session,
            **values,
            centre_id=given.centre_id or None,
            team_id=given.team_id or None,
            password_hash=_hash(given.password),
        )
        record(session, viewer, "user.create", now_ms=deps.clock.now_ms(), object_id=row.id)
        return _view(session, row)


def change_user(deps: Dependencies, viewer: Viewer, user_id: str, given: UserChange) -> UserView:
    """Change what is given; a new password, and being disabled, end every session and token that there was."""
    require(viewer, Permission.ADMINISTER)
    if user_id == viewer.user_id and given.enabled is False:
        raise ConflictError("you cannot lock yourself out")
    changes = given.model_dump(exclude_none=True, exclude={"password"})
    named = sorted(given.model_fields_set)
    if given.password is not None:
        changes |= {"password_hash": _hash(given.password)}
    with deps.sessions.begin() as session:
        row = users.update_user(session, user_id, changes)
        if given.password is not None or given.enabled is False:
            session.execute(delete(Token).where(Token.user_id == user_id))
        now_ms = deps.clock.now_ms()
        record(session, viewer, "user.change", now_ms=now_ms, object_id=user_id, detail={"fields": named})
        return _view(session, row)


def link_family(deps: Dependencies, viewer: Viewer, user_id: str, given: FamilyLinkInput) -> UserView:
    """Let a family member see a resident."""
    require(viewer, Permission.ADMINISTER)
    with deps.sessions.begin() as session:
        visible_resident(session, viewer, given.resident_id)
        row = existing(session, User, user_id)
        if row.role != Role.FAMILY:
            raise ConflictError(f"user {user_id!r} is no family member")
        users.link_family(session, user_id=user_id, **given.model_dump())
        now_ms = deps.clock.now_ms()
        record(session, viewer, "family.link", now_ms=now_ms, resident_id=given.resident_id, object_id=user_id)
        return _view(session, row)


def unlink_family(deps: Dependencies, viewer: Viewer, user_id: str, resident_id: str) -> None:
    """Let a family member see a resident no longer, from now on."""
    require(viewer, Permission.ADMINISTER)
    with deps.sessions.begin() as session:
        visible_resident(session, viewer, resident_id)
        row = session.get(FamilyLink, (user_id, resident_id))
        if row is None:
            raise NotFoundError(f"user {user_id!r} is not linked to {resident_id!r}")
        session.delete(row)
        now_ms = deps.clock.now_ms()
        record(session, viewer, "family.unlink", now_ms=now_ms, resident_id=resident_id, object_id=user_id)


def _hash(password: SecretStr | None) -> str:
    return "" if password is None else hash_password(password.get_secret_value())


def _view(session: Session, row: User) -> UserView:
    linked = select(FamilyLink.resident_id).where(FamilyLink.user_id == row.id).order_by(FamilyLink.resident_id)
    return UserView(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        centre_id=row.centre_id or "",
        team_id=row.team_id or "",
        vendor=row.vendor,
        language=row.language,
        enabled=row.enabled,
        residents=list(session.scalars(linked)),
    )
