"""Who reads the LOG for ingest: one worker alone, or one for each partition that this process has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from anhu.log.guarded import GuardedReader
from anhu.log.port import LogReader
from anhu.registry.shard_leases import Reported
from anhu.registry.shard_runner import ShardRunner
from app import wiring
from app.processes.shard_counters import ShardCounters, with_log
from app.processes.sharing import sharing
from app.settings import Settings
from ingest.worker import IngestWorker

MakeWorker = Callable[[LogReader], IngestWorker]
_AT_END_BYTES = 2_097_152
"""What one batch takes: no further behind than that is as good as at the end."""


class ReadAll:
    """One worker for the one partition of the embedded LOG."""

    def __init__(self, settings: Settings, make: MakeWorker) -> None:
        self._reader = wiring.log_reader(settings, "ingest")
        self._worker = make(self._reader)
        self.counters = with_log(self._worker.counters, self._reader)

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop."""
        await self._worker.run(stop)
        self._reader.close()


class ReadShare:
    """A worker for each partition that this process has a lease of.

    A point that is stored twice is the same point, so nothing is fenced but the position: it is committed only while
    the lease is surely ours. While the database does not answer nothing is committed, and the LOG keeps what comes.
    """

    def __init__(self, settings: Settings, make: MakeWorker) -> None:
        self._settings = settings
        self._make = make
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
        worker = self._make(GuardedReader(reader, partial(self._runner.member.is_sure, partition, epoch)))
        self._readers[partition] = reader
        self._counters.add(partition, with_log(worker.counters, reader))
        try:
            await worker.run(stop)
        finally:
            self._counters.remove(partition)
            del self._readers[partition]
            await asyncio.to_thread(reader.close)
