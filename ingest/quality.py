"""How far to trust what a device sent: flags are added, values and times are never altered.

Times. A report that is ahead of us by more than ten minutes comes from a wrong clock: nothing can arrive before it was
observed. A report from the past is either late (buffered on the way) or from a clock that is behind. The two are told
apart by how the lag behaves: a buffer empties, so its lag shrinks to nothing within minutes; a wrong clock keeps its
lag. A device is called skewed when every report of at least ten minutes, three or more, had a lag above ten minutes
and within two minutes of each other, and until a report comes with a sane lag. Before that, and in doubt, it is late.

Duplicates are looked for among the newest points of each device and quantity; gaps only where reports are regular.
"""

from __future__ import annotations

import zlib
from array import array
from collections import OrderedDict
from typing import NamedTuple

import msgspec
import numpy as np

from gateway.contract.clock import MINUTE_MS
from gateway.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, Waveform
from gateway.contract.quantities import QUANTITIES
from gateway.contract.record import Reading

SKEW_MS = 10 * MINUTE_MS
LATE_MS = 2 * MINUTE_MS
_SKEW_REPORTS = 3
_GAP_PERIODS = 3
_LEARNED_INTERVALS = 5
_REMEMBERED = 6
_NEWEST_MS, _PERIOD_MS, _DEVIATION_MS, _INTERVALS, _NEXT, _MARKS = range(6)  # places in a series' memory
_TIME_MASK = (1 << 39) - 1
_VALUE_BITS = 24


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

    def check(self, reading: Reading) -> Checked:
        """Flag one reading's observations."""
        device = self._device(reading.device_id)
        device.clock.hear(reading)
        kept: list[Observation] = []
        conflicts: list[Observation] = []
        duplicates = 0
        for seen in reading.observations:
            series = device.series(seen)
            match series.recall(seen):
                case None:
                    kept.append(_flagged(seen, _flags(seen, reading.received_at_ms, device.clock) | series.hear(seen)))
                case True:
                    duplicates += 1
                case False:
                    conflicts.append(_flagged(seen, Quality.DUPLICATE))
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

    __slots__ = ("_series", "clock")

    def __init__(self) -> None:
        self.clock = _DeviceClock()
        self._series: dict[str, _Series] = {}

    def series(self, seen: Observation) -> _Series:
        series = self._series.get(seen.quantity)
        if series is None:
            series = self._series[seen.quantity] = _Series()
        return series


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

    def hear(self, reading: Reading) -> None:
        """Learn from the freshest device time of a reading."""
        times = [o.observed_at_ms for o in reading.observations if o.time_quality is not TimeQuality.RECEIVED]
        if not times:
            return
        lag_ms = reading.received_at_ms - max(times)
        if lag_ms <= SKEW_MS:
            self.lag_ms = self._reports = 0
            return
        low_ms, high_ms = min(self._low_ms, lag_ms), max(self._high_ms, lag_ms)
        if not self._reports or high_ms - low_ms > LATE_MS:
            self._restart(reading.received_at_ms, lag_ms)
            return
        self._low_ms, self._high_ms = low_ms, high_ms
        self._reports += 1
        if self._reports >= _SKEW_REPORTS and reading.received_at_ms - self._first_ms >= SKEW_MS:
            self.lag_ms = low_ms

    def _restart(self, first_ms: int, lag_ms: int) -> None:
        self._first_ms, self._low_ms, self._high_ms, self._reports = first_ms, lag_ms, lag_ms, 1


class _Series:
    """Newest points and rhythm of one quantity of one device: small integers in one block of memory."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state = array("q", bytes(8 * (_MARKS + _REMEMBERED)))

    def recall(self, seen: Observation) -> bool | None:
        """Return True for a point that came before, False for another value in its place, None for a new one."""
        state, mark = self._state, _mark(seen)
        at = mark >> _VALUE_BITS
        for known in state[_MARKS:]:
            if known >> _VALUE_BITS == at:
                return known == mark
        state[_MARKS + state[_NEXT]] = mark
        state[_NEXT] = (state[_NEXT] + 1) % _REMEMBERED
        return None

    def hear(self, seen: Observation) -> Quality:
        """Learn the rhythm; return GAP for the first point after more than three periods."""
        state = self._state
        interval_ms = seen.observed_at_ms - state[_NEWEST_MS]
        if interval_ms <= 0:
            return Quality.GOOD
        first, state[_NEWEST_MS] = state[_NEWEST_MS] == 0, seen.observed_at_ms
        if first or isinstance(seen, Event):
            return Quality.GOOD
        regular = state[_INTERVALS] >= _LEARNED_INTERVALS and state[_DEVIATION_MS] * 2 <= state[_PERIOD_MS]
        gap = regular and interval_ms > _GAP_PERIODS * state[_PERIOD_MS]
        self._learn(min(interval_ms, _GAP_PERIODS * state[_PERIOD_MS]) if gap else interval_ms)
        return Quality.GAP if gap else Quality.GOOD

    def _learn(self, interval_ms: int) -> None:
        state = self._state
        if state[_INTERVALS] == 0:
            state[_PERIOD_MS] = interval_ms
        away_ms = interval_ms - state[_PERIOD_MS]
        state[_PERIOD_MS] += away_ms // 8
        state[_DEVIATION_MS] += (abs(away_ms) - state[_DEVIATION_MS]) // 8
        state[_INTERVALS] = min(state[_INTERVALS] + 1, _LEARNED_INTERVALS)


def _mark(seen: Observation) -> int:
    """Return 39 bits of the time and 24 bits of the value in one number."""
    if isinstance(seen, Scalar):
        value = hash((seen.value, seen.context))
    elif isinstance(seen, Waveform):
        value = zlib.crc32(seen.samples)
    else:
        value = zlib.crc32(msgspec.msgpack.encode((seen.state, seen.attributes), order="deterministic"))
    return (seen.observed_at_ms & _TIME_MASK) << _VALUE_BITS | value & ((1 << _VALUE_BITS) - 1)


def _flags(seen: Observation, received_at_ms: int, clock: _DeviceClock) -> Quality:
    flags = Quality.OUT_OF_RANGE if _out_of_range(seen) else Quality.GOOD
    if seen.time_quality is TimeQuality.RECEIVED:
        return flags
    lag_ms = received_at_ms - seen.observed_at_ms
    if seen.time_quality is TimeQuality.SKEWED or lag_ms < -SKEW_MS or clock.lag_ms:
        flags |= Quality.CLOCK_SKEW
    if lag_ms - clock.lag_ms > LATE_MS and seen.time_quality is TimeQuality.DEVICE:
        flags |= Quality.LATE
    return flags


def _out_of_range(seen: Observation) -> bool:
    row = QUANTITIES.get(seen.quantity)
    if row is None or isinstance(seen, Event):
        return False
    if isinstance(seen, Scalar):
        return not row.low <= seen.value <= row.high
    samples = seen.array()
    with np.errstate(invalid="ignore"):
        return bool(((samples < row.low) | (samples > row.high)).any())


def _flagged(seen: Observation, flags: Quality) -> Observation:
    if not flags & ~seen.quality:
        return seen
    return msgspec.structs.replace(seen, quality=seen.quality | int(flags))
