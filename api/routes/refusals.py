"""What was refused of devices."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Cursor, Deps, Limit
from api.schemas.base import Page
from api.schemas.refusals import MappingView, RefusalView
from api.services import refusals

router = APIRouter(prefix="/refusals", tags=["devices"])


@router.get("", summary="Refused messages")
def list_refusals(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    device_id: Annotated[str, Query(max_length=64)] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[RefusalView]:
    """Return what devices sent and was refused, why, and its first bytes: a vendor's own, or visible residents'."""
    return refusals.list_refusals(deps, viewer, device_id=device_id, cursor=cursor, limit=limit)


@router.get("/mapping", summary="What needs mapping")
def list_mapping(deps: Deps, viewer: CurrentViewer, limit: Limit = 100) -> list[MappingView]:
    """Return the words that nobody mapped and the reasons of refusals, with how often they came and an example."""
    return refusals.list_mapping(deps, viewer, limit=limit)
