"""What is usual for one resident: the days of the last month, beside which a single value is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from anhu.contract.clock import DAY_MS
from api.visit import Visit
from ingest.store.port import Range, StoreUnavailableError

DAYS = 30
_FEWEST_DAYS = 3
"""Of fewer, nobody knows what is usual."""


class Usual(NamedTuple):
    """A resident's own mean of the days before today, and the mean of each day, None without data.

    Attributes
    ----------
    days : sequence
        The oldest first, today the last; days of UTC, as the store keeps them.
    """

    mean: float
    days: Sequence[float | None]


def usual_of(visit: Visit, resident_id: str, quantity: str) -> Usual | None:
    """Return what is usual; None when too little is known, or the store cannot answer. After the visit."""
    start_ms = visit.now_ms - DAYS * DAY_MS
    try:
        buckets = visit.store.buckets(resident_id, quantity, Range(start_ms, visit.now_ms + 1), bucket_ms=DAY_MS)
    except StoreUnavailableError:
        return None
    by_day = {one.start_ms // DAY_MS - start_ms // DAY_MS: one for one in buckets}
    before = [one for one in buckets if one.start_ms + DAY_MS <= visit.now_ms]
    samples = sum(one.samples for one in before)
    if len(before) < _FEWEST_DAYS or not samples:
        return None
    days = [by_day[day].mean if day in by_day else None for day in range(DAYS + 1)]
    return Usual(sum(one.mean * one.samples for one in before) / samples, days)
