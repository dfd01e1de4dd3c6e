"""Centres, teams, and where notifications go."""

from __future__ import annotations

from fastapi import APIRouter

from api.problems import CONFLICT
from api.routes.context import CurrentViewer, Deps
from api.schemas.organisation import (
    CentreView,
    ChannelView,
    ContactSecret,
    ContactView,
    NewCentre,
    NewContact,
    NewTeam,
    TeamView,
)
from api.services import contacts, organisation

router = APIRouter(tags=["organisation"])


@router.get("/centres", summary="List centres")
def list_centres(deps: Deps, viewer: CurrentViewer) -> list[CentreView]:
    """Return all centres."""
    return organisation.list_centres(deps, viewer)


@router.post("/centres", status_code=201, summary="Make a centre", responses=CONFLICT)
def create_centre(deps: Deps, viewer: CurrentViewer, given: NewCentre) -> CentreView:
    """Add a community centre."""
    return organisation.create_centre(deps, viewer, given)


@router.get("/teams", summary="List teams")
def list_teams(deps: Deps, viewer: CurrentViewer) -> list[TeamView]:
    """Return all family-doctor teams."""
    return organisation.list_teams(deps, viewer)


@router.post("/teams", status_code=201, summary="Make a team", responses=CONFLICT)
def create_team(deps: Deps, viewer: CurrentViewer, given: NewTeam) -> TeamView:
    """Add a family-doctor team."""
    return organisation.create_team(deps, viewer, given)


@router.get("/channels", summary="List channels")
def list_channels(deps: Deps, viewer: CurrentViewer) -> list[ChannelView]:
    """Return the ways of reaching people, and what a contact of each needs."""
    return contacts.list_channels(deps, viewer)


@router.get("/contacts", summary="List contacts")
def list_contacts(deps: Deps, viewer: CurrentViewer) -> list[ContactView]:
    """Return where notifications go."""
    return contacts.list_contacts(deps, viewer)


@router.post("/contacts", status_code=201, summary="Make a contact")
def create_contact(deps: Deps, viewer: CurrentViewer, given: NewContact) -> ContactSecret:
    """Say where notifications of a centre, a team or a user go. The answer holds the signing secret, this once."""
    return contacts.create_contact(deps, viewer, given)


@router.post("/contacts/{contact_id}/disable", summary="Send nothing there")
def disable_contact(deps: Deps, viewer: CurrentViewer, contact_id: str) -> ContactView:
    """Switch a contact off."""
    return contacts.set_contact_enabled(deps, viewer, contact_id, enabled=False)


@router.post("/contacts/{contact_id}/enable", summary="Send there again")
def enable_contact(deps: Deps, viewer: CurrentViewer, contact_id: str) -> ContactView:
    """Switch a contact on."""
    return contacts.set_contact_enabled(deps, viewer, contact_id, enabled=True)
