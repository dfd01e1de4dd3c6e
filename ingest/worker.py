"""The one visible loop of ingest: read the LOG, check, write a batch to the store, commit the position.

The position is committed only when everything before it is in the store or in the dead letters, so a crash reads some
records again, which changes nothing. While the store is away the loop keeps its one batch and reads no further: the
LOG is the buffer.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import Clock
from anhu.contract.delays import Delays, Stage
from anhu.log.port import LogReader
from ingest.batch import Batch, BatchBuilder, refused_letter
from ingest.committing import Committing
from ingest.deliveries import DeliveryCounts
from ingest.lanes import Lanes
from ingest.last_heard import LastHeard
from ingest.letter import Letters
from ingest.newest_values import NewestValues, accepted
from ingest.pause import stopped_within
from ingest.store.port import StoreWriter, WriteResult, observations_in
from ingest.trouble import Trouble

_IDLE_S = 1.0
_T = TypeVar("_T")


class IngestWorker:
    """Moves readings from the LOG into the store.

    Parameters
    ----------
    reader : LogReader
        Of ingest's own consumer of one partition; nobody else reads or commits with it. Every partition has a worker
        of its own; they may share the store's writer and the dead letters.
    max_records, max_bytes : int
        Most that a batch holds. [-], [byte]
    gather_s : float
        How long a small batch waits for company. [s]
    jitter : callable
        Returns 0 to 1; stretches pauses by up to a half, so that many workers do not come back at once.
    heard : LastHeard
        Is told of what is stored.
    delivered : DeliveryCounts
        Is told of what is stored and of what was refused.
    newest : NewestValues
        Is told of what is stored, and written down before a position is committed.
    lanes : Lanes
        Writes instead of `writer` where every county has a store of its own.

    Attributes
    ----------
    delays : Delays
        How long messages took until they were stored.
    """

    def __init__(
        self,
        reader: LogReader,
        writer: StoreWriter,
        deadletters: Letters,
        clock: Clock,
        *,
        max_records: int = 5_000,
        max_bytes: int = 2_097_152,
        gather_s: float = 0.1,
        jitter: Callable[[], float] = random.random,
        heard: LastHeard | None = None,
        delivered: DeliveryCounts | None = None,
        newest: NewestValues | None = None,
        lanes: Lanes | None = None,
    ) -> None:
        self._reader, self._writer, self._deadletters, self._clock = reader, writer, deadletters, clock
        self._max_records, self._max_bytes, self._gather_s = max_records, max_bytes, gather_s
        self._builder = BatchBuilder()
        self._heard, self._delivered, self._newest, self._lanes = heard, delivered, newest, lanes
        self._committing = Committing(reader, newest, lanes)
        self._counts: Counter[str] = Counter()
        self._lag_ms = 0
        self._trouble = Trouble(clock, jitter)
        self.delays = Delays()

    @property
    def trouble(self) -> str:
        """Why the present batch cannot be settled; empty when all is well."""
        return self._trouble.reason

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is not committed then is read again next time."""
        with ThreadPoolExecutor(1, thread_name_prefix="ingest") as thread:
            await _in(thread, self._committing.begin)
            while not stop.is_set():
                if not await self._reader.wait(_IDLE_S):
                    await _in(thread, self._idle)
                    continue
                if self._reader.backlog_bytes < self._max_bytes:
                    await stopped_within(stop, self._gather_s)
                batch = await _in(thread, self._next_batch)
                while batch and not await _in(thread, partial(self._settle, batch)):
                    if await stopped_within(stop, self._trouble.pause_s):
                        return
            await _in(thread, self._idle)

    def counters(self) -> Mapping[str, float]:
        """Return what was done since the start, and how far behind we are.

        ``records``, ``stored`` (observations), ``duplicates``, ``conflicts``, ``undecoded``, ``rejected``,
        ``retries``, ``batches``; ``stuck_s``, for how long the present batch has been refused [s];
        ``backlog_bytes`` [byte]; ``lag_ms``, from received to stored of the last
        batch's oldest reading [ms].
        """
        names = ("records", "stored", "duplicates", "conflicts", "undecoded", "rejected", "batches")
        counts = {name: float(self._counts[name] + self._builder.counts[name]) for name in names}
        counts |= {"retries": float(self._trouble.retries), "stuck_s": self._trouble.lasts_s}
        if self._newest is not None:
            counts["newest_written"], counts["newest_waiting"] = (
                float(self._newest.written),
                float(self._newest.waiting),
            )
        if self._lanes is not None:
            counts |= self._lanes.counters()
        return counts | {"backlog_bytes": float(self._reader.backlog_bytes), "lag_ms": float(self._lag_ms)}

    def _next_batch(self) -> Batch | None:
        entries = self._reader.read(self._max_records, self._max_bytes)
        if not entries:
            return None
        self._trouble.new_batch()
        return self._builder.build(entries)

    def _settle(self, batch: Batch) -> bool:
        """Write a batch and commit; False when it must be tried again after `_pause_s`."""
        result = self._write(batch) if batch.readings else WriteResult()
        if result.retry_after_s is not None:
            return self._again(result.reason, result.retry_after_s)
        try:
            refused = [refused_letter(reading, reason) for reading, reason in result.rejected]
            if batch.letters or refused:
                self._deadletters.put([*batch.letters, *refused])
            self._committing.hear(accepted(batch.readings, result))
            self._committing.settle(batch.end)
        except (sqlite3.Error, SQLAlchemyError, OSError) as error:
            return self._again(f"dead letters or position: {error}", 0.0)
        if self._heard is not None:
            self._heard.hear(batch.readings)
        if self._delivered is not None:
            self._delivered.note(batch.readings, batch.letters)
        self._count(batch, result)
        return True

    def _write(self, batch: Batch) -> WriteResult:
        if self._lanes is None:
            return self._writer.write(batch.readings)
        return self._lanes.write(batch.readings, self._committing.position)

    def _idle(self) -> None:
        """Commit what is left; where it cannot be, the next batch says so."""
        with suppress(sqlite3.Error, SQLAlchemyError, OSError):
            self._committing.idle()

    def _again(self, reason: str, retry_after_s: float) -> bool:
        self._trouble.note(reason, retry_after_s)
        return False

    def _count(self, batch: Batch, result: WriteResult) -> None:
        self._trouble.over()
        self._counts["batches"] += 1
        self._counts["records"] += batch.records
        self._counts["rejected"] += len(result.rejected)
        refused = sum(observations_in(reading) for reading, _ in result.rejected)
        self._counts["stored"] += sum(map(observations_in, batch.readings)) - refused
        if batch.readings:
            received_ms, now_ms = [r.received_at_ms for r in batch.readings], self._clock.now_ms()
            self.delays.note_many(Stage.RECEIVED_TO_STORED, received_ms, now_ms)
            self._lag_ms = now_ms - min(received_ms)


async def _in(thread: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
