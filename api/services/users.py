"""Users: who may log in, and whom a family member may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from anhu.registry import users
from anhu.registry.database import reading
from anhu.registry.roles import Role
from anhu.registry.rows import existing
from anhu.registry.tables import Centre, FamilyLink, Resident, Team, Token, User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.pinyin import sounds_like
from api.schemas.base import Page
from api.schemas.gaps import NamedView
from api.schemas.users import FamilyLinkInput, NewUser, UserChange, UserView
from api.security.audit import record
from api.security.managing import managed_user, managed_users
from api.security.passwords import hash_password
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident, visible_residents
from api.services.paging import decode_cursor, encode_cursor
from api.services.user_rules import checked_changes, checked_new

_HEARD_UP_TO = 5_000
"""Among more users than this nobody is found by the sound of the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """Which users are listed; what is empty narrows nothing."""

    search: str = ""
    role: str = ""
    centre_id: str = ""
    team_id: str = ""
    enabled: bool | None = None


def list_users(
    deps: Dependencies, viewer: Viewer, *, wanted: UserFilter | None = None, cursor: str = "", limit: int = 50
) -> Page[UserView]:
    """Return a page of the users whom the viewer may manage, by identity."""
    require(viewer, Permission.MANAGE_PEOPLE)
    wanted = wanted or UserFilter()
    with reading(deps.sessions)() as session:
        query = select(User).where(managed_users(viewer)).order_by(User.id).limit(limit + 1)
        for column, value in ((User.role, wanted.role), (User.centre_id, wanted.centre_id)):
            query = query.where(column == value) if value else query
        query = query.where(User.team_id == wanted.team_id) if wanted.team_id else query
        query = query if wanted.enabled is None else query.where(User.enabled.is_(wanted.enabled))
        query = _searched(session, viewer, query, wanted.search) if wanted.search else query
        if after := decode_cursor(cursor, str):
            query = query.where(User.id > after[0])
        rows = session.scalars(query).all()
        items = _views(session, rows[:limit])
        return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None)


def read_user(deps: Dependencies, viewer: Viewer, user_id: str) -> UserView:
    """Return one user whom the viewer may manage."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with reading(deps.sessions)() as session:
        return _views(session, [managed_user(session, viewer, user_id)])[0]


def create_user(deps: Dependencies, viewer: Viewer, given: NewUser) -> UserView:
    """Make a user. Raises `TakenError` for a login in use, `MissingRowError` for a centre or team."""
    require(viewer, Permission.MANAGE_PEOPLE)
    values = given.model_dump(exclude={"password"})
    hashed = _hash(given.password)
    with deps.sessions.begin() as session:
        row = users.create_user(session, **checked_new(session, viewer, values), password_hash=hashed)
        record(session, viewer, "user.create", now_ms=deps.clock.now_ms(), object_id=row.id, detail={"role": row.role})
        return _views(session, [row])[0]


def change_user(deps: Dependencies, viewer: Viewer, user_id: str, given: UserChange) -> UserView:
    """Change what is given; a new password, a move, and being disabled end every session and token that there was.

    Raises
    ------
    ConflictError
        If nobody could administer the platform any more, or somebody locks himself out.
    """
    require(viewer, Permission.MANAGE_PEOPLE)
    given_changes = given.model_dump(exclude_none=True, exclude={"password"})
    hashed = None if given.password is None else _hash(given.password)
    named = sorted(given.model_fields_set)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = managed_user(session, viewer, user_id)
        changes = checked_changes(session, viewer, row, given_changes)
        moved = any(getattr(row, name) != changes[name] for name in ("role", "centre_id", "team_id") if name in changes)
        if hashed is not None:
            changes |= {"password_hash": hashed, "password_until_ms": None}
        row = users.update_user(session, user_id, changes)
        if hashed is not None or moved or given.enabled is False:
            session.execute(delete(Token).where(Token.user_id == user_id))
        record(session, viewer, "user.change", now_ms=now_ms, object_id=user_id, detail={"fields": named})
        return _views(session, [row])[0]


def residents_of(deps: Dependencies, viewer: Viewer, user_id: str) -> list[NamedView]:
    """Return whom of the viewer's residents a family member may see."""
    require(viewer, Permission.MANAGE_PEOPLE)
    linked = select(FamilyLink.resident_id).where(FamilyLink.user_id == user_id)
    query = select(Resident.id, Resident.name).where(Resident.id.in_(linked), visible_residents(viewer))
    with reading(deps.sessions)() as session:
        return [NamedView(id=row_id, name=name) for row_id, name in session.execute(query.order_by(Resident.name))]


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
        return _views(session, [row])[0]


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


def _searched(session: Session, viewer: Viewer, query: Select[User], search: str) -> Select[User]:
    """Keep those whose name, login or identity holds the search, or whose name sounds like it."""
    names = session.execute(select(User.id, User.name).where(managed_users(viewer)).limit(_HEARD_UP_TO + 1)).all()
    heard = [one for one, name in names if sounds_like(name, search)] if len(names) <= _HEARD_UP_TO else []
    held = or_(*(column.contains(search, autoescape=True) for column in (User.name, User.login, User.id)))
    return query.where(or_(held, User.id.in_(heard)))


def _views(session: Session, rows: Iterable[User]) -> list[UserView]:
    listed = list(rows)
    ids = [row.id for row in listed]
    links: dict[str, list[str]] = {}
    linked = select(FamilyLink.user_id, FamilyLink.resident_id).where(FamilyLink.user_id.in_(ids))
    for user_id, resident_id in session.execute(linked.order_by(FamilyLink.resident_id)):
        links.setdefault(user_id, []).append(resident_id)
    places = session.execute(
        select(User.id, Centre.name, Team.name)
        .outerjoin(Centre, Centre.id == User.centre_id)
        .outerjoin(Team, Team.id == User.team_id)
        .where(User.id.in_(ids))
    )
    named = {user_id: (centre or "", team or "") for user_id, centre, team in places}
    return [_view(row, named[row.id], links.get(row.id, [])) for row in listed]


def _view(row: User, places: tuple[str, str], residents: list[str]) -> UserView:
    return UserView(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        centre_id=row.centre_id or "",
        centre_name=places[0],
        team_id=row.team_id or "",
        team_name=places[1],
        vendor=row.vendor,
        language=row.language,
        enabled=row.enabled,
        duty=row.duty,
        is_lead=row.is_lead,
        must_change_password=row.password_until_ms is not None,
        residents=residents,
    )
