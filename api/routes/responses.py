"""Answering an alert."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.alerts import AlertView
from api.schemas.responses import Closing, Comment, Marking, Merging, Note
from api.services import responses

router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.post("/{alert_id}/acknowledge", summary="I have seen it and deal with it", responses=CONFLICT)
def acknowledge(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Note | None = None) -> AlertView:
    """Stop the paging; the alert is the caller's now."""
    return responses.acknowledge(deps, viewer, alert_id, note=given.note if given else "")


@router.post("/{alert_id}/on-the-way", summary="Somebody is going there", responses=CONFLICT)
def on_the_way(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Note | None = None) -> AlertView:
    """Say that somebody is on the way."""
    return responses.on_the_way(deps, viewer, alert_id, note=given.note if given else "")


@router.post("/{alert_id}/on-scene", summary="Somebody is there", responses=CONFLICT)
def on_scene(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Note | None = None) -> AlertView:
    """Say that somebody is with the resident."""
    return responses.on_scene(deps, viewer, alert_id, note=given.note if given else "")


@router.post("/{alert_id}/close", summary="End it with an outcome", responses=CONFLICT)
def close(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Closing) -> AlertView:
    """End the alert and say what it turned out to be."""
    said = {"note": given.note, "family_note": given.family_note}
    return responses.close(deps, viewer, alert_id, outcome=given.outcome, found=given.found, **said)


@router.post("/{alert_id}/comment", summary="Add a remark")
def comment(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Comment) -> AlertView:
    """Add a remark to the history."""
    return responses.comment(deps, viewer, alert_id, text=given.text)


@router.post("/{alert_id}/reopen", summary="Take a close of the last ten minutes back", responses=CONFLICT)
def reopen(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Note | None = None) -> AlertView:
    """Open it again; it is the caller's, acknowledged."""
    return responses.reopen(deps, viewer, alert_id, note=given.note if given else "")


@router.post("/{alert_id}/practice", summary="Say that it is a test or a drill", responses=CONFLICT)
def mark_practice(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Marking) -> AlertView:
    """Mark an alert that somebody answers; it is worked through like any, and never counted."""
    return responses.mark_practice(deps, viewer, alert_id, practice=given.practice)


@router.post("/{alert_id}/merge", summary="Let it close into another of the same resident", responses=CONFLICT)
def merge(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Merging) -> AlertView:
    """Close it into another; the one that goes on is returned. A call for help never ends under something milder."""
    return responses.merge(deps, viewer, alert_id, into=given.into, note=given.note)
