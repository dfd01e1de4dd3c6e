"""A store that is away gets a lane of its own: the others go on, and it is given later what it has not taken.

The LOG is the buffer. A lane stands where its store took nothing any more, and reads the LOG again from there, only for
that store, up to where the others are; then the store is level and the lane ends. The LOG's committed position is that
of the hindmost, so nothing is dropped that somebody has not; how far the others are is written down beside it, so that
a restart does not set them back. While every store is away nobody reads on, and no lane grows.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import SECOND_MS, Clock
from anhu.log.port import LogReader, Position
from ingest.batch import Batch, BatchBuilder, refused_letter
from ingest.lane_progress import LaneProgress, Progress
from ingest.letter import Letters
from ingest.pause import stopped_within
from ingest.shared.progress import StoreBehind
from ingest.store.counties.stores import CountyStores
from ingest.store.port import Stored, WriteResult

logger = logging.getLogger(__name__)
_RECORDS, _BYTES = 5_000, 2_097_152
_LANE_PATIENCE_S = 30.0
_LAST_STEPS = 3
_NAP_S = 0.2


class Lane:
    """What one store has not taken of one partition.

    Attributes
    ----------
    position : Position
        Everything before it is in the store.
    is_near : bool
        It was where the others were, when it was last looked at.
    """

    def __init__(self, name: str, begin: Position, since_ms: int, reason: str, reader: LogReader) -> None:
        self.name, self.position, self.since_ms, self.reason = name, begin, since_ms, reason
        self._reader = reader
        self._builder = BatchBuilder()
        self._batch: Batch | None = None
        self.lock = threading.Lock()
        self.is_near = False

    def next_batch(self, until: Position) -> Batch | None:
        """Return what comes next, up to where the others are; None when the lane is there.

        It is the same until it is `settled`: read and checked once more, it would be a repetition of itself.
        """
        if self._batch is not None:
            return self._batch
        self.is_near = self.position >= until
        if self.is_near:
            return None
        self._reader.seek(self.position)
        read = self._reader.read(_RECORDS, _BYTES)
        if entries := [one for one in read if one.next_position <= until]:
            self._batch = self._builder.build(entries)
            return self._batch
        if read:  # what comes next lies beyond: what was in between is kept no longer
            self.position, self.is_near = until, True
        return None  # an empty read is no end: it has not come to this reader yet

    def settled(self, batch: Batch) -> None:
        """Go on behind a batch that the store has taken."""
        self.position, self._batch, self.is_near = batch.end, None, False

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()


class Lanes:
    """The stores of one partition's worker, and the lanes of those that are behind.

    `write`, `safe` and `idle` are called by the worker's one thread; `follow` runs beside it.

    Parameters
    ----------
    open_reader : callable
        Returns another reader of the partition, which never commits.
    """

    def __init__(
        self,
        stores: CountyStores,
        open_reader: Callable[[], LogReader],
        letters: Letters,
        progress: Progress,
        clock: Clock,
        *,
        partition: int = 0,
    ) -> None:
        self._stores, self._open_reader, self._letters, self._clock = stores, open_reader, letters, clock
        self._progress = LaneProgress(progress, clock, partition)
        self._lanes: dict[str, Lane] = {}
        self._position: Position = 0
        self._told: dict[str, str] = {}

    def resume(self, committed: Position) -> Position:
        """Open the lanes that an earlier process left, and return where the other stores go on."""
        others, rows = self._progress.load()
        self._position = max(committed, others)
        for row in rows:
            begin = max(committed, row.position)  # what was committed since it was written down, the store has
            if row.store in self._stores.stores and begin < self._position:
                self._open(row.store, begin, row.since_ms, row.reason)
        return self._position

    def write(self, readings: Sequence[Stored], begin: Position) -> WriteResult:
        """Write a batch that begins at a position; a store that does not take its part gets a lane from there."""
        self._position = begin
        self._hand_over()
        if self._lanes.keys() >= self._stores.stores.keys():
            return WriteResult(retry_after_s=0.0, reason=f"no store takes anything: {self._reasons()}")
        try:
            parts = self._stores.directory.part(readings)
        except SQLAlchemyError as error:
            reason = f"where residents' readings belong cannot be asked: {type(error).__name__}"
            return WriteResult(retry_after_s=0.0, reason=reason)
        results = self._stores.write_parts({name: part for name, part in parts.items() if name not in self._lanes})
        try:
            for name, result in results.items():
                if result.retry_after_s is not None:
                    self._open(name, begin, self._stores.stores[name].away_since_ms, result.reason)
        except OSError as error:
            return WriteResult(retry_after_s=0.0, reason=f"the LOG: {error}")
        if self._lanes.keys() >= self._stores.stores.keys():
            return WriteResult(retry_after_s=0.0, reason=f"no store takes anything: {self._reasons()}")
        return WriteResult([pair for result in results.values() for pair in result.rejected])

    def safe(self, position: Position) -> Position:
        """Say up to where the stores without a lane are, and return up to where all are."""
        self._position = position
        if self._lanes and self._progress.is_due:
            self._save()
        return min([position, *(lane.position for lane in list(self._lanes.values()))])

    def idle(self, position: Position) -> Position:
        """End lanes that are level while there is nothing new, and return up to where all stores are.

        The others are at the position, which may be beyond what was last committed.
        """
        self._position = position
        self._hand_over()
        return self.safe(position)

    async def follow(self, stop: asyncio.Event) -> None:
        """Give stores that are behind what they have not taken, until told to stop."""
        while not await stopped_within(stop, _NAP_S):
            for lane in list(self._lanes.values()):
                while not stop.is_set() and await asyncio.to_thread(self._step, lane, self._position):
                    pass
        for lane in self._lanes.values():
            lane.close()

    def counters(self) -> Mapping[str, float]:
        """Return for how long each store has been behind; nothing of those that are level. [s]."""
        now_ms = self._clock.now_ms()
        return {f"store_{one.name}_behind_s": (now_ms - one.since_ms) / SECOND_MS for one in list(self._lanes.values())}

    def _open(self, name: str, begin: Position, since_ms: int, reason: str) -> None:
        if reason != self._told.get(name):
            logger.warning("store %s takes nothing, the others go on: %s", name, reason)
        self._told[name] = reason
        self._lanes[name] = Lane(name, begin, since_ms, reason, self._open_reader())
        self._save()

    def _hand_over(self) -> None:
        """Let the last steps of lanes that are nearly level be done while the others stand still."""
        for lane in [one for one in self._lanes.values() if one.is_near]:
            for _ in range(_LAST_STEPS):
                if lane.position >= self._position or not self._step(lane, self._position):
                    break
            if lane.position >= self._position and self._stores.stores[lane.name].is_due:
                self._end(lane)

    def _end(self, lane: Lane) -> None:
        if lane.lock.acquire(blocking=False):  # for good: another thread must not take it up again
            if not self._stores.stores[lane.name].away_since_ms:
                logger.info("store %s has taken all that it missed", lane.name)
            del self._lanes[lane.name]
            lane.close()
            self._save()

    def _step(self, lane: Lane, until: Position) -> bool:
        """Give a store a slice; False when it took nothing, or is level, or another thread is at it."""
        if not lane.lock.acquire(blocking=False):
            return False
        try:
            store = self._stores.stores[lane.name]
            if lane.name not in self._lanes or not store.is_due:
                return False
            batch = lane.next_batch(until)
            return batch is not None and self._give(lane, batch)
        except (SQLAlchemyError, OSError) as error:
            lane.reason = type(error).__name__
            return False
        finally:
            lane.lock.release()

    def _give(self, lane: Lane, batch: Batch) -> bool:
        mine = self._stores.directory.part(batch.readings).get(lane.name, ())
        if mine:
            store = self._stores.stores[lane.name]
            if not store.may_try():
                return False
            result = store.end(store.begin(mine), _LANE_PATIENCE_S)
            if result.retry_after_s is not None:
                lane.reason = result.reason
                return False
            if result.rejected:
                self._letters.put([refused_letter(reading, reason) for reading, reason in result.rejected])
        lane.settled(batch)
        return True

    def _save(self) -> None:
        behind = [StoreBehind(one.name, one.position, one.since_ms, one.reason) for one in self._lanes.values()]
        self._progress.save(behind, self._position)

    def _reasons(self) -> str:
        return "; ".join(f"{one.name}: {one.reason}" for one in self._lanes.values())
