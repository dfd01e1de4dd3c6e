"""What was measured."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Cursor, Deps, Limit, Since, Until
from api.schemas.base import Page
from api.schemas.observations import BucketSeries, EventView, LatestView, ResidentLatest, Series, WaveformView
from api.services import observations
from api.services.observations import checked_range

router = APIRouter(tags=["observations"])
_Quantity = Annotated[str, Query(max_length=64, examples=["heart_rate"], description="Code of the quantity table.")]


@router.get("/latest", summary="Newest values of everybody")
def latest_of_all(deps: Deps, viewer: CurrentViewer, cursor: Cursor = "", limit: Limit = 50) -> Page[ResidentLatest]:
    """Return the newest number of every quantity of every resident the caller may see, in pages."""
    return observations.latest_of_all(deps, viewer, cursor=cursor, limit=limit)


@router.get("/residents/{resident_id}/latest", summary="Newest values of a resident")
def latest(deps: Deps, viewer: CurrentViewer, resident_id: str) -> list[LatestView]:
    """Return the newest number of every quantity."""
    return observations.latest(deps, viewer, resident_id)


@router.get("/residents/{resident_id}/observations", summary="Numbers in a range")
def points(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    resident_id: str,
    quantity: _Quantity,
    since: Since,
    until: Until,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
) -> Series:
    """Return the numbers of one quantity; the last 24 h where no range is given."""
    within = checked_range(deps, since, until)
    return observations.points(deps, viewer, resident_id, quantity, within=within, limit=limit)


@router.get("/residents/{resident_id}/buckets", summary="Low, mean and high per bucket")
def buckets(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    resident_id: str,
    quantity: _Quantity,
    since: Since,
    until: Until,
    bucket_s: Annotated[int, Query(ge=1, le=604_800, description="Length of a bucket.")] = 900,
) -> BucketSeries:
    """Return one quantity downsampled, for charts of days and months."""
    within = checked_range(deps, since, until)
    return observations.buckets(deps, viewer, resident_id, quantity, within=within, bucket_s=bucket_s)


@router.get("/residents/{resident_id}/events", summary="Events in a range")
def events(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    resident_id: str,
    since: Since,
    until: Until,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000,
) -> list[EventView]:
    """Return the last events of a range, oldest first."""
    return observations.events(deps, viewer, resident_id, within=checked_range(deps, since, until), limit=limit)


@router.get("/residents/{resident_id}/waveforms", summary="Waveforms in a range")
def waveforms(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    resident_id: str,
    quantity: _Quantity,
    since: Since,
    until: Until,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[WaveformView]:
    """Return the waveforms that overlap a range, oldest first."""
    within = checked_range(deps, since, until)
    return observations.waveforms(deps, viewer, resident_id, quantity, within=within, limit=limit)
