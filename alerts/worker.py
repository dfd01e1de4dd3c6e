"""The alert process: LOG -> engine -> database, in one loop that can be read from top to bottom."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from alerts.absence import Absence
from alerts.database_work import with_database
from alerts.engine.resident_finding import ResidentFinding
from alerts.fence import ask
from alerts.keeper import is_due
from alerts.log_absence import LogAbsence
from alerts.messages import messages_of
from alerts.nobodys_work import NobodysWork
from alerts.pending import store_in_parts
from alerts.recovery_work import BATCH, BATCH_BYTES
from alerts.rules.detector import DEFAULT_ZONE, Detector
from alerts.shard_parts import ShardParts, Shared, Which
from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.delays import Delays, Stage
from anhu.log.port import Entry, LogReader, Position
from anhu.registry.payload_vault import PayloadVault

_LOG = logging.getLogger(__name__)
_ROSTER_MS = SECOND_MS
SNAPSHOT_PART = 250
"""Devices and residents written down between two reads: some milliseconds."""
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.001, 0.25


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
    shared : Shared, optional
        By the shards of one process.

    Attributes
    ----------
    counts, was_at_end : Counter, bool
        What was counted, the engine's own excepted; whether all was read, which whoever asks sets back.
    log_absence : LogAbsence
        For how long nothing was heard of the LOG.

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
        shared: Shared | None = None,
    ) -> None:
        self._reader = reader
        self._sessions = sessions
        self._clock = clock
        self.counts = self._counts = Counter[str]()
        which = Which(partition, partitions, time_zone)
        parts = ShardParts(
            (reader, ahead), sessions, detectors, versions, clock=clock, counts=self._counts, which=which, shared=shared
        )
        self._engine, self._keeper, self._versions = parts.engine, parts.keeper, parts.versions
        self.delays = parts.keeper.delays
        self._directory, self._recovery, self._read_ahead = parts.directory, parts.recovery, parts.read_ahead
        self._nobodys = NobodysWork(self._engine, sessions, clock, self._counts, vault)
        self._absence, self.log_absence = Absence(self._engine, clock), LogAbsence(self._engine, reader, clock)
        self.was_at_end, self._position = False, 0
        self._pending: list[ResidentFinding] = []

    def counters(self) -> Mapping[str, float]:
        """Return what was counted since the start, and the present backlog."""
        return {
            **self._engine.counters(),
            **self._counts,
            **self._versions.lanes.counters(),
            "express_findings": self._read_ahead.found,
            "backlog_bytes": self._reader.backlog_bytes,
            "log_away_ms": self.log_absence.lasts_ms,
            **_lag(self._reader, self._engine.newest_ms, self._clock),
        }

    @property
    def is_live(self) -> bool:
        """Whether the engine has come back and decides; before, calls for help alone are looked for."""
        return self._recovery.is_done

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; everything decided by then is stored."""
        self._position = await self._recovery.come_back(self._pending, stop)
        gc.freeze()  # what is there now stays: going over all of it again would hold up an alarm for seconds
        while not stop.is_set():
            if is_due(self._clock.now_ms(), self._directory.looked_ms, _ROSTER_MS):
                await with_database(self._follow_directory, stop, self._counts)
            self._absence.excuse_leap()
            entries = self._reader.read(BATCH, BATCH_BYTES)
            self.log_absence.note(came=bool(entries))
            self._take(entries)
            self._pending += self._read_ahead.look(self._position, self._clock.now_ms())
            if self._reader.backlog_bytes == 0:
                self.was_at_end = True
                self._absence.excuse_downtime()
                self._pending += self._engine.advance(self._clock.now_ms())
            elif self.log_absence.is_so:
                self._pending += (unread := self.log_absence.findings())
                self._counts["findings_without_log"] += len(unread)
            await self._nobodys.store(stop)
            self._keeper.write_down(self._engine, self._position, SNAPSHOT_PART)
            if self._keeper.must_store(self._pending, self._position):
                await store_in_parts(self._pending, self._store, stop, self._counts)
            caught_up = self._reader.backlog_bytes == 0
            self._pending += await self._versions.go_on(stop, self._counts, is_caught_up=caught_up)
            if not entries:
                busy = self._keeper.is_writing or self._versions.lanes.has_work
                due_ms = None if self.log_absence.is_so else self._engine.next_due_ms
                await self._reader.wait(_wait_s(due_ms, self._clock.now_ms(), is_busy=busy))
            await asyncio.sleep(0)
        await self._end(stop)

    async def _end(self, stop: asyncio.Event) -> None:
        """Store everything and write the engine down; nothing where somebody else has taken over."""
        await with_database(partial(ask, self._sessions), stop, self._counts, last=True)
        await self._versions.lanes.keep(stop, self._counts, last=True)
        if self.is_live:  # else its memory is not whole, and the snapshot that there is stands
            self._keeper.write_down_now(self._engine, self._position, SNAPSHOT_PART)
            while not self._keeper.write_down(self._engine, self._position, SNAPSHOT_PART):  # noqa: ASYNC110 - no waiting
                await asyncio.sleep(0)  # other shards of this process go on meanwhile
        await store_in_parts(self._pending, self._store, stop, self._counts, last=True)

    def forget(self) -> None:
        """Let go of everything that the engine remembers; nothing is asked of it any more."""
        self._engine.moving.let_all_go()

    def _follow_directory(self) -> None:
        self._pending += self._directory.follow(self._position, is_at_end=self._reader.backlog_bytes == 0)

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            messages = messages_of(entry, self._counts)
            for record in messages:
                self._pending += self._engine.feed(record)
            self._versions.lanes.take(messages)
            self._directory.heard(messages)
            self._position = entry.next_position
        _note_decided(self.delays, self._engine.newest_ms, self._clock.now_ms(), len(entries))

    def _store(self) -> None:
        """Store a part of what was found, and the position; after a snapshot the LOG may forget what is before it."""
        if (done := self._keeper.store(self._pending, self._position)) is not None:
            _commit(self._reader, done, self._counts)


def _commit(reader: LogReader, position: Position, counts: Counter[str]) -> None:
    """Have the LOG keep a position; if it does not, the database has it, and the next snapshot commits anew."""
    try:
        reader.commit(position)
    except OSError as error:
        counts["commits_failed"] += 1
        _LOG.warning("the LOG does not take the position %d, and keeps what is before it: %s", position, error)


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
