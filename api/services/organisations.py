"""Organisations, centres and teams: made, changed, closed."""

from __future__ import annotations

from typing import TypeAlias, cast

from sqlalchemy import false, select

from anhu.registry import organisations
from anhu.registry.database import reading
from anhu.registry.tables import Centre, Organisation, Team
from api.dependencies import Dependencies
from api.schemas.organisations import (
    CentreChange,
    CentreView,
    NewCentre,
    NewOrganisation,
    NewTeam,
    OrganisationChange,
    OrganisationView,
    TeamChange,
    TeamView,
)
from api.security.audit import record
from api.security.managing import led_place, managed_place
from api.security.roles import Permission, Viewer, require

Place: TypeAlias = Organisation | Centre | Team
PlaceView: TypeAlias = OrganisationView | CentreView | TeamView
TABLES: dict[str, type[Organisation | Centre | Team]] = {
    "organisation": Organisation,
    "centre": Centre,
    "team": Team,
}


def list_organisations(deps: Dependencies, viewer: Viewer) -> list[OrganisationView]:
    """Return all organisations, closed ones too."""
    require(viewer, Permission.READ_DEVICES)
    with reading(deps.sessions)() as session:
        return [_organisation(row) for row in session.scalars(select(Organisation).order_by(Organisation.id))]


def list_centres(deps: Dependencies, viewer: Viewer) -> list[CentreView]:
    """Return all centres, closed ones too: no secret, and everybody's messages name them."""
    require(viewer, Permission.READ_DEVICES)
    with reading(deps.sessions)() as session:
        return [_centre(row) for row in session.scalars(select(Centre).order_by(Centre.id))]


def list_teams(deps: Dependencies, viewer: Viewer) -> list[TeamView]:
    """Return all teams, closed ones too."""
    require(viewer, Permission.READ_DEVICES)
    with reading(deps.sessions)() as session:
        return [_team(row) for row in session.scalars(select(Team).order_by(Team.id))]


def managed_places(deps: Dependencies, viewer: Viewer, kind: str) -> list[PlaceView]:
    """Return the places of a kind that the viewer manages, closed ones too: a lead the own one."""
    require(viewer, Permission.MANAGE_PEOPLE)
    table = TABLES[kind]
    query = select(table).order_by(table.id)
    if not viewer.may(Permission.ADMINISTER):
        led, place_id = led_place(viewer)
        query = query.where(table.id == place_id) if led == kind else query.where(false())
    with reading(deps.sessions)() as session:
        return [_view(cast("Place", row)) for row in session.scalars(query)]


def _view(row: Place) -> PlaceView:
    if isinstance(row, Centre):
        return _centre(row)
    return _team(row) if isinstance(row, Team) else _organisation(row)


def create_organisation(deps: Dependencies, viewer: Viewer, given: NewOrganisation) -> OrganisationView:
    """Make an organisation. Raises `TakenError` when the identity is in use."""
    require(viewer, Permission.ADMINISTER)
    values = given.model_dump(exclude={"id"})
    with deps.sessions.begin() as session:
        made = organisations.create_organisation(session, organisation_id=given.id or "", **values)
        record(session, viewer, "organisation.create", now_ms=deps.clock.now_ms(), object_id=made.id)
        return _organisation(made)


def create_centre(deps: Dependencies, viewer: Viewer, given: NewCentre) -> CentreView:
    """Make a centre. Raises `TakenError` when the identity is in use, `MissingRowError` for an organisation."""
    require(viewer, Permission.ADMINISTER)
    values = given.model_dump(exclude={"id"})
    with deps.sessions.begin() as session:
        made = organisations.create_centre(session, centre_id=given.id or "", **values)
        record(session, viewer, "centre.create", now_ms=deps.clock.now_ms(), object_id=made.id)
        return _centre(made)


def create_team(deps: Dependencies, viewer: Viewer, given: NewTeam) -> TeamView:
    """Make a team. Raises `TakenError` when the identity is in use, `MissingRowError` for a centre."""
    require(viewer, Permission.ADMINISTER)
    values = given.model_dump(exclude={"id"})
    with deps.sessions.begin() as session:
        made = organisations.create_team(session, team_id=given.id or "", **values)
        record(session, viewer, "team.create", now_ms=deps.clock.now_ms(), object_id=made.id)
        return _team(made)


def change_organisation(
    deps: Dependencies, viewer: Viewer, place_id: str, given: OrganisationChange
) -> OrganisationView:
    """Change what is given. Raises `MissingRowError`, `FieldError`."""
    require(viewer, Permission.ADMINISTER)
    changes = given.model_dump(exclude_none=True)
    with deps.sessions.begin() as session:
        row = organisations.update_place(session, Organisation, place_id, changes)
        detail = {"fields": sorted(changes)}
        record(session, viewer, "organisation.change", now_ms=deps.clock.now_ms(), object_id=place_id, detail=detail)
        return _organisation(row)


def change_centre(deps: Dependencies, viewer: Viewer, centre_id: str, given: CentreChange) -> CentreView:
    """Change what is given: a lead of the own centre. Raises `MissingRowError`, `NotFoundError`, `FieldError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    changes = given.model_dump(exclude_none=True)
    with deps.sessions.begin() as session:
        managed_place(session, viewer, "centre", centre_id)
        if "organisation_id" in changes:
            require(viewer, Permission.ADMINISTER)
        row = organisations.update_place(session, Centre, centre_id, changes)
        detail = {"fields": sorted(changes)}
        record(session, viewer, "centre.change", now_ms=deps.clock.now_ms(), object_id=centre_id, detail=detail)
        return _centre(row)


def change_team(deps: Dependencies, viewer: Viewer, team_id: str, given: TeamChange) -> TeamView:
    """Change what is given: a lead of the own team. Raises `MissingRowError`, `NotFoundError`, `FieldError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    changes = given.model_dump(exclude_none=True)
    with deps.sessions.begin() as session:
        managed_place(session, viewer, "team", team_id)
        if changes.keys() & {"organisation_id", "centre_id"}:
            require(viewer, Permission.ADMINISTER)
        row = organisations.update_place(session, Team, team_id, changes)
        detail = {"fields": sorted(changes)}
        record(session, viewer, "team.change", now_ms=deps.clock.now_ms(), object_id=team_id, detail=detail)
        return _team(row)


def close_place(deps: Dependencies, viewer: Viewer, kind: str, place_id: str) -> None:
    """Close an organisation, centre or team. Raises `InUseError` while anybody hangs on it, and says who."""
    require(viewer, Permission.ADMINISTER)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        organisations.close_place(session, TABLES[kind], place_id, now_ms=now_ms)
        record(session, viewer, f"{kind}.close", now_ms=now_ms, object_id=place_id)


def reopen_place(deps: Dependencies, viewer: Viewer, kind: str, place_id: str) -> None:
    """Open a closed place again."""
    require(viewer, Permission.ADMINISTER)
    with deps.sessions.begin() as session:
        organisations.reopen_place(session, TABLES[kind], place_id)
        record(session, viewer, f"{kind}.reopen", now_ms=deps.clock.now_ms(), object_id=place_id)


def _organisation(row: Organisation) -> OrganisationView:
    return OrganisationView(id=row.id, name=row.name, region_code=row.region_code, closed=row.closed_at_ms is not None)


def _centre(row: Centre) -> CentreView:
    return CentreView(
        id=row.id,
        name=row.name,
        region_code=row.region_code,
        phone=row.phone,
        time_zone=row.time_zone,
        organisation_id=row.organisation_id or "",
        closed=row.closed_at_ms is not None,
    )


def _team(row: Team) -> TeamView:
    return TeamView(
        id=row.id,
        name=row.name,
        centre_id=row.centre_id or "",
        organisation_id=row.organisation_id or "",
        code=row.code,
        region_code=row.region_code,
        closed=row.closed_at_ms is not None,
    )
