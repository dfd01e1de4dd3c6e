"""Where notifications go."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.schemas.contacts import ChannelView, ContactSecret, ContactView, NewContact
from api.services import contacts

router = APIRouter(tags=["organisation"])


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
