"""Who reads the LOG for ingest: one worker alone, or one for each partition that this process has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from anhu.log.port import LogReader
from anhu.registry.shard_leases import Reported
from anhu.registry.shard_runner import ShardRunner
from app import wiring
from app.processes.ingest_parts import Part, Shelves
from app.processes.shard_counters import ShardCounters
from app.processes.sharing import sharing

_AT_END_BYTES = 2_097_152
"""What one batch takes: no further behind than that is as good as at the end."""


class ReadAll:
    """One worker for the one partition of the embedded LOG."""

    def __init__(self, shelves: Shelves) -> None:
        self._reader = wiring.log_reader(shelves.settings, "ingest")
        self._part = Part(shelves, self._reader)
        self.counters = self._part.counters

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop."""
        await self._part.run(stop)
        self._reader.close()


class ReadShare:
    """A worker for each partition that this process has a lease of.

    A point that is stored twice is the same point, so nothing is fenced but the position: it is committed only while
    the lease is surely ours. While the database does not answer nothing is committed, and the LOG keeps what comes.
    """

    def __init__(self, shelves: Shelves) -> None:
        self._shelves, self._settings = shelves, shelves.settings
        self._counters = ShardCounters()
        self._readers: dict[int, LogReader] = {}
        self._runner: ShardRunner | None = None

    def counters(self) -> Mapping[str, float]:
        """Return what all partitions' workers count, and how many there are."""
        return {**self._counters.together(), **(self._runner.counters() if self._runner is not None else {})}

    async def run(self, stop: asyncio.Event) -> None:
        """Read this process's share until told to stop."""
        partitions = wiring.log_partitions(self._settings)
        with sharing(self._settings.database, "ingest", partitions, self._work, self._reported) as runner:
            self._runner = runner
            await runner.run(stop)

    def _reported(self) -> Mapping[int, Reported]:
        behind = {partition: reader.backlog_bytes for partition, reader in [*self._readers.items()]}
        return {partition: Reported(bytes_, bytes_ < _AT_END_BYTES) for partition, bytes_ in behind.items()}

    async def _work(self, partition: int, epoch: int, stop: asyncio.Event) -> None:
        assert self._runner is not None  # noqa: S101 - it calls us
        reader = await asyncio.to_thread(wiring.log_reader, self._settings, "ingest", partition)
        part = Part(self._shelves, reader, partition, partial(self._runner.member.is_sure, partition, epoch))
        self._readers[partition] = reader
        self._counters.add(partition, part.counters)
        try:
            await part.run(stop)
        finally:
            self._counters.remove(partition)
            del self._readers[partition]
            await asyncio.to_thread(reader.close)
