"""Working on alerts with others."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.alerts import AlertView
from api.schemas.responses import Bulk, BulkAnswer, CallResult, ColleagueView, Offer
from api.services import working_together

router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.post("/bulk", summary="Answer several of one kind and one centre")
def answer_many(deps: Deps, viewer: CurrentViewer, given: Bulk) -> BulkAnswer:
    """Acknowledge or close many at once, never calls for help; what was refused is named."""
    return working_together.answer_many(deps, viewer, given)


@router.get("/{alert_id}/colleagues", summary="Who may be asked to take it over")
def colleagues(deps: Deps, viewer: CurrentViewer, alert_id: str) -> list[ColleagueView]:
    """Return those who answer alarms of this resident; those who are there now come first."""
    return working_together.colleagues(deps, viewer, alert_id)


@router.post("/{alert_id}/offer", summary="Ask a colleague to take it over", responses=CONFLICT)
def offer(deps: Deps, viewer: CurrentViewer, alert_id: str, given: Offer) -> AlertView:
    """Offer the alert; it stays with whoever has it until the colleague takes it over."""
    return working_together.offer(deps, viewer, alert_id, to=given.to, note=given.note)


@router.post("/{alert_id}/take-over", summary="Say yes to an offer", responses=CONFLICT)
def take_over(deps: Deps, viewer: CurrentViewer, alert_id: str) -> AlertView:
    """Take over an alert that is offered to the caller."""
    return working_together.take_over(deps, viewer, alert_id)


@router.post("/{alert_id}/call-off", summary="Say no to an offer, or take it back", responses=CONFLICT)
def call_off(deps: Deps, viewer: CurrentViewer, alert_id: str) -> AlertView:
    """End an offer: the alert stays with whoever has it."""
    return working_together.call_off(deps, viewer, alert_id)


@router.post("/{alert_id}/calls", summary="Write down a telephone call")
def note_call(deps: Deps, viewer: CurrentViewer, alert_id: str, given: CallResult) -> AlertView:
    """Write into the history who was called and whether somebody answered."""
    return working_together.note_call(deps, viewer, alert_id, given)
