"""The stores of all counties, written side by side: one that hangs or refuses holds up no other."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Protocol

from anhu.contract.clock import SECOND_MS, Clock
from ingest.store.counties.homes import HomeDirectory
from ingest.store.port import Erasing, PlatformRow, Stored, StoreUnavailableError, StoreWriter, WriteResult

_WRITERS = 4  # threads of a store; all partitions of a process share them
_PATIENCE_S = 2.0
_REST_MS = 2 * SECOND_MS


class WritingStore(StoreWriter, Erasing, Protocol):
    """What a county's store can do."""


class CountyStore:
    """One store.

    Attributes
    ----------
    away_since_ms : int
        Since when it takes nothing; 0 while it does. [ms]
    reason : str
        Why.
    """

    def __init__(self, name: str, writer: WritingStore, clock: Clock) -> None:
        self.name, self.writer, self._clock = name, writer, clock
        self._threads = ThreadPoolExecutor(_WRITERS, thread_name_prefix=f"store-{name}")
        self._lock = threading.Lock()
        self._failed_ms = 0
        self.away_since_ms = 0
        self.reason = ""

    def may_try(self) -> bool:
        """Take the turn to write: always while it is well, else once in some seconds. Whoever has it must write."""
        with self._lock:
            may = self.is_due
            if may and self.away_since_ms:
                self._failed_ms = self._clock.now_ms()  # who comes next leaves it to us
            return may

    @property
    def is_due(self) -> bool:
        """Whether there is a turn to take now; asking takes none."""
        return not self.away_since_ms or abs(self._clock.now_ms() - self._failed_ms) >= _REST_MS

    def begin(self, readings: Sequence[Stored]) -> Future[WriteResult]:
        """Begin to write a batch."""
        return self._threads.submit(self.writer.write, readings)

    def end(self, writing: Future[WriteResult], patience_s: float) -> WriteResult:
        """Return what became of it; one that takes too long goes on alone, and counts as not done."""
        try:
            result = writing.result(patience_s)
        except FutureTimeoutError:
            result = WriteResult(retry_after_s=0.0, reason=f"no answer within {patience_s:g} s")
        with self._lock:
            if result.retry_after_s is None:
                self.away_since_ms, self.reason = 0, ""
            else:
                self._failed_ms = self._clock.now_ms()
                self.away_since_ms = self.away_since_ms or self._failed_ms
                self.reason = result.reason
        return result

    def away_s(self) -> float:
        """Return for how long it takes nothing; 0 while it does. [s]."""
        return (self._clock.now_ms() - self.away_since_ms) / SECOND_MS if self.away_since_ms else 0.0

    def away(self) -> WriteResult:
        """Return the answer of a store that is not asked now."""
        return WriteResult(retry_after_s=0.0, reason=self.reason)

    def close(self) -> None:
        """Close connections; what hangs is left to end by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.writer.close()


class CountyStores:
    """All stores as one writer: a batch is settled when every store has taken its part.

    Parameters
    ----------
    default : str
        Where health rows go, and what belongs to no county.
    """

    def __init__(self, stores: Mapping[str, CountyStore], directory: HomeDirectory, *, default: str) -> None:
        self.stores, self.directory, self._default = stores, directory, default

    def write(self, readings: Sequence[Stored]) -> WriteResult:
        """Write a batch, each reading to its county's store."""
        results = self.write_parts(self.directory.part(readings), patience_s=60.0)
        failed = [f"{name}: {one.reason}" for name, one in results.items() if one.retry_after_s is not None]
        rejected = [pair for one in results.values() for pair in one.rejected]
        return WriteResult(rejected, 1.0 if failed else None, "; ".join(failed))

    def write_parts(
        self, parts: Mapping[str, Sequence[Stored]], *, patience_s: float = _PATIENCE_S
    ) -> Mapping[str, WriteResult]:
        """Write parts at once, and return what became of each. [s]."""
        begun = {name: self.stores[name].begin(part) for name, part in parts.items() if self.stores[name].may_try()}
        done = {name: self.stores[name].end(writing, patience_s) for name, writing in begun.items()}
        return {name: done[name] if name in done else self.stores[name].away() for name in parts}

    def write_platform(self, rows: Sequence[PlatformRow]) -> None:
        """Write health rows, best effort."""
        self.stores[self._default].writer.write_platform(rows)

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:
        """Delete what is older in every store; return how much. [ms]."""
        limits = {"points_before_ms": points_before_ms, "waveforms_before_ms": waveforms_before_ms}
        return sum(one.writer.prune(**limits) for one in self.stores.values())

    def erase(self, resident_id: str) -> None:
        """Delete everything of a resident in every store. Raises `StoreUnavailableError` naming those that did not."""
        failed = []
        for name, store in self.stores.items():
            try:
                store.writer.erase(resident_id)
            except StoreUnavailableError as error:
                failed.append(f"{name}: {error}")
        if failed:
            raise StoreUnavailableError("; ".join(failed))

    def counters(self) -> Mapping[str, float]:
        """Return since how long each store takes nothing [s], and what went to the default store."""
        away = {f"store_{name}_away_s": one.away_s() for name, one in self.stores.items()}
        return {**away, **{name: float(count) for name, count in self.directory.counts.items()}}

    def close(self) -> None:
        """Close all."""
        for store in self.stores.values():
            store.close()
