"""Buildings, floors, rooms and beds; regions of China."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.records import NewPlace, PlaceChange, PlaceView, RegionView
from api.services import places

router = APIRouter(tags=["places"])


@router.get("/regions", summary="Find regions of China")
def find_regions(deps: Deps, viewer: CurrentViewer, q: Annotated[str, Query(max_length=60)]) -> list[RegionView]:
    """Return regions by the beginning of their code, or words of their name."""
    return places.find_regions(deps, viewer, q)


@router.get("/places", summary="List places")
def list_places(
    deps: Deps, viewer: CurrentViewer, centre_id: Annotated[str, Query(max_length=64)] = ""
) -> list[PlaceView]:
    """Return the places of the centres that the caller looks after, and who lies there."""
    return places.list_places(deps, viewer, centre_id)


@router.post("/places", status_code=201, summary="Make a place", responses=CONFLICT)
def create_place(deps: Deps, viewer: CurrentViewer, given: NewPlace) -> PlaceView:
    """Add a building, floor, room or bed."""
    return places.create_place(deps, viewer, given)


@router.patch("/places/{place_id}", summary="Change a place", responses=CONFLICT)
def change_place(deps: Deps, viewer: CurrentViewer, place_id: str, given: PlaceChange) -> PlaceView:
    """Rename it, take it out of use (409 while somebody lies there), use it again."""
    return places.change_place(deps, viewer, place_id, given)
