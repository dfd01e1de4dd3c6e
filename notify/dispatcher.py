"""The one loop that notifies: lets subjects do what has come due, sends what is in the outbox, keeps the receipts.

Several dispatchers may run on one PostgreSQL; a row is worked on by one of them. On SQLite there is one.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import SECOND_MS, Clock, WallClockWatch
from anhu.contract.priority import Priority
from anhu.registry.database_changes import DatabaseChanges
from notify.answers_by_message import AnswersByMessage
from notify.attempts import Attempts
from notify.callback_reader import CallbackReader
from notify.callback_work import CallbackWork
from notify.channel import Channel
from notify.channel_type import Capabilities, Limits
from notify.due_work import DueWork
from notify.late_receipts import LateReceipts
from notify.leasing import Job
from notify.pace import Pace
from notify.receipt_book import ReceiptBook
from notify.subject import MessageStyle, Subject
from notify.unconfirmed import Unconfirmed

_logger = logging.getLogger(__name__)


class Dispatcher:
    """Sends what the outbox holds.

    Parameters
    ----------
    sessions : sessionmaker
        The database.
    channels : mapping
        Name -> channel (`notify.channels.open_channels`); the caller closes them.
    capabilities : mapping
        Name -> what the channel can do.
    subjects : mapping
        Kind -> what knows it (`notify.subjects.subjects`).
    clock : Clock
        The present time.
    readers : mapping, optional
        Channel -> what reads its provider's calls (`notify.channels.callback_readers`).
    limits : mapping, optional
        Channel -> what one address may get (`notify.channels.channel_limits`).
    public_url : str
        Where links in messages lead; empty: no links.
    time_zone : str
        IANA name of the zone in which messages tell times.
    jitter : callable
        Returns 0 to 1; spreads attempts so that they do not come in waves.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        capabilities: Mapping[str, Capabilities],
        subjects: Mapping[str, Subject[Any]],
        readers: Mapping[str, CallbackReader] | None = None,
        limits: Mapping[str, Limits] | None = None,
        public_url: str = "",
        time_zone: str = "Asia/Shanghai",
        pace: Pace | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sessions, self._clock = sessions, clock
        self._pace = pace or Pace()
        style = MessageStyle(public_url, ZoneInfo(time_zone))
        self._book = ReceiptBook(subjects)
        self._late = LateReceipts(subjects, self._book, self._pace, jitter)
        self._answers = AnswersByMessage()
        self._callbacks = CallbackWork(sessions, readers or {}, self._late, self._answers)
        told_later = [name for name in channels if _is_told_later(name, readers or {}, capabilities)]
        self._unconfirmed = Unconfirmed(sessions, subjects, told_later)
        self._due_work = DueWork(
            sessions,
            capabilities=capabilities,
            subjects=subjects,
            style=style,
            pace=self._pace,
            callbacks=self._callbacks,
            limits=limits or {},
            unconfirmed=self._unconfirmed,
        )
        self._attempts = Attempts(sessions, channels, capabilities, self._book, clock, pace=self._pace, jitter=jitter)
        self._running: dict[asyncio.Task[None], Job] = {}
        self._own: Counter[str] = Counter()
        self.delays = self._late.delays = self._attempts.delays

    @property
    def counters(self) -> Counter[str]:
        """What was done since the start; ``unknown_subjects`` and ``held_by_limit`` are what waits now."""
        done = Counter(self._own)
        for part in (
            self._due_work,
            self._attempts,
            self._book,
            self._callbacks,
            self._late,
            self._answers,
            self._unconfirmed,
        ):
            done.update(part.counters)
        return done

    async def step(self, now_ms: int) -> int:
        """Do what is due at a time until nothing is; return how many messages were tried. [ms]."""
        tried = 0
        while started := await self._start_due(now_ms):
            tried += started
            await asyncio.gather(*self._running)
        return tried

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then let what is on its way arrive."""
        changes = DatabaseChanges(self._sessions)
        wall = WallClockWatch(self._clock)
        due_ms: int | None = None
        try:
            while not stop.is_set():
                now_ms = self._clock.now_ms()
                if (by_ms := wall.set_back_ms()) and await self._move_plans(now_ms, by_ms):
                    wall.accept()
                    due_ms = now_ms
                if changes.changed() or (due_ms is not None and now_ms >= due_ms):
                    due_ms = await self._look(now_ms)
                await asyncio.sleep(self._pace.look_s)
        finally:
            changes.close()
            if self._running:
                await asyncio.wait(self._running, timeout=self._pace.lease_s)

    async def _look(self, now_ms: int) -> int | None:
        """Start what is due; return when to look again although nothing was written. [ms]."""
        try:
            due_ms, jobs = await asyncio.to_thread(self._due_work.lease_if_due, now_ms, *self._room())
            if due_ms is None or due_ms > now_ms:
                return due_ms
            self._start(jobs)
            return now_ms + SECOND_MS  # places were full, or rows locked: a finished message wakes us earlier
        except (SQLAlchemyError, OSError) as error:
            _logger.warning("the dispatcher cannot use the database: %s", type(error).__name__)
            self._own["database_errors"] += 1
            await asyncio.sleep(1.0)
            return now_ms

    async def _move_plans(self, now_ms: int, by_ms: int) -> bool:
        """Have nothing wait for longer because the clock was set back; False when it could not be done yet. [ms]."""
        _logger.warning("the clock was set back by %d s: attempts and plans move with it", by_ms // SECOND_MS)
        try:
            await asyncio.to_thread(self._due_work.clock_set_back, now_ms, by_ms)
        except (SQLAlchemyError, OSError):
            await asyncio.sleep(1.0)
            return False
        return True

    async def _start_due(self, now_ms: int) -> int:
        jobs = await asyncio.to_thread(self._due_work.lease, now_ms, *self._room())
        self._start(jobs)
        return len(jobs)

    def _room(self) -> tuple[int, int, list[Job]]:
        """Return how many messages may start, how many of them less urgent ones, and what is on its way."""
        high = self._pace.at_once - len(self._running)
        low_running = sum(job.priority < Priority.HIGH for job in self._running.values())
        low = min(high, self._pace.at_once - self._pace.kept_for_high - low_running)
        return high, low, list(self._running.values())

    def _start(self, jobs: list[Job]) -> None:
        for job in jobs:
            task = asyncio.create_task(self._attempts.deliver(job), name=f"message {job.outbox_id}")
            self._running[task] = job
            task.add_done_callback(self._running.pop)


def _is_told_later(name: str, readers: Mapping[str, CallbackReader], capabilities: Mapping[str, Capabilities]) -> bool:
    """Tell whether the provider of a channel says what became of a message, and may call."""
    is_called = name in readers and bool(readers[name].secret)
    return is_called and name in capabilities and "delivered" in capabilities[name].receipts
