"""How far to trust what a device sent: flags are added, values and times are never altered.

Times. A report that is ahead of us comes from a wrong clock. A report from the past is either late (buffered on the
way) or from a clock that is behind; how the two are told apart is in `anhu.contract.device_clock`, for alarms too.

Duplicates are looked for among the newest points of each device and quantity; gaps only where reports are regular.

Most messages are numbers that always come together, on time, and newer than all before. Their quantities share one
memory, one rhythm, and one look (`QualityChecks.passes`); whatever is different goes the long way, one by one.
"""

from __future__ import annotations

import math
import zlib
from collections import OrderedDict
from typing import NamedTuple

import msgspec
import numpy as np

from anhu.contract.device_clock import LATE_MS, SANE_MS, until_ms
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, Waveform
from anhu.contract.quantities import QUANTITIES
from anhu.contract.record import Numbers, Reading
from ingest.device_memory import NEWEST_MS, VALUE_MASK, DeviceMemory, is_gap, new_series, recalled, remember, time_bits

_NEVER = (1, 0)  # no time lies between
_ANYTHING = (-math.inf, math.inf)
_PLAUSIBLE = {row.code: (row.low, row.high) for row in QUANTITIES.values()}

# This runs for every number that comes: plain integers and names looked up once are a quarter of the enums' cost.
_DEVICE = TimeQuality.DEVICE
_OUT_OF_RANGE, _DUPLICATE, _KEPT = int(Quality.OUT_OF_RANGE), int(Quality.DUPLICATE), int(Quality.KEPT)


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
        self._devices: OrderedDict[str, DeviceMemory] = OrderedDict()
        self._max_devices = max_devices

    def passes(self, numbers: Numbers) -> bool:
        """Remember numbers of which there is nothing to be said; else change nothing and leave them to `check`."""
        device, at_ms, values = self._device(numbers.device_id), numbers.observed_at_ms, numbers.values
        codes = tuple(values)
        series = device.together.get(codes) or device.bring_together(codes)
        if series is None or numbers.time_quality is not _DEVICE or device.clock.lag_ms:
            return False
        interval_ms = at_ms - series[NEWEST_MS]
        if interval_ms <= 0 or not -SANE_MS <= numbers.received_at_ms - at_ms <= LATE_MS:
            return False
        if is_gap(series, interval_ms):
            return False
        bits = time_bits(at_ms)
        marks = []
        for code, value in values.items():
            low, high = _PLAUSIBLE.get(code, _ANYTHING)
            if not low <= value <= high:
                return False
            marks.append(bits | hash(value) & VALUE_MASK)
        device.clock.is_right()
        remember(series, at_ms, marks, rhythmic=True)
        return True

    def check(self, reading: Reading) -> Checked:
        """Flag one reading's observations."""
        device, received_at_ms = self._device(reading.device_id), reading.received_at_ms
        if device.together:
            device.part({seen.quantity for seen in reading.observations})
        known, clock = device.series, device.clock
        clock.hear(reading.observations, received_at_ms)
        # from a clock that is right, this is on time
        oldest_ms, newest_ms = (received_at_ms - LATE_MS, received_at_ms + SANE_MS) if not clock.lag_ms else _NEVER
        kept: list[Observation] = []
        conflicts: list[Observation] = []
        duplicates = 0
        for seen in reading.observations:
            at_ms = sent_ms = seen.observed_at_ms
            series = known.get(seen.quantity)
            if series is None:
                series = known[seen.quantity] = new_series()
            if isinstance(seen, Scalar):
                low, high = _PLAUSIBLE.get(seen.quantity, _ANYTHING)
                flags = 0 if low <= seen.value <= high else _OUT_OF_RANGE
                value = hash((seen.value, seen.context)) if seen.context else hash(seen.value)
            else:
                flags, value, sent_ms = _read_other(seen)
            mark = time_bits(at_ms) | value & VALUE_MASK
            if at_ms <= series[NEWEST_MS]:  # else newer than all that came: nothing to look for
                same = recalled(series, mark)
                if same is not None:
                    duplicates += same
                    if not same:
                        conflicts.append(_flagged(seen, _DUPLICATE))
                    continue
            flags |= remember(series, at_ms, (mark,), rhythmic=type(seen) is not Event)
            if not (oldest_ms <= sent_ms <= newest_ms and seen.time_quality is _DEVICE) and not seen.quality & _KEPT:
                flags |= clock.flags(sent_ms, seen.time_quality, received_at_ms)
            kept.append(_flagged(seen, flags) if flags else seen)
        return Checked(tuple(kept), duplicates, tuple(conflicts))

    def _device(self, device_id: str) -> DeviceMemory:
        device = self._devices.get(device_id)
        if device is None:
            device = self._devices[device_id] = DeviceMemory()
            if len(self._devices) > self._max_devices:
                self._devices.popitem(last=False)
        else:
            self._devices.move_to_end(device_id)
        return device


def _read_other(seen: Event | Waveform) -> tuple[int, int, int]:
    """Return of an event or a waveform the flag of its range, what tells it from another, and when it was complete."""
    if isinstance(seen, Event):
        content = msgspec.msgpack.encode((seen.state, seen.attributes), order="deterministic")
        return 0, zlib.crc32(content), seen.observed_at_ms
    samples = seen.array()
    low, high = _PLAUSIBLE.get(seen.quantity, _ANYTHING)
    with np.errstate(invalid="ignore"):
        outside = ((samples < low) | (samples > high)).any()
    return _OUT_OF_RANGE if outside else 0, zlib.crc32(seen.samples), until_ms(seen)


def _flagged(seen: Observation, flags: int) -> Observation:
    if not flags & ~seen.quality:
        return seen
    return msgspec.structs.replace(seen, quality=seen.quality | flags)
