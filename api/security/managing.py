"""Whom one may manage: an administrator everybody, a lead the members of the own centre or team, and nobody else.

A lead manages no other lead, and names none: else one could take the other's account over, or make oneself a successor.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.contacts import OWNERS
from anhu.registry.roles import Role
from anhu.registry.rows import existing
from anhu.registry.tables import Centre, Resident, Team, User
from api.errors import NotFoundError
from api.security.roles import Permission, Viewer
from api.security.visibility import visible_resident


def managed_users(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on `User` rows that the viewer may manage."""
    if viewer.may(Permission.ADMINISTER):
        return true()
    if not viewer.may(Permission.MANAGE_PEOPLE):
        return false()
    led = User.is_lead.is_(False) & (User.role == viewer.role)
    if viewer.role is Role.DESK and viewer.centre_id:
        return led & (User.centre_id == viewer.centre_id)
    if viewer.role is Role.TEAM and viewer.team_id:
        return led & (User.team_id == viewer.team_id)
    return false()


def managed_user(session: Session, viewer: Viewer, user_id: str) -> User:
    """Return a user, or raise `NotFoundError` for one who is not the viewer's to manage as for one who is not there."""
    found = session.scalar(select(User).where(User.id == user_id, managed_users(viewer)))
    if found is None:
        raise NotFoundError(f"no user {user_id!r}")
    return found


def led_place(viewer: Viewer) -> tuple[str, str]:
    """Return kind and identity of what a lead leads; empty for everybody else."""
    if viewer.may(Permission.ADMINISTER) or not viewer.may(Permission.MANAGE_PEOPLE):
        return "", ""
    if viewer.role is Role.DESK:
        return "centre", viewer.centre_id
    return ("team", viewer.team_id) if viewer.role is Role.TEAM else ("", "")


def managed_place(session: Session, viewer: Viewer, kind: str, place_id: str) -> Centre | Team:
    """Return a centre or team, or raise `NotFoundError` for one that the viewer does not lead."""
    if not viewer.may(Permission.ADMINISTER) and (kind, place_id) != led_place(viewer):
        raise NotFoundError(f"no {kind} {place_id!r}")
    return existing(session, Centre, place_id) if kind == "centre" else existing(session, Team, place_id)


def managed_owner(session: Session, viewer: Viewer, kind: str, owner_id: str) -> Centre | Team | User | Resident:
    """Return whose contacts the viewer may manage. Raises `NotFoundError`, `FieldError` for an unknown kind."""
    if kind not in OWNERS:
        raise FieldError("owner_kind", kind, "one of " + ", ".join(OWNERS))
    if kind == "user":
        return managed_user(session, viewer, owner_id)
    if kind == "resident":
        return visible_resident(session, viewer, owner_id)
    return managed_place(session, viewer, kind, owner_id)
