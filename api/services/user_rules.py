"""What may be done to a user, and by whom: nobody locks everybody out, and a lead stays within the own place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.roles import Role
from anhu.registry.tables import Centre, Resident, Team, User
from api.errors import ConflictError, ForbiddenError
from api.security.managing import led_place
from api.security.roles import Permission, Viewer
from api.security.visibility import visible_residents

_PLACE_OF = {Role.DESK: "centre_id", Role.TEAM: "team_id", Role.VENDOR: "vendor"}
_BELONGS = ("centre_id", "team_id", "vendor")


def checked_new(session: Session, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a new user as they are written down. Raises `FieldError`, `ForbiddenError`."""
    facts = {**values, "centre_id": values["centre_id"] or None, "team_id": values["team_id"] or None}
    _check_lead(viewer, facts)
    _check_places_open(session, facts)
    return facts


def checked_changes(session: Session, viewer: Viewer, row: User, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes of a user as they are written down; whoever gets another role leaves the old one's place.

    Raises
    ------
    ConflictError
        If nobody could administer the platform any more, or somebody locks himself out.
    ForbiddenError
        If a lead reaches beyond the own centre or team.
    """
    made = dict(changes)
    if made.get("role", row.role) != row.role:
        made |= {name: "" for name in _BELONGS if name != _PLACE_OF.get(made["role"])}
    made |= {name: made[name] or None for name in ("centre_id", "team_id") if name in made}
    if row.id == viewer.user_id and (made.get("enabled") is False or made.get("role", row.role) != row.role):
        raise ConflictError("you cannot lock yourself out", zh="不能停用自己或更改自己的角色")
    check_last_admin(session, row, made)
    _check_lead(viewer, made, row)
    _check_places_open(session, made)
    return made


def desk_left_empty(session: Session, viewer: Viewer, row: User) -> int:
    """Return how many residents' alarms nobody at a desk would see without this user; 0 while others are there."""
    if row.role != Role.DESK or not row.enabled or not row.centre_id:
        return 0
    others = select(func.count()).select_from(User)
    others = others.where(User.role == Role.DESK, User.enabled, User.centre_id == row.centre_id, User.id != row.id)
    if session.scalar(others):
        return 0
    watched = select(func.count()).select_from(Resident)
    watched = watched.where(Resident.active, Resident.centre_id == row.centre_id, visible_residents(viewer))
    return session.scalar(watched) or 0


def check_last_admin(session: Session, row: User, changes: Mapping[str, Any]) -> None:
    """Raise `ConflictError` for a change after which nobody could administer the platform with a password."""
    stays = changes.get("role", row.role) == Role.ADMIN and changes.get("enabled", row.enabled)
    if row.role != Role.ADMIN or not row.enabled or stays:
        return
    # All of them are locked, in one order: two who disable each other at one moment are told apart.
    admins = select(User).where(User.role == Role.ADMIN).order_by(User.id).with_for_update()
    others = [one for one in session.scalars(admins) if one.id != row.id and one.enabled and one.password_hash]
    if not others:
        zh = "这是最后一位可以登录的管理员，不能停用或更改角色"
        raise ConflictError("this is the last administrator who may log in", zh=zh)


def _check_lead(viewer: Viewer, changes: Mapping[str, Any], row: User | None = None) -> None:
    """Raise for what a lead may not do: leave the own place, make another role, or name a lead."""
    if viewer.may(Permission.ADMINISTER):
        return
    kind, place = led_place(viewer)
    own = {"role": viewer.role.value, f"{kind}_id": place}
    for name, value in own.items():
        if (name in changes or row is None) and changes.get(name) != value:
            raise FieldError(name, changes.get(name) or "", value, zh=f"只能是您负责的：{value}")
    if changes.get("is_lead"):
        raise ForbiddenError("only an administrator names leads", zh="只有管理员可以任命负责人")


def _check_places_open(session: Session, facts: Mapping[str, Any]) -> None:
    centre = session.get(Centre, facts["centre_id"]) if facts.get("centre_id") else None
    team = session.get(Team, facts["team_id"]) if facts.get("team_id") else None
    for name, place in (("centre_id", centre), ("team_id", team)):
        if place is not None and place.closed_at_ms is not None:
            raise FieldError(name, place.name, "one that is not closed", zh="未关闭的机构")
