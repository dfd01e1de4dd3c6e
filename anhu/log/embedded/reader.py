"""A named reader of the embedded log: reads only what is durable, from any process, and blocks nobody."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from anhu.log.embedded import entries as frames
from anhu.log.embedded.consumers import ConsumerPosition
from anhu.log.embedded.published import PublishedEnd
from anhu.log.embedded.segments import Segment, offset_of, place_of, segments
from anhu.log.port import Entry, Position

logger = logging.getLogger(__name__)
_SHORTEST_NAP_S = 0.001
_LONGEST_NAP_S = 0.005
_CHUNK_BYTES = 524_288


class EmbeddedLogReader:
    """One consumer of a log folder, in the writer's process or another one.

    Opening it registers the consumer: from then on the log keeps what it has not read, by the rule in
    `anhu.log`. A record whose check sum is wrong is stepped over, counted and logged.

    Parameters
    ----------
    folder : Path
        The writer's folder; it may still be empty.
    consumer : str
        Name of the committed position. Two readers of one name would read the same twice.
    """

    def __init__(self, folder: Path, consumer: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._consumer = folder, consumer
        self._mine = ConsumerPosition(folder, consumer)
        self._published = PublishedEnd(folder)
        self._position = self.committed
        self._generation = 0
        self._known: list[Segment] = []
        self._fd = -1
        self._offset = 0
        self._limit: Position = 0
        self.damaged_bytes = 0

    @property
    def committed(self) -> Position:
        """The position that reading goes on from after a restart."""
        return self._mine.committed

    @property
    def position(self) -> Position:
        """Where the next read begins."""
        return self._position

    @property
    def backlog_bytes(self) -> int:
        """Bytes between the reading position and the durable end. [byte]."""
        return max(self._published.ask().end - self._position, 0)

    @property
    def unheard_s(self) -> float:
        """Nothing: the end stands on this machine's disk. [s]."""
        return 0.0

    def counters(self) -> Mapping[str, float]:
        """Return the damaged bytes that were stepped over. [byte]."""
        return {"damaged_bytes": float(self.damaged_bytes)}

    def seek(self, position: Position) -> None:
        """Read next from this position (at the oldest kept record, if that is later)."""
        self._position = position
        self._leave()

    def read(self, max_records: int = 1_000, max_bytes: int = 4_194_304) -> Sequence[Entry]:
        """Return what is durable from here on, in order; empty when nothing is."""
        while True:
            end, generation = self._published.ask()
            if generation != self._generation:
                self._leave()
                self._known, self._generation = segments(self._folder), generation
            if self._position >= end or not self._known:
                return ()
            if not self._enter(end):
                continue
            if found := self._chunk(min(self._limit, end), max_records, max_bytes):
                return found

    async def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to read; looks at shared memory, at most 5 ms apart. [s]."""
        return await _until(lambda: self.backlog_bytes > 0, timeout_s)

    def commit(self, position: Position) -> None:
        """Record durably that everything before the position is done with; a lower one than before is ignored.

        Raises
        ------
        ValueError
            When the position is beyond the durable end.
        OSError
            When the disk refuses.
        """
        end = self._published.ask().end
        if position > end:
            raise ValueError(f"position: got {position}, expected at most the durable end {end}")
        if position > self._mine.committed:
            self._mine.commit(position)

    def close(self) -> None:
        """Release files; the committed position stays."""
        self._leave()
        self._mine.close()
        self._published.close()

    def _leave(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _enter(self, end: Position) -> bool:
        """Have the segment of the reading position open; False when it went away meanwhile."""
        if self._fd >= 0 and self._position < self._limit:
            return True
        self._leave()
        place = place_of(self._position, self._known, end)
        newest = place.segment is self._known[-1]
        try:
            self._fd = os.open(place.segment.path, os.O_RDONLY)
        except FileNotFoundError:
            self._generation = -1
            return False
        self._position = max(self._position, place.segment.base)
        self._limit = frames.NO_LIMIT if newest else place.limit
        self._offset = offset_of(self._fd, place.segment.base, self._position)
        return True

    def _chunk(self, limit: Position, max_records: int, max_bytes: int) -> list[Entry]:
        """Read sound frames from the open segment; step over damage; at the segment's end go to the next."""
        size = min(limit - self._position, max_bytes + frames.HEAD_BYTES, _CHUNK_BYTES)
        chunk = os.pread(self._fd, size, self._offset)
        needed = frames.frame_bytes(chunk, 0)
        if needed is not None and len(chunk) < needed <= limit - self._position:
            chunk = os.pread(self._fd, needed, self._offset)
        found, used = frames.sound_run(chunk, 0, low=self._position, limit=limit, max_records=max_records)
        if found:
            self._offset += used
            self._position = found[-1].next_position
        else:
            self._step_over(limit)
        return found

    def _step_over(self, limit: Position) -> None:
        rest = os.pread(self._fd, limit - self._position, self._offset)
        skip = frames.next_sound(rest, 0, low=self._position, limit=limit)
        if damaged := len(rest) if skip is None else skip:
            self.damaged_bytes += damaged
            logger.error("log: %s stepped over %d damaged bytes at %d", self._consumer, damaged, self._position)
        if skip is None:
            self._position = limit
            self._leave()
        else:
            self._offset += skip
            self._position = frames.position_at(rest, skip)


async def _until(is_so: Callable[[], bool], timeout_s: float) -> bool:
    """Ask again and again, first often and then less; False when the time ran out. [s]."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + timeout_s
    found: asyncio.Future[bool] = loop.create_future()

    def look(nap_s: float) -> None:
        if found.done():  # the waiting task was cancelled
            return
        left_s = deadline_s - loop.time()
        if is_so():
            found.set_result(True)
        elif left_s <= 0:
            found.set_result(False)
        else:
            loop.call_later(min(nap_s, left_s), look, min(nap_s * 1.5, _LONGEST_NAP_S))

    look(_SHORTEST_NAP_S)
    return await found
