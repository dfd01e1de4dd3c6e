"""Residents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Cursor, Deps, Limit
from api.problems import CONFLICT
from api.schemas.base import Page
from api.schemas.residents import NewResident, ResidentChange, ResidentView
from api.services import residents

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
