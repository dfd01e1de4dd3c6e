"""The time-series store as the rest of the platform sees it: what a write answers, what can be asked.

A point is identified by device, quantity and device time: writing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.observation import Event, Observation, Waveform
from anhu.contract.record import Numbers

LATEST_WITHIN_MS = 30 * DAY_MS
"""How far `latest` looks back from the newest received time in the store. [ms]"""
LATEST_AHEAD_MS = 10 * MINUTE_MS
"""How far it looks ahead: a device clock in the future must not hide the present. [ms]"""
WAVEFORM_LOOK_BACK_MS = DAY_MS
"""A waveform that began longer than this before a range is not found by it. [ms]"""


class StoredReading(NamedTuple):
    """A reading on its way into the store: flags set, sensors behind gateways resolved to their device."""

    resident_id: str
    device_id: str
    received_at_ms: int
    observations: tuple[Observation, ...]


Stored: TypeAlias = StoredReading | Numbers
"""What a store takes; numbers of which nothing is to be said stay as they lie in the LOG."""


def observations_in(reading: Stored) -> int:
    """Count a reading's observations, making none of them."""
    return len(reading.values) if type(reading) is Numbers else len(reading.observations)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a batch: readings are accepted, refused for good, or kept by the caller for another try.

    Attributes
    ----------
    rejected : sequence of (reading, reason)
        Refused for good (the store says the data is wrong): to the dead letters.
    retry_after_s : float or None
        Nothing, or not everything, was written and the rest may be later; None when all is settled. Writing
        the whole batch again is harmless. [s]
    reason : str
        Why it must be tried again; empty otherwise.
    """

    rejected: Sequence[tuple[Stored, str]] = ()
    retry_after_s: float | None = None
    reason: str = ""


class PlatformRow(NamedTuple):
    """A row of the platform's own health: counters of one process, open alerts of one centre."""

    name: str
    at_ms: int
    tags: Mapping[str, str]
    fields: Mapping[str, float]


class StoreWriter(Protocol):
    """Takes batches."""

    def write(self, readings: Sequence[Stored]) -> WriteResult:
        """Write a batch; raises nothing that comes from the store or the network."""
        ...

    def write_platform(self, rows: Sequence[PlatformRow]) -> None:
        """Write health rows, best effort."""
        ...

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:
        """Delete what is older than device times, where the store does not do so by itself; return how much. [ms]."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class Point(NamedTuple):
    """One stored number."""

    observed_at_ms: int
    value: float
    quality: int
    device_id: str


class Bucket(NamedTuple):
    """Numbers of one stretch of time; `start_ms` is a multiple of the bucket's length."""

    start_ms: int
    low: float
    mean: float
    high: float
    samples: int


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open stretch of device time, start <= t < end. [ms]."""

    start_ms: int
    end_ms: int


class StoreQuery(Protocol):
    """Answers questions about residents. Times are device times, results in time order.

    Raises `StoreUnavailableError` when the store cannot answer now.
    """

    def latest(self, resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        """Return resident -> quantity -> newest number of the 30 days before the newest reading was received."""
        ...

    def points(self, resident_id: str, quantity: str, within: Range, *, limit: int = 10_000) -> Sequence[Point]:
        """Return the first `limit` numbers of a quantity in a range."""
        ...

    def buckets(self, resident_id: str, quantity: str, within: Range, *, bucket_ms: int) -> Sequence[Bucket]:
        """Return low, mean, high per bucket, empty buckets left out; out-of-range values do not count."""
        ...

    def events(self, resident_id: str, within: Range, *, limit: int = 1_000) -> Sequence[tuple[str, Event]]:
        """Return the last `limit` (device_id, event) of a range, oldest first."""
        ...

    def waveforms(
        self, resident_id: str, quantity: str, within: Range, *, limit: int = 100
    ) -> Sequence[tuple[str, Waveform]]:
        """Return the last `limit` (device_id, waveform) overlapping a range, oldest first."""
        ...

    def ping(self) -> str:
        """Return the store's name and version. Used by `anhu doctor`."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class StoreUnavailableError(Exception):
    """The store cannot answer now; asking later may succeed.

    Attributes
    ----------
    away_since_ms : int
        Since when it does not answer; 0: not known. [ms]
    """

    def __init__(self, *reason: object, away_since_ms: int = 0) -> None:
        super().__init__(*reason)
        self.away_since_ms = away_since_ms


class Erasing(Protocol):
    """Erases what a store keeps of a resident; so does every store of numbers, beside taking and telling them."""

    def erase(self, resident_id: str) -> None:
        """Delete everything of a resident for good. Raises `StoreUnavailableError`: some of it may be there still."""
        ...
