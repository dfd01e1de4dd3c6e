"""Where notifications go."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.contacts import ChannelView, ContactChange, ContactSecret, ContactView, NewContact
from api.services import contacts

router = APIRouter(tags=["organisation"])


@router.get("/channels", summary="List channels")
def list_channels(deps: Deps, viewer: CurrentViewer) -> list[ChannelView]:
    """Return the ways of reaching people, and what a contact of each needs."""
    return contacts.list_channels(deps, viewer)


@router.get("/contacts", summary="List contacts")
def list_contacts(
    deps: Deps,
    viewer: CurrentViewer,
    owner_kind: Annotated[str, Query(max_length=16)] = "",
    owner_id: Annotated[str, Query(max_length=64)] = "",
) -> list[ContactView]:
    """Return where notifications go, and what became of the last one."""
    return contacts.list_contacts(deps, viewer, owner_kind=owner_kind, owner_id=owner_id)


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


@router.patch("/contacts/{contact_id}", summary="Change a contact")
def change_contact(deps: Deps, viewer: CurrentViewer, contact_id: str, given: ContactChange) -> ContactView:
    """Change from which priority on, or in which language, it is told."""
    return contacts.change_contact(deps, viewer, contact_id, given)


@router.post("/contacts/{contact_id}/test", status_code=202, summary="Send a test", responses=CONFLICT)
def try_contact(deps: Deps, viewer: CurrentViewer, contact_id: str) -> ContactView:
    """Send a test message there; ask for the contact again to learn what became of it."""
    return contacts.try_contact(deps, viewer, contact_id)


@router.delete("/contacts/{contact_id}", status_code=204, summary="Remove a contact")
def remove_contact(deps: Deps, viewer: CurrentViewer, contact_id: str) -> None:
    """Send nothing there any more; what was sent stays on record."""
    contacts.remove_contact(deps, viewer, contact_id)
