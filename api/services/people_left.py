"""Whose alarms nobody would see without a user: said before he is disabled or moved."""

from __future__ import annotations

from anhu.registry.database import reading
from api.dependencies import Dependencies
from api.security.managing import managed_user
from api.security.roles import Permission, Viewer, require
from api.services.user_rules import desk_left_empty


def left_by(deps: Dependencies, viewer: Viewer, user_id: str) -> int:
    """Return how many residents' alarms no other desk user sees; 0 while others are there."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with reading(deps.sessions)() as session:
        return desk_left_empty(session, viewer, managed_user(session, viewer, user_id))
