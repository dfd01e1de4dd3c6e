"""A LOG of several partitions, held in memory: what a city's adapter does, small enough to be read at one go.

`PartedLog` is what lies on the disk; its writer and readers may come and go.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy

from anhu.log.embedded.retention import holds_event
from anhu.log.partition import consumer_name, partition_of
from anhu.log.port import Entry, Keyed, LogFullError, Position

_HEAD_BYTES = 20


class PartedLog:
    """Partitions of entries, and how far each consumer of each partition has come.

    Parameters
    ----------
    max_bytes : int
        Limit of each partition. [byte]
    """

    def __init__(self, partitions: int = 4, *, max_bytes: int = 1_000_000_000) -> None:
        self.partitions = partitions
        self.max_bytes = max_bytes
        self.refusal: OSError | None = None
        """What the disk says to whoever wants to write."""
        self.kept: list[list[Entry]] = [[] for _ in range(partitions)]
        self.ends: list[Position] = [0] * partitions
        self.committed: list[dict[str, Position]] = [{} for _ in range(partitions)]
        self.news = asyncio.Event()

    def put(self, records: Sequence[Keyed]) -> Mapping[int, Position]:
        """Put all of the records on disk, or none."""
        if self.refusal is not None:
            raise self.refusal
        parts: dict[int, list[bytes]] = {}
        for key, record in records:
            parts.setdefault(partition_of(key, self.partitions), []).append(record)
        for partition, mine in parts.items():
            self._make_room(partition, sum(map(_size, mine)))
        for partition, mine in parts.items():
            for record in mine:
                self.kept[partition].append(Entry(end := self.ends[partition] + _size(record), record))
                self.ends[partition] = end
        news, self.news = self.news, asyncio.Event()
        news.set()
        return {partition: self.ends[partition] for partition in parts}

    def after_a_power_cut(self) -> PartedLog:
        """Return what would be there if the power went now."""
        left = PartedLog(self.partitions, max_bytes=self.max_bytes)
        left.kept, left.ends, left.committed = deepcopy((self.kept, self.ends, self.committed))
        return left

    def _make_room(self, partition: int, needed_bytes: int) -> None:
        def is_full() -> bool:
            return sum(_size(e.record) for e in self.kept[partition]) + needed_bytes > self.max_bytes

        read_to = min(self.committed[partition].values(), default=self.ends[partition])
        if is_full():
            self.kept[partition] = [e for e in self.kept[partition] if e.next_position > read_to]
        if is_full():
            self.kept[partition] = [e for e in self.kept[partition] if holds_event(e.record)]
        if is_full():
            raise LogFullError(f"partition {partition}: {self.max_bytes} bytes are unread events")


class PartedLogWriter:
    """The one writer: what comes within a turn of the loop goes to the disk together."""

    def __init__(self, log: PartedLog) -> None:
        self._log = log
        self._waiting: list[tuple[Sequence[Keyed], asyncio.Future[Mapping[int, Position]]]] = []
        self._closed = False

    @property
    def partitions(self) -> int:
        return self._log.partitions

    async def append_many(self, records: Sequence[Keyed]) -> Mapping[int, Position]:
        if self._closed:
            raise OSError("log: closed")
        loop = asyncio.get_running_loop()
        on_disk: asyncio.Future[Mapping[int, Position]] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append((records, on_disk))
        return await asyncio.shield(on_disk)

    async def aclose(self) -> None:
        self._closed = True
        self._flush()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for records, on_disk in waiting:
            try:
                on_disk.set_result(self._log.put(records))
            except (OSError, LogFullError) as error:
                on_disk.set_exception(error)


class PartedLogReader:
    """One consumer of one partition."""

    def __init__(self, log: PartedLog, consumer: str, partition: int) -> None:
        self._log, self._partition = log, partition
        self._name = consumer_name(consumer, partition, log.partitions)
        self._position = log.committed[partition].setdefault(self._name, 0)

    @property
    def committed(self) -> Position:
        return self._log.committed[self._partition][self._name]

    @property
    def backlog_bytes(self) -> int:
        return self._log.ends[self._partition] - self._position

    @property
    def unheard_s(self) -> float:
        return 0.0

    def seek(self, position: Position) -> None:
        self._position = position

    def read(self, max_records: int = 1_000, max_bytes: int = 4_194_304) -> Sequence[Entry]:
        end, kept = self._log.ends[self._partition], self._log.kept[self._partition]
        first = bisect_right([e.next_position for e in kept], self._position)
        found: list[Entry] = []
        size = 0
        for entry in kept[first : first + max_records]:
            size += _size(entry.record)
            if found and size > max_bytes:
                break
            found.append(entry)
        self._position = found[-1].next_position if found else max(self._position, end)
        return found

    async def wait(self, timeout_s: float) -> bool:
        deadline_s = asyncio.get_running_loop().time() + timeout_s
        while not self.backlog_bytes and (left_s := deadline_s - asyncio.get_running_loop().time()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._log.news.wait(), left_s)
        return self.backlog_bytes > 0

    def commit(self, position: Position) -> None:
        end = self._log.ends[self._partition]
        if position > end:
            raise ValueError(f"position: got {position}, expected at most the durable end {end}")
        self._log.committed[self._partition][self._name] = max(position, self.committed)

    def close(self) -> None:
        return None


def _size(record: bytes) -> int:
    return _HEAD_BYTES + len(record)
