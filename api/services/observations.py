"""What was measured: newest values, ranges, buckets, events, waveforms."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sqlalchemy import select

from anhu.contract.clock import DAY_MS, SECOND_MS
from anhu.contract.errors import FieldError
from anhu.contract.observation import Waveform
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.quantities import quantity as known_quantity
from anhu.registry.tables import Resident
from api.dependencies import Dependencies
from api.schemas.base import Page
from api.schemas.observations import (
    BucketSeries,
    BucketView,
    EventView,
    LatestView,
    PointView,
    ResidentLatest,
    Series,
    WaveformView,
)
from api.security.roles import Viewer
from api.security.visibility import visible_residents
from api.services.paging import decode_cursor, encode_cursor
from api.visit import ResidentVisit, visit_many, visit_resident
from ingest.store.port import Point, Range

_DEFAULT_RANGE_MS = DAY_MS
_MAX_BUCKETS = 5_000


def latest(deps: Dependencies, viewer: Viewer, resident_id: str) -> list[LatestView]:
    """Return the newest number of every quantity of one resident, in the quantity table's order."""
    return latest_of(_visited(deps, viewer, resident_id, "observation.latest"))


def latest_of(visit: ResidentVisit) -> list[LatestView]:
    """Return the visited resident's newest numbers, in the quantity table's order."""
    return _latest_views(visit.store.latest([visit.resident_id]).get(visit.resident_id, {}))


def latest_of_all(deps: Dependencies, viewer: Viewer, *, cursor: str = "", limit: int = 50) -> Page[ResidentLatest]:
    """Return a page of visible, active residents with their newest numbers."""
    with visit_many(deps, viewer, "observation.latest") as visit:
        query = select(Resident.id).where(visible_residents(viewer), Resident.active).order_by(Resident.id)
        if after := decode_cursor(cursor, str):
            query = query.where(Resident.id > after[0])
        ids = list(visit.session.scalars(query.limit(limit + 1)))
        seen = ids[:limit]
        visit.detail["residents"] = seen
    found = visit.store.latest(seen) if seen else {}
    items = [ResidentLatest(resident_id=one, latest=_latest_views(found.get(one, {}))) for one in seen]
    return Page(items=items, next_cursor=encode_cursor(seen[-1]) if len(ids) > limit else None)


def points(
    deps: Dependencies, viewer: Viewer, resident_id: str, quantity: str, *, within: Range, limit: int = 10_000
) -> Series:
    """Return the numbers of a quantity in a range, at most `limit`."""
    unit = known_quantity(quantity, kind=Kind.SCALAR, field="query.quantity").unit
    visit = _visited(deps, viewer, resident_id, "observation.points", quantity)
    found = visit.store.points(resident_id, quantity, within, limit=limit)
    return Series(
        resident_id=resident_id,
        quantity=quantity,
        unit=unit,
        points=[
            PointView(observed_at_ms=p.observed_at_ms, value=p.value, quality=p.quality, device_id=p.device_id)
            for p in found
        ],
        complete=len(found) < limit,
    )


def buckets(
    deps: Dependencies, viewer: Viewer, resident_id: str, quantity: str, *, within: Range, bucket_s: int
) -> BucketSeries:
    """Return low, mean and high of a quantity per bucket. Raises `FieldError` for more than 5,000 buckets."""
    known_quantity(quantity, kind=Kind.SCALAR, field="query.quantity")
    if (within.end_ms - within.start_ms) / (bucket_s * SECOND_MS) > _MAX_BUCKETS:
        raise FieldError("query.bucket_s", bucket_s, f"at most {_MAX_BUCKETS} buckets in the range")
    visit = _visited(deps, viewer, resident_id, "observation.buckets", quantity)
    return buckets_of(visit, quantity, within=within, bucket_s=bucket_s)


def buckets_of(visit: ResidentVisit, quantity: str, *, within: Range, bucket_s: int) -> BucketSeries:
    """Return low, mean and high of a scalar quantity of the visited resident per bucket."""
    found = visit.store.buckets(visit.resident_id, quantity, within, bucket_ms=bucket_s * SECOND_MS)
    return BucketSeries(
        resident_id=visit.resident_id,
        quantity=quantity,
        unit=QUANTITIES[quantity].unit,
        bucket_s=bucket_s,
        buckets=[BucketView(**bucket._asdict()) for bucket in found],
    )


def events(
    deps: Dependencies, viewer: Viewer, resident_id: str, *, within: Range, limit: int = 1_000
) -> list[EventView]:
    """Return the last `limit` events of a range, oldest first."""
    return events_of(_visited(deps, viewer, resident_id, "observation.events"), within=within, limit=limit)


def events_of(visit: ResidentVisit, *, within: Range, limit: int = 1_000) -> list[EventView]:
    """Return the last `limit` events of the visited resident in a range, oldest first."""
    return [
        EventView(
            kind=event.kind,
            state=event.state,
            device_id=device_id,
            observed_at_ms=event.observed_at_ms,
            quality=event.quality,
            attributes=event.attributes,
        )
        for device_id, event in visit.store.events(visit.resident_id, within, limit=limit)
    ]


def waveforms(
    deps: Dependencies, viewer: Viewer, resident_id: str, quantity: str, *, within: Range, limit: int = 100
) -> list[WaveformView]:
    """Return the waveforms that overlap a range, oldest first."""
    known_quantity(quantity, kind=Kind.WAVEFORM, field="query.quantity")
    visit = _visited(deps, viewer, resident_id, "observation.waveforms", quantity)
    return waveforms_of(visit, quantity, within=within, limit=limit)


def waveforms_of(visit: ResidentVisit, quantity: str, *, within: Range, limit: int = 100) -> list[WaveformView]:
    """Return the waveforms of the visited resident that overlap a range, oldest first."""
    found = visit.store.waveforms(visit.resident_id, quantity, within, limit=limit)
    return [_waveform_view(device_id, waveform) for device_id, waveform in found]


def checked_range(deps: Dependencies, since_ms: int | None, until_ms: int | None) -> Range:
    """Return the range asked for: until now, and 24 h long, where nothing is said. Raises `FieldError` if empty."""
    end_ms = deps.clock.now_ms() + 1 if until_ms is None else until_ms
    start_ms = end_ms - _DEFAULT_RANGE_MS if since_ms is None else since_ms
    if start_ms >= end_ms:
        raise FieldError("query.since", since_ms, "a time before until")
    return Range(start_ms, end_ms)


def _visited(deps: Dependencies, viewer: Viewer, resident_id: str, action: str, quantity: str = "") -> ResidentVisit:
    """Check that the viewer may read this resident's health data, and write down that it is read."""
    with visit_resident(deps, viewer, resident_id, action) as visit:
        if quantity:
            visit.detail["quantity"] = quantity
    return visit


def _latest_views(found: Mapping[str, Point]) -> list[LatestView]:
    return [
        LatestView(
            quantity=row.code,
            title_zh=row.zh,
            title_en=row.en,
            unit=row.unit,
            value=found[row.code].value,
            decimals=row.decimals,
            quality=found[row.code].quality,
            device_id=found[row.code].device_id,
            observed_at_ms=found[row.code].observed_at_ms,
        )
        for row in QUANTITIES.values()
        if row.code in found
    ]


def _waveform_view(device_id: str, waveform: Waveform) -> WaveformView:
    return WaveformView(
        quantity=waveform.quantity,
        unit=QUANTITIES[waveform.quantity].unit,
        device_id=device_id,
        observed_at_ms=waveform.observed_at_ms,
        sampling_rate_hz=waveform.sampling_rate_hz,
        channels=list(waveform.channels),
        samples=[[None if math.isnan(x) else x for x in column] for column in waveform.array().T.tolist()],
        quality=waveform.quality,
        position=waveform.position,
    )
