"""What the workers of all partitions write to, and one partition's worker with the lanes of stores that are behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from anhu.contract.clock import Clock
from anhu.contract.delays import Delays
from anhu.log.guarded import GuardedReader
from anhu.log.port import CountedLogReader
from app import series_wiring, wiring
from app.processes.shard_counters import with_log
from app.settings import Settings
from ingest.deliveries import DeliveryCounts
from ingest.lanes import Lanes
from ingest.last_heard import LastHeard
from ingest.newest_values import NewestValues
from ingest.shared.progress import SureProgress
from ingest.worker import IngestWorker

_GATHER_S = 0.1
_GATHER_PARTED_S = 0.5  # a batch is parted among the stores of many counties: fewer, larger ones


class Shelves:
    """Stores, letters, counts and newest values, shared by the workers of one process."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings, self.clock = settings, clock
        self.letters, self.book = series_wiring.dead_letters(settings, clock), series_wiring.delivery_log(settings)
        self.stores = series_wiring.county_stores(settings, clock)
        self.writer = self.stores or series_wiring.store_writer(settings, clock)
        self.progress = series_wiring.store_progress(settings)
        self.heard, self.delivered = LastHeard(), DeliveryCounts()
        self.delays = Delays()
        self.table = series_wiring.newest_book(settings)
        self.works = series_wiring.hourly_works(settings, clock)

    def counters(self) -> Mapping[str, float]:
        """Return what is counted of all partitions together."""
        away = {} if self.stores is None else self.stores.counters()
        return {**away, "hourly_values": float(sum(one.done for one in self.works))}

    def close(self) -> None:
        """Close all of them."""
        for one in (self.letters, self.book, self.writer, *self.works, *(() if self.table is None else (self.table,))):
            one.close()


class Part:
    """The worker of one partition.

    Parameters
    ----------
    is_sure : callable
        Whether nobody else can have the partition: else nothing is committed or written down of it.
    """

    def __init__(
        self, shelves: Shelves, reader: CountedLogReader, partition: int = 0, is_sure: Callable[[], bool] | None = None
    ) -> None:
        settings, clock, table = shelves.settings, shelves.clock, shelves.table
        self._lanes: Lanes | None = None
        if shelves.stores is not None:
            open_reader = lambda: wiring.log_reader(settings, "ingest", partition)  # noqa: E731 - it never commits
            progress = shelves.progress if is_sure is None else SureProgress(shelves.progress, is_sure)
            self._lanes = Lanes(shelves.stores, open_reader, shelves.letters, progress, clock, partition=partition)
        self.worker = IngestWorker(
            reader if is_sure is None else GuardedReader(reader, is_sure),
            shelves.writer,
            shelves.letters,
            clock,
            gather_s=_GATHER_S if self._lanes is None else _GATHER_PARTED_S,
            heard=shelves.heard,
            delivered=shelves.delivered,
            newest=None if table is None else NewestValues(table, clock),
            lanes=self._lanes,
        )
        self.worker.delays = shelves.delays
        self.counters = with_log(self.worker.counters, reader)

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop; beside it, give stores that are behind what they have not taken."""
        if self._lanes is None:
            await self.worker.run(stop)
        else:
            await asyncio.gather(self.worker.run(stop), self._lanes.follow(stop))
