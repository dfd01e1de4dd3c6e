"""Whose contacts a page shows."""

from __future__ import annotations

from anhu.registry.database import reading
from api.dependencies import Dependencies
from api.security.managing import managed_owner
from api.security.roles import Permission, Viewer, require


def name_of_owner(deps: Dependencies, viewer: Viewer, kind: str, owner_id: str) -> str:
    """Return what a centre, team, user or resident is called. Raises `NotFoundError`, `FieldError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with reading(deps.sessions)() as session:
        return managed_owner(session, viewer, kind, owner_id).name
