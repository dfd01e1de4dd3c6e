"""The alerts of a city: one engine for each partition that this process has, all in one loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from sqlalchemy.orm import Session, sessionmaker

from alerts.database_work import with_database
from alerts.detectors import discover
from alerts.directory_news import DirectoryNews
from alerts.fence import fenced, seize
from alerts.shard_parts import Shared
from alerts.versions import discover_versions
from alerts.worker import AlertWorker
from anhu.contract.clock import SECOND_MS
from anhu.contract.delays import Delays
from anhu.log.partition import consumer_name
from anhu.log.port import CountedLogReader
from anhu.registry.payload_vault import PayloadVault
from anhu.registry.shard_leases import Reported
from app import wiring
from app.processes.process import Context
from app.processes.shard_counters import ShardCounters, with_log

_AWAY_MS = 30 * SECOND_MS


def log_flaw(away_ms: int) -> str:
    """Return in words for how long nothing was heard of the LOG; empty while it is. [ms]."""
    return f"not heard for {away_ms / SECOND_MS:.0f} s" if away_ms > _AWAY_MS else ""


class AlertShards:
    """Makes and runs the workers of partitions.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    partitions : int
        How many there are of the LOG.
    """

    def __init__(
        self, context: Context, sessions: sessionmaker[Session], partitions: int, vault: PayloadVault | None
    ) -> None:
        self._context = context
        self._sessions = sessions
        self._partitions = partitions
        self._vault = vault
        self._detectors, self._versions = discover(), discover_versions()
        self.delays = Delays()
        self.delays.tracer = context.tracer
        self._shared = Shared(asyncio.Semaphore(), DirectoryNews(sessions, context.clock), self.delays)
        self._workers: dict[int, tuple[AlertWorker, CountedLogReader]] = {}
        self.counters = ShardCounters()

    @property
    def are_live(self) -> bool:
        """Whether every partition that this process has is decided about."""
        return all(worker.is_live for worker, _ in self._workers.values())

    def log_flaw(self) -> str:
        """Return for how long nothing was heard of the LOG; empty while it is."""
        return log_flaw(max((worker.log_absence.lasts_ms for worker, _ in self._workers.values()), default=0))

    def reported(self) -> Mapping[int, Reported]:
        """Return how far each partition is behind; asked in the thread that renews."""
        found: dict[int, Reported] = {}
        for partition, (worker, reader) in [*self._workers.items()]:
            found[partition] = Reported(reader.backlog_bytes, worker.was_at_end)
            worker.was_at_end = False
        return found

    async def work(self, partition: int, epoch: int, stop: asyncio.Event) -> None:
        """Watch the residents of one partition until told to stop, or until somebody else has it."""
        reader, ahead = await asyncio.to_thread(self._readers, partition)
        try:
            await self._watch(reader, ahead, partition, epoch, stop)
        finally:
            self.counters.remove(partition)
            if partition in self._workers:
                self._workers.pop(partition)[0].forget()
            await asyncio.to_thread(reader.close)
            await asyncio.to_thread(ahead.close)

    def _readers(self, partition: int) -> tuple[CountedLogReader, CountedLogReader]:
        settings = self._context.settings
        reader = wiring.log_reader(settings, "alerts", partition)
        return reader, wiring.log_reader(settings, "alerts", partition)

    async def _watch(
        self, reader: CountedLogReader, ahead: CountedLogReader, partition: int, epoch: int, stop: asyncio.Event
    ) -> None:
        consumer = consumer_name("alerts", partition, self._partitions)
        begins_at = reader.committed
        worker = AlertWorker(
            reader,
            ahead,
            fenced(self._sessions, consumer, epoch),
            self._detectors,
            self._context.clock,
            versions=self._versions,
            time_zone=self._context.settings.time_zone,
            partition=partition,
            partitions=self._partitions,
            vault=self._vault,
            shared=self._shared,
        )
        mine = lambda: seize(self._sessions, consumer, epoch, begins_at=begins_at)  # noqa: E731 - done again as a whole
        await with_database(mine, stop, worker.counts)
        if not stop.is_set():
            self._workers[partition] = worker, reader
            self.counters.add(partition, with_log(worker.counters, reader))
            await worker.run(stop)
