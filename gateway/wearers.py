"""What a device that was passed on had kept of its former wearer goes to him or her, and never to the new one.

A watch sends what it measured while it had no line once it has one again: perhaps on another wrist. What it says of now
is its present wearer's. What is surely older goes by the history of its bindings; in doubt (a clock that was never seen
to be right, the minutes before it was handed over) it is nobody's: kept, and shown to nobody.

A call for help is always the present wearer's. A device with a wrong clock must not send help to an empty bed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from anhu.contract.device_clock import LATE_MS, SANE_MS, DeviceClock
from anhu.contract.meaning import is_call
from anhu.contract.observation import Event, Observation, Quality, TimeQuality
from anhu.contract.record import Numbers, Reading
from gateway.counters import IntakeCounters
from gateway.directory import DeviceEntry, Owner, Wearing

_MOST_CLOCKS = 20_000
_LATE = int(Quality.LATE)
Keyed = tuple[str, Reading | Numbers]


class FormerWearers:
    """Parts what devices say by who wore them when.

    Parameters
    ----------
    counters : IntakeCounters
        Counts the observations that go to a former wearer, and those that go to nobody.
    """

    def __init__(self, counters: IntakeCounters) -> None:
        self._counters = counters
        self._clocks: dict[str, DeviceClock] = {}

    def parted(self, device: DeviceEntry, readings: Sequence[Keyed]) -> list[Keyed]:
        """Return the readings, each with the key of whose it is; asked only of devices that were passed on."""
        found: list[Keyed] = []
        for key, reading in readings:
            of_nobody = type(reading) is Reading and reading.observations[0].source
            worn = None if of_nobody else device.worn.get(reading.device_id)
            found += self._by_wearer(key, reading, worn) if worn else [(key, reading)]
        return found

    def _by_wearer(self, key: str, reading: Reading | Numbers, worn: Sequence[Wearing]) -> Iterator[Keyed]:
        seen = reading.observations
        clock = self._clock(reading.device_id)
        clock.hear(seen, reading.received_at_ms)
        present = Owner(reading.device_id, reading.resident_id, key)
        parts: dict[Owner, list[Observation]] = {}
        for one in seen:
            owner = self._owner(one, reading.received_at_ms, clock, present, worn)
            parts.setdefault(owner, []).append(one)
        if list(parts) == [present]:
            yield key, reading
            return
        for owner, of_it in parts.items():
            if owner.resident_id != present.resident_id:
                self._counters.of_former += len(of_it) if owner.resident_id else 0
                self._counters.of_nobody += 0 if owner.resident_id else len(of_it)
            yield owner.partition_key, Reading(*owner[:2], reading.received_at_ms, tuple(of_it))

    def _owner(
        self, seen: Observation, received_ms: int, clock: DeviceClock, present: Owner, worn: Sequence[Wearing]
    ) -> Owner:
        at_ms = seen.observed_at_ms
        since_ms = worn[0].from_ms if worn[0].until_ms is None else worn[0].until_ms
        if at_ms >= since_ms or received_ms - at_ms <= LATE_MS or seen.time_quality is not TimeQuality.DEVICE:
            return present
        if type(seen) is Event and is_call(seen):
            return present
        if not clock.flags(at_ms, seen.time_quality, received_ms) & _LATE:
            return present  # a clock that is behind: it is said of now
        if clock.was_sane and at_ms < since_ms - SANE_MS:
            for one in worn:
                if one.until_ms is not None and one.from_ms <= at_ms < one.until_ms:
                    return one.owner
        return Owner(present.device_id, "", present.device_id)

    def _clock(self, device_id: str) -> DeviceClock:
        clock = self._clocks.pop(device_id, None) or DeviceClock()
        self._clocks[device_id] = clock  # who spoke last stands last
        if len(self._clocks) > _MOST_CLOCKS:
            del self._clocks[next(iter(self._clocks))]
        return clock
