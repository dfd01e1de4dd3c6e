"""A resident's own limits."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.schemas.limits import LimitView, NewLimit
from api.services import limits

router = APIRouter(prefix="/residents", tags=["residents"])


@router.get("/{resident_id}/limits", summary="A resident's own limits")
def list_limits(deps: Deps, viewer: CurrentViewer, resident_id: str) -> list[LimitView]:
    """Return the limits in force that differ from the rules' own."""
    return limits.list_limits(deps, viewer, resident_id)


@router.post("/{resident_id}/limits", status_code=201, summary="Set a limit")
def set_limit(deps: Deps, viewer: CurrentViewer, resident_id: str, given: NewLimit) -> LimitView:
    """Set a limit with its reason, in force at once."""
    return limits.set_limit(deps, viewer, resident_id, given)


@router.delete("/{resident_id}/limits/{limit_id}", status_code=204, summary="End a limit")
def end_limit(deps: Deps, viewer: CurrentViewer, resident_id: str, limit_id: str) -> None:
    """Let a limit end now; it stays on record."""
    limits.end_limit(deps, viewer, resident_id, limit_id)
