"""Residents and their limits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.problems import CONFLICT
from api.routes.context import CurrentViewer, Cursor, Deps, Limit
from api.schemas.base import Page
from api.schemas.residents import LimitView, NewLimit, NewResident, ResidentChange, ResidentView
from api.services import limits, residents

router = APIRouter(prefix="/residents", tags=["residents"])


@router.get("", summary="List residents")
def list_residents(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    name: Annotated[str, Query(max_length=100, description="A part of the name.")] = "",
    centre_id: Annotated[str, Query(max_length=64)] = "",
    team_id: Annotated[str, Query(max_length=64)] = "",
    active: bool | None = True,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[ResidentView]:
    """Return the residents the caller may see, in pages."""
    return residents.list_residents(
        deps, viewer, name=name, centre_id=centre_id, team_id=team_id, active=active, cursor=cursor, limit=limit
    )


@router.post("", status_code=201, summary="Enrol a resident", responses=CONFLICT)
def create_resident(deps: Deps, viewer: CurrentViewer, given: NewResident) -> ResidentView:
    """Add a resident; the identity is made up unless given."""
    return residents.create_resident(deps, viewer, given)


@router.get("/{resident_id}", summary="One resident")
def read_resident(deps: Deps, viewer: CurrentViewer, resident_id: str) -> ResidentView:
    """Return one resident."""
    return residents.read_resident(deps, viewer, resident_id)


@router.patch("/{resident_id}", summary="Change a resident")
def change_resident(deps: Deps, viewer: CurrentViewer, resident_id: str, given: ResidentChange) -> ResidentView:
    """Change what is given; the rest stays."""
    return residents.change_resident(deps, viewer, resident_id, given)


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
