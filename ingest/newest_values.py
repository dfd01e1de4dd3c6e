"""Which numbers of a resident are the newest: gathered beside the series until they are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.contract.observation import Scalar
from anhu.contract.record import Numbers
from ingest.store.port import LATEST_AHEAD_MS, Point, Stored, WriteResult

Found: TypeAlias = Mapping[str, tuple[int, float, int, str]]
"""Quantity -> time, value, quality, device."""


class NewestTable(Protocol):
    """Where they are written down."""

    def put(self, values: Mapping[str, Found]) -> None:
        """Let a table of residents' numbers count, each where there is nothing newer of its quantity."""
        ...

    def note_received(self, at_ms: int) -> None:
        """Say that a reading came. [ms]."""
        ...


def joined(old: Found, new: Found) -> Found:
    """Return both, of each quantity the newer; of the same time the latter: it is the same or a correction."""
    out = dict(old)
    for code, one in new.items():
        known = out.get(code)
        if known is None or known[0] <= one[0]:
            out[code] = one
    return out


def found_of(points: Mapping[str, Point]) -> Found:
    """Return what a store answered."""
    return {code: (one.observed_at_ms, one.value, one.quality, one.device_id) for code, one in points.items()}


def accepted(readings: Sequence[Stored], result: WriteResult) -> Sequence[Stored]:
    """Return what a store took of a batch."""
    if not result.rejected:
        return readings
    refused = {id(one) for one, _ in result.rejected}
    return [one for one in readings if id(one) not in refused]


class NewestValues:
    """Gathers the newest numbers of one partition's residents, and writes them down every few seconds.

    Whoever commits a position of the LOG writes down first: then a crash reads again what was not written.

    Parameters
    ----------
    every_s : float
        Between two times of writing. [s]
    """

    def __init__(self, table: NewestTable, clock: Clock, *, every_s: float = 5.0) -> None:
        self._table, self._clock, self._every_ms = table, clock, every_s * SECOND_MS
        self._waiting: dict[str, dict[str, tuple[int, float, int, str]]] = {}
        self._received_ms = self._noted_ms = 0
        self._written_ms = 0
        self.written = 0
        """Residents' rows written since the start."""

    @property
    def waiting(self) -> int:
        """How many residents have numbers that are not written down."""
        return len(self._waiting)

    def counters(self) -> Mapping[str, float]:
        """Return how many residents' rows were written, and how many wait."""
        return {"newest_written": float(self.written), "newest_waiting": float(self.waiting)}

    def hear(self, readings: Sequence[Stored]) -> None:
        """Take note of a batch that is stored, or that lies in the LOG until its store is back."""
        waiting = self._waiting
        for reading in readings:
            if not (resident_id := reading.resident_id):
                continue
            mine = waiting.get(resident_id)
            if mine is None:
                mine = waiting[resident_id] = {}
            if type(reading) is Numbers:
                at_ms = reading.observed_at_ms
                if at_ms > reading.received_at_ms + LATEST_AHEAD_MS:
                    continue
                device_id = reading.device_id
                for code, value in reading.values.items():
                    known = mine.get(code)
                    if known is None or known[0] <= at_ms:
                        mine[code] = (at_ms, value, 0, device_id)
            else:
                _hear(reading, mine)
        if readings:
            came_ms = max(one.received_at_ms for one in readings)
            self._received_ms = max(self._received_ms, came_ms)

    def is_due(self) -> bool:
        """Tell whether it is time to write down."""
        return abs(self._clock.now_ms() - self._written_ms) >= self._every_ms  # the clock may be set back

    def write(self) -> None:
        """Write down. Raises what the table raises; then all of it waits on."""
        if self._waiting:
            self._table.put(self._waiting)
            self.written += len(self._waiting)
            self._waiting = {}
        if self._received_ms >= self._noted_ms + MINUTE_MS:
            self._table.note_received(self._received_ms)
            self._noted_ms = self._received_ms
        self._written_ms = self._clock.now_ms()


def _hear(reading: Stored, mine: dict[str, tuple[int, float, int, str]]) -> None:
    for seen in reading.observations:
        if type(seen) is Scalar and seen.observed_at_ms <= reading.received_at_ms + LATEST_AHEAD_MS:
            known = mine.get(seen.quantity)
            if known is None or known[0] <= seen.observed_at_ms:
                mine[seen.quantity] = (seen.observed_at_ms, float(seen.value), seen.quality, reading.device_id)
