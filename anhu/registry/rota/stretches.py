"""A rota drawn over a time: stretches in which nothing changes, and the gaps among them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from anhu.contract.clock import DAY_MS
from anhu.registry.rota.duty import Absent, Moment, Stint, leave_span_ms, moment_of, stints
from anhu.registry.rota.model import Covers, Rota
from anhu.registry.rota.wall_clock import local_day

AHEAD_MS = 14 * DAY_MS
"""How far ahead gaps are shown and told."""
_ONE_DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """A time in which nothing changes; the end does not belong to it. [ms]."""

    start_ms: int
    end_ms: int
    moment: Moment


class GapKind(StrEnum):
    """What is missing."""

    NOBODY = "nobody"
    """Nobody at all, when somebody must be there."""
    SHIFT = "shift"
    """Nobody on one shift; another shift has somebody."""


class RotaGap(NamedTuple):
    """A time in which somebody is missing.

    Attributes
    ----------
    start_ms, end_ms : int
        The end does not belong to it, and is no later than where the search ended. [ms]
    shifts : tuple of Stint
        The shifts without anybody; none: there is no shift at all.
    absent : tuple of Absent
        Who should have been there.
    """

    kind: GapKind
    start_ms: int
    end_ms: int
    shifts: tuple[Stint, ...]
    absent: tuple[Absent, ...]


def stretches(rota: Rota, from_ms: int, until_ms: int) -> list[Stretch]:
    """Cut a time into stretches in which nothing changes. [ms]."""
    first, last = local_day(from_ms, rota.zone) - _ONE_DAY, local_day(until_ms, rota.zone) + _ONE_DAY
    near = stints(rota, first, last)
    edges = {edge for one in near for edge in (one.start_ms, one.end_ms)}
    edges |= {edge for leave in rota.leaves for edge in leave_span_ms(rota, leave)}
    edges |= {change.since_ms for change in rota.changes}
    cuts = [from_ms, *sorted(edge for edge in edges if from_ms < edge < until_ms), until_ms]
    return [Stretch(start, end, moment_of(rota, near, start)) for start, end in pairwise(cuts) if start < end]


def gaps(rota: Rota, from_ms: int, until_ms: int) -> list[RotaGap]:
    """Return when somebody is missing, earliest first; without any shift nothing is missing: all are called. [ms]."""
    if not rota.shifts:
        return []
    found: list[RotaGap] = []
    for stretch in stretches(rota, from_ms, until_ms):
        for gap in _gaps_of(rota, stretch):
            if found and _goes_on(found[-1], gap):
                found[-1] = found[-1]._replace(end_ms=gap.end_ms)
            else:
                found.append(gap)
    return found


def gaps_ahead(rota: Rota, now_ms: int) -> list[RotaGap]:
    """Return the gaps that run or begin within fourteen days; one day further is looked for their ends. [ms]."""
    return [gap for gap in gaps(rota, now_ms, now_ms + AHEAD_MS + DAY_MS) if gap.start_ms < now_ms + AHEAD_MS]


def is_gap(rota: Rota, now: Moment) -> bool:
    """Tell whether nobody is there when somebody must be."""
    return bool(rota.shifts) and not now.turns and (bool(now.running) or rota.covers is Covers.ALWAYS)


def _gaps_of(rota: Rota, stretch: Stretch) -> Iterator[RotaGap]:
    now = stretch.moment
    if is_gap(rota, now):
        yield RotaGap(GapKind.NOBODY, stretch.start_ms, stretch.end_ms, now.unstaffed, now.absent)
    elif now.turns and now.unstaffed:
        missing = {stint.shift.id for stint in now.unstaffed}
        absent = tuple(one for one in now.absent if one.shift_id in missing)
        yield RotaGap(GapKind.SHIFT, stretch.start_ms, stretch.end_ms, now.unstaffed, absent)


def _goes_on(before: RotaGap, gap: RotaGap) -> bool:
    is_same = (before.kind, before.shifts, before.absent) == (gap.kind, gap.shifts, gap.absent)
    return is_same and before.end_ms == gap.start_ms
