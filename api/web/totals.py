"""What a running counter counted: per hour of a day, per day of longer times, in the reader's time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from anhu.contract.clock import DAY_MS, HOUR_MS, SECOND_MS
from api.schemas.observations import BucketView
from ingest.store.port import Range

COUNTED = frozenset({"steps"})
"""Quantities that are reported as a counter that runs on, and starts again at times."""
BUCKET_S = 3_600


class Total(NamedTuple):
    """How much was counted from one moment to another. [ms]."""

    start_ms: int
    end_ms: int
    value: float


def range_before(within: Range) -> Range:
    """Return the range with the day before it, which says from where the counter goes on."""
    return Range(within.start_ms - DAY_MS, within.end_ms)


def totals(buckets: Sequence[BucketView], within: Range, zone: ZoneInfo) -> list[Total]:
    """Return the totals of a range, of hours or of days, in time order; stretches without a word are left out.

    A counter that falls has started again, as watches do at midnight; it then began at zero.
    """
    by_hour = within.end_ms - within.start_ms <= DAY_MS
    found: dict[int, Total] = {}
    if buckets:
        _add(found, buckets[0].start_ms, buckets[0].high - buckets[0].low, zone, by_hour=by_hour)
    for before, after in pairwise(buckets):
        gained = after.high - before.high if after.low >= before.high else after.high
        _add(found, after.start_ms, gained, zone, by_hour=by_hour)
    return [total for total in found.values() if total.end_ms > within.start_ms]


def _add(found: dict[int, Total], at_ms: int, gained: float, zone: ZoneInfo, *, by_hour: bool) -> None:
    start_ms, end_ms = _stretch(at_ms, zone, by_hour=by_hour)
    known = found.get(start_ms, Total(start_ms, end_ms, 0.0))
    found[start_ms] = known._replace(value=known.value + max(gained, 0.0))


def _stretch(at_ms: int, zone: ZoneInfo, *, by_hour: bool) -> tuple[int, int]:
    if by_hour:
        start_ms = at_ms // HOUR_MS * HOUR_MS
        return start_ms, start_ms + HOUR_MS
    midnight = datetime.fromtimestamp(at_ms / SECOND_MS, tz=zone).replace(hour=0, minute=0, second=0, microsecond=0)
    noon_after = datetime.fromtimestamp(midnight.timestamp() + 1.5 * DAY_MS / SECOND_MS, tz=zone)
    return round(midnight.timestamp() * SECOND_MS), round(noon_after.replace(hour=0).timestamp() * SECOND_MS)
