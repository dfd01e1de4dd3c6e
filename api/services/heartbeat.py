"""The platform's calls of itself: what became of them in the last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from anhu.contract.clock import HOUR_MS
from api.dependencies import Dependencies
from api.schemas.platform import BeatView, HeartbeatView
from api.security.roles import Permission, Viewer, require

HOURS = 24


@dataclass(frozen=True, slots=True)
class Hour:
    """The calls of one hour.

    Attributes
    ----------
    slowest_ms : int
        Of those that arrived; 0 without any. [ms]
    """

    begins_ms: int
    calls: int
    failed: int
    slowest_ms: int


def heartbeat(deps: Dependencies, viewer: Viewer) -> HeartbeatView:
    """Return what became of the calls of the last day."""
    require(viewer, Permission.READ_PLATFORM)
    beats = _last_day(deps)
    took = [beat.phone_ms for beat in beats if beat.phone_ms is not None]
    return HeartbeatView(
        calls=len(beats),
        arrived=len(took),
        half_ms=median_low(took) if took else None,
        slowest_ms=max(took, default=None),
        failing_since_ms=_failing_since(beats),
        last=beats[-1] if beats else None,
    )


def hours(deps: Dependencies, viewer: Viewer) -> list[Hour]:
    """Return the calls of the last day by the hour, the oldest first; an hour without any is there too."""
    require(viewer, Permission.READ_PLATFORM)
    now_ms = deps.clock.now_ms()
    first_ms = now_ms - now_ms % HOUR_MS - (HOURS - 1) * HOUR_MS
    parted: dict[int, list[BeatView]] = {first_ms + number * HOUR_MS: [] for number in range(HOURS)}
    for beat in _last_day(deps):
        parted.get(beat.at_ms - beat.at_ms % HOUR_MS, []).append(beat)
    return [_hour(begins_ms, beats) for begins_ms, beats in parted.items()]


def _hour(begins_ms: int, beats: Sequence[BeatView]) -> Hour:
    took = [beat.phone_ms for beat in beats if beat.phone_ms is not None]
    return Hour(begins_ms, len(beats), len(beats) - len(took), max(took, default=0))


def _last_day(deps: Dependencies) -> Sequence[BeatView]:
    since_ms = deps.clock.now_ms() - HOURS * HOUR_MS
    return [beat for beat in deps.beats() if beat.at_ms >= since_ms]


def _failing_since(beats: Sequence[BeatView]) -> int | None:
    """Return when the first call was made of those that have failed since, in whatever partition."""
    since_ms: dict[int, int] = {}
    well: set[int] = set()
    for beat in reversed(beats):
        if beat.phone_ms is not None:
            well.add(beat.partition)
        elif beat.partition not in well:
            since_ms[beat.partition] = beat.at_ms
    return min(since_ms.values(), default=None)
