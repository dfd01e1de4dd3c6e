"""Centres and teams."""

from __future__ import annotations

from sqlalchemy import select

from anhu.registry import organisations
from anhu.registry.database import reading
from anhu.registry.tables import Centre, Team
from api.dependencies import Dependencies
from api.schemas.organisations import CentreChange, CentreView, NewCentre, NewTeam, TeamView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require


def list_centres(deps: Dependencies, viewer: Viewer) -> list[CentreView]:
    """Return all centres: no secret, and everybody's messages name them."""
    require(viewer, Permission.READ_DEVICES)
    with reading(deps.sessions)() as session:
        rows = session.scalars(select(Centre).order_by(Centre.id))
        return [_centre(row) for row in rows]


def create_centre(deps: Dependencies, viewer: Viewer, given: NewCentre) -> CentreView:
    """Make a centre. Raises `TakenError` when the identity is in use."""
    require(viewer, Permission.ADMINISTER)
    with deps.sessions.begin() as session:
        values = given.model_dump(exclude={"id"})
        made = organisations.create_centre(session, centre_id=given.id or "", **values)
        record(session, viewer, "centre.create", now_ms=deps.clock.now_ms(), object_id=made.id)
        return _centre(made)


def change_centre(deps: Dependencies, viewer: Viewer, centre_id: str, given: CentreChange) -> CentreView:
    """Change a centre's time zone. Raises `MissingRowError`, `FieldError`."""
    require(viewer, Permission.ADMINISTER)
    with deps.sessions.begin() as session:
        row = organisations.set_time_zone(session, centre_id, given.time_zone)
        record(session, viewer, "centre.change", now_ms=deps.clock.now_ms(), object_id=centre_id)
        return _centre(row)


def _centre(row: Centre) -> CentreView:
    return CentreView(id=row.id, name=row.name, region_code=row.region_code, phone=row.phone, time_zone=row.time_zone)


def list_teams(deps: Dependencies, viewer: Viewer) -> list[TeamView]:
    """Return all teams."""
    require(viewer, Permission.READ_DEVICES)
    with reading(deps.sessions)() as session:
        rows = session.scalars(select(Team).order_by(Team.id))
        return [TeamView(id=row.id, name=row.name, centre_id=row.centre_id or "") for row in rows]


def create_team(deps: Dependencies, viewer: Viewer, given: NewTeam) -> TeamView:
    """Make a team. Raises `TakenError` when the identity is in use, `MissingRowError` for a centre."""
    require(viewer, Permission.ADMINISTER)
    with deps.sessions.begin() as session:
        made = organisations.create_team(
            session, name=given.name, team_id=given.id or "", centre_id=given.centre_id or None
        )
        record(session, viewer, "team.create", now_ms=deps.clock.now_ms(), object_id=made.id)
        return TeamView(id=made.id, name=made.name, centre_id=made.centre_id or "")
