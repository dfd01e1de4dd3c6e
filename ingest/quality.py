"""How far to trust what a device sent: flags are added, values and times are never altered.

Times. A report that is ahead of us by more than ten minutes comes from a wrong clock: nothing can arrive before it was
observed. A report from the past is either late (buffered on the way) or from a clock that is behind. The two are told
apart by how the lag behaves: a buffer empties, so its lag shrinks to nothing within minutes; a wrong clock keeps its
lag. A device is called skewed when every report of at least ten minutes, three or more, had a lag above ten minutes
and within two minutes of each other, and until a report comes with a sane lag. Before that, and in doubt, it is late.

Duplicates are looked for among the newest points of each device and quantity; gaps only where reports are regular.

Most messages are numbers that always come together, on time, and newer than all before. Their quantities share one
memory, one rhythm, and one look (`QualityChecks.passes`); whatever is different goes the long way, one by one.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np

from gateway.contract.clock import MINUTE_MS
from gateway.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, Waveform
from gateway.contract.quantities import QUANTITIES
from gateway.contract.record import Numbers, Reading

SKEW_MS = 10 * MINUTE_MS
LATE_MS = 2 * MINUTE_MS
_SKEW_REPORTS = 3
_GAP_PERIODS = 3
_LEARNED_INTERVALS = 5
_REMEMBERED = 6
_MOST_PARTINGS = 100  # a device whose quantities come in changing company is looked at one by one
_NEWEST_MS, _PERIOD_MS, _DEVIATION_MS, _INTERVALS, _NEXT, _MARKS = range(6)  # places in a series' memory
_TIME_MASK = (1 << 39) - 1
_VALUE_BITS = 24
_VALUE_MASK = (1 << _VALUE_BITS) - 1
_NEVER_MS = -(2**63)
_NEVER = (1, 0)  # no time lies between
_Series: TypeAlias = "array[int]"
_ANYTHING = (-math.inf, math.inf)
_PLAUSIBLE = {row.code: (row.low, row.high) for row in QUANTITIES.values()}

# This runs for every number that comes: plain integers and names looked up once are a quarter of the enums' cost.
_DEVICE, _SKEWED, _RECEIVED = TimeQuality.DEVICE, TimeQuality.SKEWED, TimeQuality.RECEIVED
_OUT_OF_RANGE, _CLOCK_SKEW, _LATE = int(Quality.OUT_OF_RANGE), int(Quality.CLOCK_SKEW), int(Quality.LATE)
_GAP, _DUPLICATE = int(Quality.GAP), int(Quality.DUPLICATE)


class Checked(NamedTuple):
    """A reading after the checks.

    Attributes
    ----------
    kept : tuple of Observation
        To be stored, flags set.
    duplicates : int
        Exact repetitions: need not be written again.
    conflicts : tuple of Observation
        Another value for a point that already came; the first one stands.
    """

    kept: tuple[Observation, ...]
    duplicates: int
    conflicts: tuple[Observation, ...]


class QualityChecks:
    """The checks with their memory: about 200 bytes a quantity, of the devices heard last.

    Parameters
    ----------
    max_devices : int
        The device silent for longest is forgotten first.
    """

    def __init__(self, max_devices: int = 200_000) -> None:
        self._devices: OrderedDict[str, _Device] = OrderedDict()
        self._max_devices = max_devices

    def passes(self, numbers: Numbers) -> bool:
        """Remember numbers of which there is nothing to be said; else change nothing and leave them to `check`."""
        device, at_ms, values = self._device(numbers.device_id), numbers.observed_at_ms, numbers.values
        codes = tuple(values)
        series = device.together.get(codes) or device.bring_together(codes)
        if series is None or numbers.time_quality is not _DEVICE or device.clock.lag_ms:
            return False
        interval_ms = at_ms - series[_NEWEST_MS]
        if interval_ms <= 0 or not -SKEW_MS <= numbers.received_at_ms - at_ms <= LATE_MS:
            return False
        if _is_gap(series, interval_ms):
            return False
        bits = (at_ms & _TIME_MASK) << _VALUE_BITS
        marks = []
        for code, value in values.items():
            low, high = _PLAUSIBLE.get(code, _ANYTHING)
            if not low <= value <= high:
                return False
            marks.append(bits | hash(value) & _VALUE_MASK)
        device.clock.is_right()
        _remember(series, at_ms, marks, rhythmic=True)
        return True

    def check(self, reading: Reading) -> Checked:
        """Flag one reading's observations."""
        device, received_at_ms = self._device(reading.device_id), reading.received_at_ms
        if device.together:
            device.part({seen.quantity for seen in reading.observations})
        known, lag_ms = device.series, device.clock.hear(reading)
        # from a clock that is right, this is on time
        oldest_ms, newest_ms = (received_at_ms - LATE_MS, received_at_ms + SKEW_MS) if not lag_ms else _NEVER
        kept: list[Observation] = []
        conflicts: list[Observation] = []
        duplicates = 0
        for seen in reading.observations:
            at_ms, series = seen.observed_at_ms, known.get(seen.quantity)
            if series is None:
                series = known[seen.quantity] = _new_series()
            if isinstance(seen, Scalar):
                low, high = _PLAUSIBLE.get(seen.quantity, _ANYTHING)
                flags = 0 if low <= seen.value <= high else _OUT_OF_RANGE
                value = hash((seen.value, seen.context)) if seen.context else hash(seen.value)
            else:
                flags, value = _read_other(seen)
            mark = (at_ms & _TIME_MASK) << _VALUE_BITS | value & _VALUE_MASK
            if at_ms <= series[_NEWEST_MS]:  # else newer than all that came: nothing to look for
                same = _recalled(series, mark)
                if same is not None:
                    duplicates += same
                    if not same:
                        conflicts.append(_flagged(seen, _DUPLICATE))
                    continue
            flags |= _remember(series, at_ms, (mark,), rhythmic=type(seen) is not Event)
            if not (oldest_ms <= at_ms <= newest_ms and seen.time_quality is _DEVICE):
                flags |= _time_flags(seen, received_at_ms, lag_ms)
            kept.append(_flagged(seen, flags) if flags else seen)
        return Checked(tuple(kept), duplicates, tuple(conflicts))

    def _device(self, device_id: str) -> _Device:
        device = self._devices.get(device_id)
        if device is None:
            device = self._devices[device_id] = _Device()
            if len(self._devices) > self._max_devices:
                self._devices.popitem(last=False)
        else:
            self._devices.move_to_end(device_id)
        return device


class _Device:
    """What is remembered of one device."""

    __slots__ = ("_partings", "clock", "series", "together")

    def __init__(self) -> None:
        self.clock = _DeviceClock()
        self.series: dict[str, _Series] = {}
        self.together: dict[tuple[str, ...], _Series] = {}
        """Quantities that always come in one message, and nowhere else: one memory for all of them."""
        self._partings = 0

    def bring_together(self, codes: tuple[str, ...]) -> _Series | None:
        """Let quantities share a memory from now on, if all are new or have the same rhythm; else return None."""
        if self._partings > _MOST_PARTINGS or any(code in others for others in self.together for code in codes):
            return None
        own = [self.series.get(code) for code in codes]
        known = [one for one in own if one is not None]
        if not known:
            shared = _new_series(len(codes))
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


class _DeviceClock:
    """Tells a clock that is behind from reports that are late; the rule is in the module's docstring."""

    __slots__ = ("_first_ms", "_high_ms", "_low_ms", "_reports", "lag_ms")

    def __init__(self) -> None:
        self.lag_ms = 0
        """By how much the device's clock is behind, once that is sure; else 0. [ms]"""
        self._reports = 0
        self._first_ms = 0
        self._low_ms = 0
        self._high_ms = 0

    def hear(self, reading: Reading) -> int:
        """Learn from the freshest device time of a reading; return by how much the clock is behind. [ms]."""
        newest_ms = _NEVER_MS
        for seen in reading.observations:
            if seen.observed_at_ms > newest_ms and seen.time_quality is not _RECEIVED:
                newest_ms = seen.observed_at_ms
        if newest_ms == _NEVER_MS:
            return self.lag_ms
        lag_ms = reading.received_at_ms - newest_ms
        if lag_ms <= SKEW_MS:
            self.is_right()
        else:
            self._lags(reading.received_at_ms, lag_ms)
        return self.lag_ms

    def is_right(self) -> None:
        """Learn from a reading that is on time."""
        self.lag_ms = self._reports = 0

    def _lags(self, received_at_ms: int, lag_ms: int) -> None:
        low_ms, high_ms = min(self._low_ms, lag_ms), max(self._high_ms, lag_ms)
        if not self._reports or high_ms - low_ms > LATE_MS:
            self._restart(received_at_ms, lag_ms)
            return
        self._low_ms, self._high_ms = low_ms, high_ms
        self._reports += 1
        if self._reports >= _SKEW_REPORTS and received_at_ms - self._first_ms >= SKEW_MS:
            self.lag_ms = low_ms

    def _restart(self, first_ms: int, lag_ms: int) -> None:
        self._first_ms, self._low_ms, self._high_ms, self._reports = first_ms, lag_ms, lag_ms, 1


def _new_series(quantities: int = 1) -> _Series:
    """Return an empty memory: rhythm and newest points, one mark a quantity each, in one block of integers."""
    return array("q", bytes(8 * (_MARKS + _REMEMBERED * quantities)))


def _recalled(series: _Series, mark: int) -> bool | None:
    """Return True for a point that came before, False for another value in its place, None for a new one."""
    at = mark >> _VALUE_BITS
    for known in series[_MARKS:]:
        if known >> _VALUE_BITS == at:
            return known == mark
    return None


def _remember(series: _Series, at_ms: int, marks: Sequence[int], *, rhythmic: bool) -> int:
    """Keep a point of each quantity and learn the rhythm; return GAP for the first one after a gap, else 0."""
    place = series[_NEXT]
    series[_NEXT] = place + 1 if place + 1 < _REMEMBERED else 0
    for i, mark in enumerate(marks, _MARKS + place * len(marks)):
        series[i] = mark
    newest_ms = series[_NEWEST_MS]
    interval_ms = at_ms - newest_ms
    if interval_ms <= 0:
        return 0
    series[_NEWEST_MS] = at_ms
    if not newest_ms or not rhythmic:
        return 0
    period_ms, intervals = series[_PERIOD_MS], series[_INTERVALS]
    gap = 0
    if intervals < _LEARNED_INTERVALS:
        series[_INTERVALS] = intervals + 1
        period_ms = period_ms if intervals else interval_ms
    elif _is_gap(series, interval_ms):
        gap, interval_ms = _GAP, _GAP_PERIODS * period_ms
    away_ms = interval_ms - period_ms
    series[_PERIOD_MS] = period_ms + away_ms // 8
    series[_DEVIATION_MS] += (abs(away_ms) - series[_DEVIATION_MS]) // 8
    return gap


def _is_gap(series: _Series, interval_ms: int) -> bool:
    """Tell whether more than three periods of a steady rhythm, once it is learned, went by without a point."""
    if series[_INTERVALS] < _LEARNED_INTERVALS:
        return False
    period_ms = series[_PERIOD_MS]
    return interval_ms > _GAP_PERIODS * period_ms and series[_DEVIATION_MS] * 2 <= period_ms


def _read_other(seen: Event | Waveform) -> tuple[int, int]:
    """Return whether an event or a waveform is out of its range, as a flag, and what tells it from another."""
    if isinstance(seen, Event):
        return 0, zlib.crc32(msgspec.msgpack.encode((seen.state, seen.attributes), order="deterministic"))
    samples = seen.array()
    low, high = _PLAUSIBLE.get(seen.quantity, _ANYTHING)
    with np.errstate(invalid="ignore"):
        outside = ((samples < low) | (samples > high)).any()
    return _OUT_OF_RANGE if outside else 0, zlib.crc32(seen.samples)


def _time_flags(seen: Observation, received_at_ms: int, clock_lag_ms: int) -> int:
    if seen.time_quality is _RECEIVED:
        return 0
    lag_ms = received_at_ms - seen.observed_at_ms
    flags = 0
    if clock_lag_ms or lag_ms < -SKEW_MS or seen.time_quality is _SKEWED:
        flags = _CLOCK_SKEW
    if lag_ms - clock_lag_ms > LATE_MS and seen.time_quality is _DEVICE:
        flags |= _LATE
    return flags


def _flagged(seen: Observation, flags: int) -> Observation:
    if not flags & ~seen.quality:
        return seen
    return msgspec.structs.replace(seen, quality=seen.quality | flags)
