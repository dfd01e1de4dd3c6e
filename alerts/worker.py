"""The alert process: LOG -> engine -> database, in one loop that can be read from top to bottom."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session, sessionmaker

from alerts.absence import Absence
from alerts.database_work import with_database
from alerts.engine.collector import collector_paused
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.keeper import Keeper, is_due
from alerts.messages import messages_of
from alerts.nobodys_work import NobodysWork
from alerts.pending import put_together, store_in_parts
from alerts.read_ahead import ReadAhead
from alerts.roster import Roster
from alerts.rules.detector import DEFAULT_ZONE, Detector
from alerts.versions_work import VersionsWork
from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.delays import Delays, Stage
from anhu.log.partition import consumer_name
from anhu.log.port import Entry, LogReader, Position
from anhu.registry.payload_vault import PayloadVault

_BATCH, _BATCH_BYTES = 1_000, 131_072  # some ten milliseconds of work
_ROSTER_MS = SECOND_MS
SNAPSHOT_PART = 250
"""Devices and residents written down between two reads: some milliseconds."""
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.001, 0.25
_LOOK_AHEAD_S = 0.5


class AlertWorker:
    """Reads the LOG, lets the engine decide, and stores findings and position in one transaction.

    Parameters
    ----------
    reader : LogReader
        The consumer ``alerts``.
    ahead : LogReader
        Another one of the same name, which commits nothing: looks for calls for help ahead of the engine.
    sessions, clock : sessionmaker, Clock
        Of the platform's database; the present.
    detectors, versions : sequence of Detector subclasses
        From `alerts.detectors.discover`; further ones, from `alerts.versions.discover_versions`.
    time_zone : str
        The installation's.
    partition, partitions : int
        Which part of the LOG the readers read, of how many: a shard is a whole engine for the residents of some
        centres, with a row of its own in the database.
    vault : PayloadVault, optional
        Seals what is nobody's yet.

    Notes
    -----
    Nothing is lost and nothing raised twice by a crash: the position moves in the transaction that stores the alerts,
    or the first of many, which keeps the others (`alerts.progress.rest_of`).
    Calls for help do not wait behind a backlog, nor for the engine to come back (`alerts.read_ahead`).
    After a restart the engine takes its snapshot over and reads the LOG from there to the position once more, its
    findings discarded, because they are in the database. While the database is down nothing is read.
    """

    def __init__(
        self,
        reader: LogReader,
        ahead: LogReader,
        sessions: sessionmaker[Session],
        detectors: Sequence[type[Detector]],
        clock: Clock,
        *,
        versions: Sequence[type[Detector]] = (),
        time_zone: str = DEFAULT_ZONE,
        partition: int = 0,
        partitions: int = 1,
        vault: PayloadVault | None = None,
    ) -> None:
        self._reader, self._clock = reader, clock
        self._counts: Counter[str] = Counter()
        self._engine = Engine(detectors)
        self._nobodys = NobodysWork(self._engine, sessions, clock, self._counts, vault)
        self._absence = Absence(self._engine, clock)
        self._read_ahead = ReadAhead(ahead, detectors)
        self._roster = Roster(sessions, clock, time_zone=time_zone, partition=partition, partitions=partitions)
        consumer = consumer_name("alerts", partition, partitions)
        self._keeper = Keeper(sessions, clock, consumer, self._counts)
        self.delays = self._keeper.delays
        whose = {"consumer": consumer, "time_zone": time_zone}
        known, ahead_of = (*detectors, *versions), self._read_ahead
        self._versions = VersionsWork(self._engine, known, sessions, clock, read_ahead=ahead_of, **whose)
        self._position: Position = 0
        self._pending: list[ResidentFinding] = []

    def counters(self) -> Mapping[str, float]:
        """Return what was counted since the start, and the present backlog."""
        return {
            **self._engine.counters(),
            **self._counts,
            **self._versions.lanes.counters(),
            "express_findings": self._read_ahead.found,
            "backlog_bytes": self._reader.backlog_bytes,
            **_lag(self._reader, self._engine.newest_ms, self._clock),
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; everything decided by then is stored."""
        await self._come_back(stop)
        gc.freeze()  # what is there now stays: going over all of it again would hold up an alarm for seconds
        while not stop.is_set():
            if is_due(self._clock.now_ms(), self._roster.read_ms, _ROSTER_MS):
                await self._until_done(self._follow_directory, stop)
            self._absence.excuse_leap()
            entries = self._reader.read(_BATCH, _BATCH_BYTES)
            self._take(entries)
            self._pending += self._read_ahead.look(self._position, self._clock.now_ms())
            if self._reader.backlog_bytes == 0:
                self._absence.excuse_downtime()
                self._pending += self._engine.advance(self._clock.now_ms())
            await self._nobodys.store(stop)
            self._keeper.write_down(self._engine, self._position, SNAPSHOT_PART)
            if self._keeper.must_store(self._pending, self._position):
                await store_in_parts(self._pending, self._store, stop, self._counts)
            caught_up = self._reader.backlog_bytes == 0
            self._pending += await self._versions.go_on(stop, self._counts, is_caught_up=caught_up)
            if not entries:
                busy = self._keeper.is_writing or self._versions.lanes.has_work
                await self._reader.wait(_wait_s(self._engine.next_due_ms, self._clock.now_ms(), is_busy=busy))
            await asyncio.sleep(0)
        await self._versions.lanes.keep(stop, self._counts, last=True)
        self._keeper.write_down_now(self._engine, self._position)
        await store_in_parts(self._pending, self._store, stop, self._counts, last=True)

    async def _until_done(self, work: Callable[[], None], stop: asyncio.Event) -> None:
        await with_database(work, stop, self._counts)

    async def _come_back(self, stop: asyncio.Event) -> None:
        """Bring the engine to where the database stands; at 100,000 residents calls for help cannot wait for that."""
        await self._until_done(self._find_position, stop)
        recovering = asyncio.create_task(self._until_done(self._recover, stop), name="recovery")
        while not (await asyncio.wait((recovering,), timeout=_LOOK_AHEAD_S))[0]:
            self._pending += self._read_ahead.look(self._position, self._clock.now_ms(), far_behind_bytes=0)
            if self._pending:
                await self._until_done(self._store_ahead, stop)
        await recovering

    def _find_position(self) -> None:
        self._position = stored if (stored := self._keeper.find_position()) is not None else self._reader.committed

    def _store_ahead(self) -> None:
        put_together(self._pending, self._counts)
        self._keeper.store_ahead(self._pending)

    def _recover(self) -> None:
        with collector_paused():
            kept = self._keeper.progress()
            self._versions.choose_at_start()
            self._engine.start(self._roster.changed(), kept.snapshot if kept is not None else b"")
            if kept is not None:  # who dies before the first snapshot reads again all that the LOG still holds for it
                self._reader.seek(kept.snapshot_position if kept.snapshot else self._reader.committed)
                _replay(self._reader, self._engine, kept.position, self._counts)
            self._reader.seek(self._position)
        self._keeper.end_what_left(has_changed=True)
        self._keeper.came_back()

    def _follow_directory(self) -> None:
        """Take over what changed in the directory since the last look."""
        self._engine.update_roster(changed := self._roster.changed())
        self._pending += self._versions.follow(changed)
        self._keeper.end_what_left(has_changed=bool(changed))

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            messages = messages_of(entry, self._counts)
            for record in messages:
                self._pending += self._engine.feed(record)
            self._versions.lanes.take(messages)
            self._position = entry.next_position
        _note_decided(self.delays, self._engine.newest_ms, self._clock.now_ms(), len(entries))

    def _store(self) -> None:
        """Store a part of what was found, and the position; after a snapshot the LOG may forget what is before it."""
        if (done := self._keeper.store(self._pending, self._position)) is not None:
            self._reader.commit(done)


def _replay(reader: LogReader, engine: Engine, until: Position, counts: Counter[str]) -> None:
    """Let an engine read what its snapshot does not hold yet; its findings are in the database."""
    while entries := reader.read(_BATCH, _BATCH_BYTES):
        for entry in entries:
            if entry.next_position > until:
                return
            for record in messages_of(entry, counts):
                engine.feed(record)
                counts["replayed"] += 1


def _lag(reader: LogReader, newest_ms: int, clock: Clock) -> Mapping[str, int]:
    """Return when the newest message came that was decided, and its age while there are others; 0 without any. [ms]."""
    lag_ms = max(clock.now_ms() - newest_ms, 0) if newest_ms and reader.backlog_bytes else 0
    return {"newest_received_ms": newest_ms, "lag_ms": lag_ms}


def _note_decided(delays: Delays, newest_ms: int, now_ms: int, times: int) -> None:
    """Note how old the newest message of a batch was once it was decided. [ms]."""
    if times and newest_ms:
        delays.note(Stage.RECEIVED_TO_DECIDED, now_ms - newest_ms, times=times)


def _wait_s(due_ms: int | None, now_ms: int, *, is_busy: bool) -> float:
    """Return how long to wait for something new."""
    if is_busy:
        return _SHORTEST_WAIT_S
    if due_ms is None:
        return _LONGEST_WAIT_S
    return min(_LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, (due_ms - now_ms) / SECOND_MS))
