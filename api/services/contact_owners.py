"""Whose contacts a page shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from anhu.registry.contacts import OWNERS
from anhu.registry.database import reading
from api.dependencies import Dependencies
from api.security.managing import managed_owner
from api.security.roles import Permission, Viewer, require


def name_of_owner(deps: Dependencies, viewer: Viewer, kind: str, owner_id: str) -> str:
    """Return what a centre, team, user or resident is called. Raises `NotFoundError`, `FieldError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with reading(deps.sessions)() as session:
        return managed_owner(session, viewer, kind, owner_id).name


def names_of_owners(deps: Dependencies, viewer: Viewer, owners: Collection[str]) -> Mapping[str, str]:
    """Return ``centre:c-1`` -> name, as a drill tells owners; one that is gone keeps its identity."""
    require(viewer, Permission.ADMINISTER)
    names: dict[str, str] = {}
    with reading(deps.sessions)() as session:
        for owner in owners:
            kind, _, owner_id = owner.partition(":")
            table = OWNERS.get(kind)
            found = session.scalar(select(table.name).where(table.id == owner_id)) if table else None
            names[owner] = found or owner
    return names
