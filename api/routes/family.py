"""What relatives say, what phones answer, and links to emergency sheets."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.care import FamilyWordView, NewFamilyWord, NewStep, StepView
from api.schemas.sheet import MadeSheetLink, NewSheetLink, SheetLinkView
from api.services import family_words, phone_steps, sheet_links

router = APIRouter()


@router.post(
    "/residents/{resident_id}/family-words", status_code=201, summary="I am going, I am here", tags=["residents"]
)
def say(deps: Deps, viewer: CurrentViewer, resident_id: str, given: NewFamilyWord) -> FamilyWordView:
    """Say so to the other relatives and the desk; no alarm is answered or closed by it."""
    return family_words.say(deps, viewer, resident_id, given)


@router.post("/alerts/{alert_id}/steps", summary="Answer, late or twice", tags=["alerts"])
def take_step(deps: Deps, viewer: CurrentViewer, alert_id: str, given: NewStep) -> StepView:
    """Answer from a phone: once for a key; what comes too late stands in the history with its time."""
    return phone_steps.take_step(deps, viewer, alert_id, given)


@router.get("/residents/{resident_id}/sheet-links", summary="Open links to the sheet", tags=["emergency sheet"])
def list_links(deps: Deps, viewer: CurrentViewer, resident_id: str) -> list[SheetLinkView]:
    """Return the links that still open the emergency sheet."""
    return sheet_links.list_links(deps, viewer, resident_id)


@router.post(
    "/residents/{resident_id}/sheet-links",
    status_code=201,
    summary="Make a link to the sheet",
    tags=["emergency sheet"],
    responses=CONFLICT,
)
def make_link(
    request: Request, deps: Deps, viewer: CurrentViewer, resident_id: str, given: NewSheetLink
) -> MadeSheetLink:
    """Make a link for people without a login; its address is told this once."""
    base_url = deps.public_url or str(request.base_url).rstrip("/")
    return sheet_links.make_link(deps, viewer, resident_id, given, base_url=base_url)


@router.delete(
    "/residents/{resident_id}/sheet-links/{link_id}",
    status_code=204,
    summary="Revoke a link",
    tags=["emergency sheet"],
)
def revoke_link(deps: Deps, viewer: CurrentViewer, resident_id: str, link_id: str) -> None:
    """Let a link open nothing any more."""
    sheet_links.revoke_link(deps, viewer, resident_id, link_id)
