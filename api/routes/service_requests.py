"""Service requests: meals, repairs, escorts, visits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.care import NewRequest, RequestEnd, RequestView
from api.services import service_requests

router = APIRouter(tags=["service requests"])


@router.get("/requests", summary="Requests that wait, or ended within a week")
def list_requests(
    *, deps: Deps, viewer: CurrentViewer, ended: Annotated[bool, Query(description="Those that ended.")] = False
) -> list[RequestView]:
    """Return the requests of the residents whom the caller may see, the most overdue first."""
    return service_requests.list_requests(deps, viewer, ended=ended)


@router.get("/residents/{resident_id}/requests", summary="A resident's requests")
def read_requests(deps: Deps, viewer: CurrentViewer, resident_id: str) -> list[RequestView]:
    """Return those that wait and those of the last week."""
    return service_requests.read_requests(deps, viewer, resident_id)


@router.post("/residents/{resident_id}/requests", status_code=201, summary="Ask for something")
def ask(deps: Deps, viewer: CurrentViewer, resident_id: str, given: NewRequest) -> RequestView:
    """Ask for a meal, a repair, an escort, a visit."""
    return service_requests.ask_service(deps, viewer, resident_id, given)


@router.post("/requests/{request_id}/take", summary="I see to it", responses=CONFLICT)
def take(deps: Deps, viewer: CurrentViewer, request_id: str) -> RequestView:
    """Take a request that nobody has taken."""
    return service_requests.take_request(deps, viewer, request_id)


@router.post("/requests/{request_id}/done", summary="It is done", responses=CONFLICT)
def finish(deps: Deps, viewer: CurrentViewer, request_id: str, given: RequestEnd) -> RequestView:
    """Say what was done."""
    return service_requests.finish_request(deps, viewer, request_id, outcome=given.outcome)


@router.post("/requests/{request_id}/cancel", summary="It will not be done", responses=CONFLICT)
def cancel(deps: Deps, viewer: CurrentViewer, request_id: str, given: RequestEnd) -> RequestView:
    """Say why not; who asked for it may take it back."""
    return service_requests.cancel_request(deps, viewer, request_id, outcome=given.outcome)
