"""Devices that nobody registered, and measurements of shared devices that are nobody's yet."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.quarantine import AdoptedView, Adoption, Assignment, QuarantineView, UnassignedView
from api.services import quarantine, unassigned

router = APIRouter(tags=["devices"])


@router.get("/quarantine", summary="Devices that nobody registered")
def list_quarantine(deps: Deps, viewer: CurrentViewer) -> QuarantineView:
    """Return who speaks and is not registered: identities and counts, never what was said."""
    return quarantine.list_quarantine(deps, viewer)


@router.post("/quarantine/{stranger_id}/adopt", summary="Register one", responses=CONFLICT)
def adopt_stranger(deps: Deps, viewer: CurrentViewer, stranger_id: str, given: Adoption) -> AdoptedView:
    """Register a device; what it said meanwhile is replayed, with the times that it had."""
    return AdoptedView(id=quarantine.adopt_stranger(deps, viewer, stranger_id, given))


@router.delete("/quarantine/{stranger_id}", status_code=204, summary="Forget one")
def forget_stranger(deps: Deps, viewer: CurrentViewer, stranger_id: str) -> None:
    """Forget a stranger and what it said; should it speak again, it is here again."""
    quarantine.forget_stranger(deps, viewer, stranger_id)


@router.get("/unassigned", summary="Measurements that are nobody's yet")
def list_unassigned(deps: Deps, viewer: CurrentViewer) -> list[UnassignedView]:
    """Return what shared devices do not know of whom, and what was heard of sensors that nobody registered."""
    return unassigned.list_unassigned(deps, viewer)


@router.post("/unassigned/{reading_id}/assign", status_code=204, summary="Say whose one is")
def assign_reading(deps: Deps, viewer: CurrentViewer, reading_id: str, given: Assignment) -> None:
    """Store a measurement as a resident's, with its own time."""
    unassigned.assign_reading(deps, viewer, reading_id, given)


@router.delete("/unassigned/{reading_id}", status_code=204, summary="Say that one is nobody's")
def dismiss_reading(deps: Deps, viewer: CurrentViewer, reading_id: str, *, from_now_on: bool = False) -> None:
    """Take a measurement from the queue: a visitor's, a try; or, from now on, a neighbour's."""
    unassigned.dismiss_reading(deps, viewer, reading_id, from_now_on=from_now_on)
