"""One answer from several stores: what lies in two of them, after a move or a crash just then, counts once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from anhu.contract.observation import Event, Waveform
from ingest.store.port import Bucket, Point

_SeenT = TypeVar("_SeenT", Event, Waveform)


def merged_points(answers: Iterable[Sequence[Point]], limit: int) -> Sequence[Point]:
    """Return the first `limit` in time order, one for each device and time."""
    found = {(one.observed_at_ms, one.device_id): one for points in answers for one in points}
    return sorted(found.values())[:limit]


def merged_buckets(answers: Iterable[Sequence[Bucket]]) -> Sequence[Bucket]:
    """Return low, mean and high over all; numbers that lie in two stores weigh twice in the mean of their bucket."""
    found: dict[int, Bucket] = {}
    for buckets in answers:
        for one in buckets:
            old = found.get(one.start_ms)
            found[one.start_ms] = one if old is None else _both(old, one)
    return [found[start_ms] for start_ms in sorted(found)]


def merged_newest(answers: Iterable[Sequence[tuple[str, _SeenT]]], limit: int) -> Sequence[tuple[str, _SeenT]]:
    """Return the last `limit` events or waveforms, oldest first, one for each device, time and kind."""
    found = {_key(device_id, seen): (device_id, seen) for seen_by in answers for device_id, seen in seen_by}
    return [found[key] for key in sorted(found)[-limit:]]


def merged_latest(answers: Iterable[Mapping[str, Mapping[str, Point]]]) -> Mapping[str, Mapping[str, Point]]:
    """Return the newest number of each quantity over all."""
    out: dict[str, dict[str, Point]] = {}
    for answer in answers:
        for resident_id, points in answer.items():
            mine = out.setdefault(resident_id, {})
            for code, point in points.items():
                if code not in mine or mine[code] < point:
                    mine[code] = point
    return out


def _both(a: Bucket, b: Bucket) -> Bucket:
    samples = a.samples + b.samples
    mean = (a.mean * a.samples + b.mean * b.samples) / samples
    return Bucket(a.start_ms, min(a.low, b.low), mean, max(a.high, b.high), samples)


def _key(device_id: str, seen: Event | Waveform) -> tuple[int, str, str]:
    return (seen.observed_at_ms, device_id, seen.kind if isinstance(seen, Event) else seen.quantity)
