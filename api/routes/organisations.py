"""Organisations, centres and teams."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
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
from api.services import organisations

router = APIRouter(tags=["organisation"])


@router.get("/organisations", summary="List organisations")
def list_organisations(deps: Deps, viewer: CurrentViewer) -> list[OrganisationView]:
    """Return who runs centres and teams."""
    return organisations.list_organisations(deps, viewer)


@router.post("/organisations", status_code=201, summary="Make an organisation", responses=CONFLICT)
def create_organisation(deps: Deps, viewer: CurrentViewer, given: NewOrganisation) -> OrganisationView:
    """Add who runs centres and teams."""
    return organisations.create_organisation(deps, viewer, given)


@router.patch("/organisations/{place_id}", summary="Change an organisation")
def change_organisation(
    deps: Deps, viewer: CurrentViewer, place_id: str, given: OrganisationChange
) -> OrganisationView:
    """Change what is given; the rest stays."""
    return organisations.change_organisation(deps, viewer, place_id, given)


@router.get("/centres", summary="List centres")
def list_centres(deps: Deps, viewer: CurrentViewer) -> list[CentreView]:
    """Return all centres."""
    return organisations.list_centres(deps, viewer)


@router.post("/centres", status_code=201, summary="Make a centre", responses=CONFLICT)
def create_centre(deps: Deps, viewer: CurrentViewer, given: NewCentre) -> CentreView:
    """Add a community centre."""
    return organisations.create_centre(deps, viewer, given)


@router.patch("/centres/{centre_id}", summary="Change a centre")
def change_centre(deps: Deps, viewer: CurrentViewer, centre_id: str, given: CentreChange) -> CentreView:
    """Change what is given; the rest stays."""
    return organisations.change_centre(deps, viewer, centre_id, given)


@router.get("/teams", summary="List teams")
def list_teams(deps: Deps, viewer: CurrentViewer) -> list[TeamView]:
    """Return all family-doctor teams."""
    return organisations.list_teams(deps, viewer)


@router.post("/teams", status_code=201, summary="Make a team", responses=CONFLICT)
def create_team(deps: Deps, viewer: CurrentViewer, given: NewTeam) -> TeamView:
    """Add a family-doctor team."""
    return organisations.create_team(deps, viewer, given)


@router.patch("/teams/{team_id}", summary="Change a team")
def change_team(deps: Deps, viewer: CurrentViewer, team_id: str, given: TeamChange) -> TeamView:
    """Change what is given; the rest stays."""
    return organisations.change_team(deps, viewer, team_id, given)


@router.post("/organisations/{place_id}/close", status_code=204, summary="Close an organisation", responses=CONFLICT)
def close_organisation(deps: Deps, viewer: CurrentViewer, place_id: str) -> None:
    """Close it; refused, with names, while anybody hangs on it."""
    organisations.close_place(deps, viewer, "organisation", place_id)


@router.post("/organisations/{place_id}/reopen", status_code=204, summary="Open an organisation again")
def reopen_organisation(deps: Deps, viewer: CurrentViewer, place_id: str) -> None:
    """Use it again."""
    organisations.reopen_place(deps, viewer, "organisation", place_id)


@router.post("/centres/{centre_id}/close", status_code=204, summary="Close a centre", responses=CONFLICT)
def close_centre(deps: Deps, viewer: CurrentViewer, centre_id: str) -> None:
    """Close it; refused, with names, while anybody hangs on it."""
    organisations.close_place(deps, viewer, "centre", centre_id)


@router.post("/centres/{centre_id}/reopen", status_code=204, summary="Open a centre again")
def reopen_centre(deps: Deps, viewer: CurrentViewer, centre_id: str) -> None:
    """Use it again."""
    organisations.reopen_place(deps, viewer, "centre", centre_id)


@router.post("/teams/{team_id}/close", status_code=204, summary="Close a team", responses=CONFLICT)
def close_team(deps: Deps, viewer: CurrentViewer, team_id: str) -> None:
    """Close it; refused, with names, while anybody hangs on it."""
    organisations.close_place(deps, viewer, "team", team_id)


@router.post("/teams/{team_id}/reopen", status_code=204, summary="Open a team again")
def reopen_team(deps: Deps, viewer: CurrentViewer, team_id: str) -> None:
    """Use it again."""
    organisations.reopen_place(deps, viewer, "team", team_id)
