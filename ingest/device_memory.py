"""What is remembered of each device's newest points: enough to know a repetition, a contradiction and a gap.

A series is one block of integers: its rhythm, and the marks (time and value, folded) of its newest points. Quantities
that always come in one message share one.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TypeAlias

from anhu.contract.device_clock import DeviceClock
from anhu.contract.observation import Quality

_GAP_PERIODS = 3
_LEARNED_INTERVALS = 5
_REMEMBERED = 6
_MOST_PARTINGS = 100  # a device whose quantities come in changing company is looked at one by one
NEWEST_MS, _PERIOD_MS, _DEVIATION_MS, _INTERVALS, _NEXT, _MARKS = range(6)  # places in a series' memory
_TIME_MASK = (1 << 39) - 1
_VALUE_BITS = 24
VALUE_MASK = (1 << _VALUE_BITS) - 1
_GAP = int(Quality.GAP)
Series: TypeAlias = "array[int]"


def time_bits(at_ms: int) -> int:
    """Return the mark of a point without its value: or in the value's hash, cut to `VALUE_MASK`. [ms]."""
    return (at_ms & _TIME_MASK) << _VALUE_BITS


class DeviceMemory:
    """What is remembered of one device."""

    __slots__ = ("_partings", "clock", "series", "together")

    def __init__(self) -> None:
        self.clock = DeviceClock()
        self.series: dict[str, Series] = {}
        self.together: dict[tuple[str, ...], Series] = {}
        """Quantities that always come in one message, and nowhere else: one memory for all of them."""
        self._partings = 0

    def bring_together(self, codes: tuple[str, ...]) -> Series | None:
        """Let quantities share a memory from now on, if all are new or have the same rhythm; else return None."""
        if self._partings > _MOST_PARTINGS or any(code in others for others in self.together for code in codes):
            return None
        own = [self.series.get(code) for code in codes]
        known = [one for one in own if one is not None]
        if not known:
            shared = new_series(len(codes))
        elif len(known) == len(codes) and all(one[:_MARKS] == known[0][:_MARKS] for one in known):
            shared = known[0][:_MARKS]
            shared.extend(mark for marks in zip(*[one[_MARKS:] for one in known], strict=True) for mark in marks)
        else:
            return None
        for code in codes:
            self.series.pop(code, None)
        self.together[codes] = shared
        return shared

    def part(self, quantities: set[str]) -> None:
        """Give quantities, and those they came with, memories of their own again."""
        for codes in [codes for codes in self.together if not quantities.isdisjoint(codes)]:
            shared = self.together.pop(codes)
            for i, code in enumerate(codes):
                self.series[code] = shared[:_MARKS] + shared[_MARKS + i :: len(codes)]
            self._partings += 1


def new_series(quantities: int = 1) -> Series:
    """Return an empty memory: rhythm and newest points, one mark a quantity each, in one block of integers."""
    return array("q", bytes(8 * (_MARKS + _REMEMBERED * quantities)))


def recalled(series: Series, mark: int) -> bool | None:
    """Return True for a point that came before, False for another value in its place, None for a new one."""
    at = mark >> _VALUE_BITS
    for known in series[_MARKS:]:
        if known >> _VALUE_BITS == at:
            return known == mark
    return None


def remember(series: Series, at_ms: int, marks: Sequence[int], *, rhythmic: bool) -> int:
    """Keep a point of each quantity and learn the rhythm; return GAP for the first one after a gap, else 0."""
    place = series[_NEXT]
    series[_NEXT] = place + 1 if place + 1 < _REMEMBERED else 0
    for i, mark in enumerate(marks, _MARKS + place * len(marks)):
        series[i] = mark
    newest_ms = series[NEWEST_MS]
    interval_ms = at_ms - newest_ms
    if interval_ms <= 0:
        return 0
    series[NEWEST_MS] = at_ms
    if not newest_ms or not rhythmic:
        return 0
    period_ms, intervals = series[_PERIOD_MS], series[_INTERVALS]
    gap = 0
    if intervals < _LEARNED_INTERVALS:
        series[_INTERVALS] = intervals + 1
        period_ms = period_ms if intervals else interval_ms
    elif is_gap(series, interval_ms):
        gap, interval_ms = _GAP, _GAP_PERIODS * period_ms
    away_ms = interval_ms - period_ms
    series[_PERIOD_MS] = period_ms + away_ms // 8
    series[_DEVIATION_MS] += (abs(away_ms) - series[_DEVIATION_MS]) // 8
    return gap


def is_gap(series: Series, interval_ms: int) -> bool:
    """Tell whether more than three periods of a steady rhythm, once it is learned, went by without a point."""
    if series[_INTERVALS] < _LEARNED_INTERVALS:
        return False
    period_ms = series[_PERIOD_MS]
    return interval_ms > _GAP_PERIODS * period_ms and series[_DEVIATION_MS] * 2 <= period_ms
