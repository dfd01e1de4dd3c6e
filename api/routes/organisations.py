"""Centres and teams."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.organisations import CentreChange, CentreView, NewCentre, NewTeam, TeamView
from api.services import organisations

router = APIRouter(tags=["organisation"])


@router.get("/centres", summary="List centres")
def list_centres(deps: Deps, viewer: CurrentViewer) -> list[CentreView]:
    """Return all centres."""
    return organisations.list_centres(deps, viewer)


@router.post("/centres", status_code=201, summary="Make a centre", responses=CONFLICT)
def create_centre(deps: Deps, viewer: CurrentViewer, given: NewCentre) -> CentreView:
    """Add a community centre."""
    return organisations.create_centre(deps, viewer, given)


@router.patch("/centres/{centre_id}", summary="Change a centre's time zone")
def change_centre(deps: Deps, viewer: CurrentViewer, centre_id: str, given: CentreChange) -> CentreView:
    """Say by whose clock a centre's residents live."""
    return organisations.change_centre(deps, viewer, centre_id, given)


@router.get("/teams", summary="List teams")
def list_teams(deps: Deps, viewer: CurrentViewer) -> list[TeamView]:
    """Return all family-doctor teams."""
    return organisations.list_teams(deps, viewer)


@router.post("/teams", status_code=201, summary="Make a team", responses=CONFLICT)
def create_team(deps: Deps, viewer: CurrentViewer, given: NewTeam) -> TeamView:
    """Add a family-doctor team."""
    return organisations.create_team(deps, viewer, given)
