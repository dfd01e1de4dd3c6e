"""The alert process: LOG -> engine -> database, in one loop that can be read from top to bottom."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.checkpoint import Checkpoint
from alerts.engine.collector import collector_paused
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.episodes.findings import apply_findings
from alerts.progress import move, position_of, progress, save_snapshot
from alerts.read_ahead import ReadAhead
from alerts.roster import load_roster
from alerts.rules.detector import Detector
from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.contract.record import Numbers, Reading, Undecoded, decode_entry
from anhu.log.port import Entry, LogReader, Position
from anhu.registry.database import is_refusal, reading

_LOG = logging.getLogger(__name__)
_BATCH, _BATCH_BYTES = 1_000, 131_072  # some ten milliseconds of work
_ROSTER_MS = SECOND_MS
_POSITION_MS = SECOND_MS
_SNAPSHOT_MS = 30 * SECOND_MS
SNAPSHOT_PART = 250
"""Devices and residents written down between two reads: some milliseconds."""
_DOWN_MS = 2 * MINUTE_MS
_LEAP_MS = 5 * MINUTE_MS
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.001, 0.25
_LOOK_AHEAD_S = 0.5
_RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
ResultT = TypeVar("ResultT")


class AlertWorker:
    """Reads the LOG, lets the engine decide, and stores findings and position in one transaction.

    Parameters
    ----------
    reader : LogReader
        The consumer ``alerts``.
    ahead : LogReader
        Another one of the same name, which commits nothing: looks for calls for help ahead of the engine.
    sessions : sessionmaker
        Of the platform's database.
    detectors : sequence of Detector subclasses
        From `alerts.detectors.discover`.
    clock : Clock
        The present.
    consumer : str
        Name of its row in the database.

    Notes
    -----
    Nothing is lost and nothing raised twice by a crash: the position moves in the transaction that stores the alerts.
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
        consumer: str = "alerts",
    ) -> None:
        self._reader = reader
        self._sessions = sessions
        self._reading = reading(sessions)
        self._clock = clock
        self._consumer = consumer
        self._engine = Engine(detectors)
        self._read_ahead = ReadAhead(ahead, detectors)
        self._counts: Counter[str] = Counter()
        self._stored: Position | None = None
        self._position: Position = 0
        self._checkpoint: Checkpoint | None = None
        self._checkpoint_position: Position = 0
        self._pending: list[ResidentFinding] = []
        self._caught_up = False
        self._roster_version = 0
        self._roster_ms = self._stored_ms = self._snapshot_ms = self._awake_ms = 0

    def counters(self) -> Mapping[str, float]:
        """Return what was counted since the start, and the present backlog."""
        return {
            **self._engine.counters(),
            **self._counts,
            "express_findings": self._read_ahead.found,
            "backlog_bytes": self._reader.backlog_bytes,
            "newest_received_ms": self._engine.newest_ms,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; everything decided by then is stored."""
        await self._come_back(stop)
        gc.freeze()  # what is there now stays: going over all of it again would hold up an alarm for seconds
        while not stop.is_set():
            if self._is_due(self._roster_ms, _ROSTER_MS):
                await self._with_database(self._follow_directory, stop)
            self._excuse_absence()
            entries = self._reader.read(_BATCH, _BATCH_BYTES)
            self._take(entries)
            self._pending += self._read_ahead.look(self._position, self._clock.now_ms())
            if self._reader.backlog_bytes == 0:
                self._let_time_pass()
            self._write_down(SNAPSHOT_PART)
            if self._must_store():
                await self._with_database(self._store, stop)
            if not entries:
                await self._reader.wait(self._wait_s())
            await asyncio.sleep(0)
        self._checkpoint, self._snapshot_ms = None, 0
        self._write_down(None)
        await self._with_database(self._store, stop, last=True)

    async def _come_back(self, stop: asyncio.Event) -> None:
        """Bring the engine to where the database stands; at 100,000 residents calls for help cannot wait for that."""
        await self._with_database(self._find_position, stop)
        recovering = asyncio.create_task(self._with_database(self._recover, stop), name="recovery")
        while not (await asyncio.wait((recovering,), timeout=_LOOK_AHEAD_S))[0]:
            self._pending += self._read_ahead.look(self._position, self._clock.now_ms(), far_behind_bytes=0)
            if self._pending:
                await self._with_database(self._store_found, stop)
        await recovering

    def _find_position(self) -> None:
        with self._reading.begin() as session:
            self._stored = position_of(session, self._consumer)
        self._position = self._reader.committed if self._stored is None else self._stored

    def _store_found(self) -> None:
        """Store what was found ahead; the engine will come to it, and find that it is known."""
        try:
            with self._sessions.begin() as session:
                counts = apply_findings(session, self._pending, now_ms=self._clock.now_ms())
        except DBAPIError as error:
            if not is_refusal(error):
                raise
            _LOG.warning("the database refuses what was found ahead; it is left to the engine: %s", error)
        else:
            self._counts.update(counts)
        self._pending = []

    def _recover(self) -> None:
        """Bring the engine to where the database stands."""
        with collector_paused():
            self._bring_back()
        self._snapshot_ms = self._stored_ms = self._clock.now_ms()

    def _bring_back(self) -> None:
        with self._reading.begin() as session:
            kept = progress(session, self._consumer)
        self._engine.start(self._changed_devices(), kept.snapshot if kept is not None else b"")
        if kept is not None and kept.snapshot:
            self._reader.seek(kept.snapshot_position)
            self._replay(kept.position)
        self._reader.seek(self._position)

    def _let_time_pass(self) -> None:
        """Wake what is due now; the first time after a start, without counting the platform's own absence."""
        now, newest = self._clock.now_ms(), self._engine.newest_ms
        if not self._caught_up and 0 < newest < now - _DOWN_MS:
            self._engine.excuse_silence(now - newest, now)
        self._caught_up = True
        self._pending += self._engine.advance(now)

    def _excuse_absence(self) -> None:
        """Count nobody as silent over a time in which the machine slept, or over which its clock was set forward."""
        before, self._awake_ms = self._awake_ms, self._clock.now_ms()
        if 0 < before < self._awake_ms - _LEAP_MS:
            self._engine.excuse_silence(self._awake_ms - before, self._awake_ms)

    def _replay(self, until: Position) -> None:
        """Read what the snapshot does not hold yet; its findings are in the database."""
        while entries := self._reader.read(_BATCH, _BATCH_BYTES):
            for entry in entries:
                if entry.next_position > until:
                    return
                for record in self._messages(entry):
                    self._engine.feed(record)
                    self._counts["replayed"] += 1

    def _follow_directory(self) -> None:
        """Take over what changed in the directory since the last look."""
        self._engine.update_roster(self._changed_devices())

    def _changed_devices(self) -> Sequence[WatchedDevice]:
        now = self._clock.now_ms()
        with self._reading.begin() as session:
            version, devices = load_roster(
                session, since_version=self._roster_version, checked_at_ms=self._roster_ms, now_ms=now
            )
        self._roster_version, self._roster_ms = version, now
        return devices

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            for record in self._messages(entry):
                self._pending += self._engine.feed(record)
            self._position = entry.next_position

    def _messages(self, entry: Entry) -> Sequence[Reading | Numbers]:
        try:
            records = decode_entry(entry.record)
        except msgspec.DecodeError:
            self._counts["unreadable_records"] += 1
            _LOG.exception("the record before position %d cannot be read", entry.next_position)
            return ()
        decoded = [record for record in records if not isinstance(record, Undecoded)]
        self._counts["undecoded"] += len(records) - len(decoded)
        return decoded

    def _must_store(self) -> bool:
        moved = self._position != self._stored
        if self._written_down is not None:
            return True
        return bool(self._pending) or (moved and self._is_due(self._stored_ms, _POSITION_MS))

    @property
    def _written_down(self) -> Checkpoint | None:
        """The snapshot that is complete and waits to be saved."""
        checkpoint = self._checkpoint
        return checkpoint if checkpoint is not None and checkpoint.is_complete else None

    def _is_due(self, last_ms: int, every_ms: int) -> bool:
        """Tell whether it is time again; at once when the clock was set back behind the last time. [ms]."""
        return not 0 <= self._clock.now_ms() - last_ms < every_ms

    def _store(self) -> None:
        """Store findings and position together; then the LOG may forget what is before it."""
        now = self._clock.now_ms()
        try:
            counts = self._write(now)
        except DBAPIError as error:
            if not is_refusal(error):
                raise
            counts = self._write_without_the_refused(now)
        if self._written_down is not None:
            self._checkpoint, self._snapshot_ms = None, now
            self._reader.commit(self._checkpoint_position)
        self._stored, self._stored_ms = self._position, now
        self._pending = []
        self._counts.update(counts)

    def _write(self, now: int) -> Mapping[str, int]:
        with self._sessions.begin() as session:
            counts = apply_findings(session, self._pending, now_ms=now)
            if self._position != self._stored:
                move(session, self._consumer, before=self._stored, after=self._position)
            if self._written_down is not None:
                snapshot = self._written_down.encoded()
                save_snapshot(session, self._consumer, position=self._checkpoint_position, snapshot=snapshot)
        return counts

    def _write_without_the_refused(self, now: int) -> Mapping[str, int]:
        """Leave out what the database refuses for good: one bad finding must not hold up all that follow."""
        good = []
        for one in self._pending:
            try:
                with self._sessions() as session:  # rolled back: only tried
                    apply_findings(session, [one], now_ms=now)
                good.append(one)
            except DBAPIError as error:
                if not is_refusal(error):
                    raise
                self._counts["refused_findings"] += 1
                _LOG.exception("the database refuses a finding of kind %s", one.finding.kind)
        self._pending = good
        return self._write(now)

    def _write_down(self, most: int | None) -> None:
        """Go on with the snapshot by one part, or begin one when it is time; it is saved when it is complete.

        Meanwhile messages are decided and their alerts stored: after a restart they are read once more from where the
        snapshot was begun.
        """
        if self._checkpoint is None:
            if not self._is_due(self._snapshot_ms, _SNAPSHOT_MS):
                return
            self._checkpoint, self._checkpoint_position = self._engine.begin_checkpoint(), self._position
        if not self._checkpoint.is_complete:
            self._checkpoint.go_on(most)

    def _wait_s(self) -> float:
        if self._checkpoint is not None:
            return _SHORTEST_WAIT_S
        due = self._engine.next_due_ms
        if due is None:
            return _LONGEST_WAIT_S
        return min(_LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, (due - self._clock.now_ms()) / SECOND_MS))

    async def _with_database(self, work: Callable[[], None], stop: asyncio.Event, *, last: bool = False) -> None:
        """Do work that needs the database, off the loop, until it succeeds; what is pending waits meanwhile."""
        for attempt in range(1_000_000):
            try:
                await asyncio.to_thread(work)
            except (DBAPIError, OSError) as error:  # the PostgreSQL driver lets socket errors through
                self._counts["database_errors"] += 1
                _LOG.warning("the database does not answer, trying again: %s", error)
            else:
                return
            if stop.is_set() and (last or attempt):
                return
            await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
