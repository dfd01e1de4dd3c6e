"""How a chart is put together: whole hours from the hourly values, everything else from the numbers themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from anhu.contract.clock import HOUR_MS
from ingest.store.due_hours import Hours, Known
from ingest.store.port import Bucket, Range


class Plan(NamedTuple):
    """Which stretches of a range are read from where; together they are the range."""

    raw: list[Range]
    hourly: list[Range]


class Part(NamedTuple):
    """A bucket whose numbers may not all be here yet."""

    start_ms: int
    low: float
    total: float
    high: float
    samples: int


def hours_of(within: Range) -> Hours:
    """Return the whole hours of a range."""
    return Hours(-(-within.start_ms // HOUR_MS), within.end_ms // HOUR_MS)


def plan(within: Range, known: Known) -> Plan:
    """Divide a range: hours that are due, or before the marks began, and parts of hours are read raw."""
    hours = hours_of(within)
    if known.since is None or max(hours.first, known.since) >= hours.end:
        return Plan([within], [])
    first = max(hours.first, known.since)
    out = Plan([], [])
    raw_from_ms = within.start_ms
    for due in (*(hour for hour in known.due if hour >= first), hours.end):
        if due > first:
            _add(out.raw, raw_from_ms, first * HOUR_MS)
            _add(out.hourly, first * HOUR_MS, due * HOUR_MS)
            raw_from_ms = due * HOUR_MS
        first = due + 1
    _add(out.raw, raw_from_ms, within.end_ms)
    return out


def _add(ranges: list[Range], start_ms: int, end_ms: int) -> None:
    if start_ms < end_ms:
        ranges.append(Range(start_ms, end_ms))


def joined(parts: Iterable[Part]) -> list[Bucket]:
    """Join the parts of each bucket; those without a number are left out."""
    found: dict[int, Part] = {}
    for part in parts:
        old = found.get(part.start_ms)
        if old is not None:
            part = Part(  # noqa: PLW2901 - the sum takes the place of what is added to it
                part.start_ms,
                min(old.low, part.low),
                old.total + part.total,
                max(old.high, part.high),
                old.samples + part.samples,
            )
        found[part.start_ms] = part
    return [
        Bucket(p.start_ms, p.low, p.total / p.samples, p.high, p.samples) for _, p in sorted(found.items()) if p.samples
    ]
