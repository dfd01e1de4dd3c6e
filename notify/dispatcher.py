"""The one loop that notifies: takes escalation steps that are due, sends what is in the outbox, keeps the receipts.

Several dispatchers may run on one PostgreSQL; a row is worked on by one of them. On SQLite there is one.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from alerts.episodes.escalations import advance_escalations
from anhu.contract.clock import SECOND_MS, Clock, WallClockWatch
from anhu.contract.priority import Priority
from anhu.registry.database import reading
from anhu.registry.database_changes import watch
from notify import outbox
from notify.channel import Channel, PermanentError, RetryableError
from notify.outbox import Job, MessageStyle

_logger = logging.getLogger(__name__)
_MOST_DOUBLINGS = 16
_KEEP_AFTER_S = (0.0, 0.5, 2.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast, how often, how much at once.

    Attributes
    ----------
    look_s : float
        Between two looks for new work; a look without news costs microseconds on SQLite, one query elsewhere. [s]
    at_once, kept_for_high, per_contact : int
        Messages on their way together; how many of these places only a high one may take; to one contact, where
        high ones do not count the others.
    lease_s : float
        After this a message whose dispatcher died is sent again; longer than any channel's time limit. [s]
    first_wait_s, longest_wait_s : float
        Between attempts: doubles from the first to the longest, each shortened at random by up to a half. [s]
    longest_high_wait_s : float
        The longest wait of a high one: it must arrive soon after a provider's outage. [s]
    attempts : int
        After so many, about 20 minutes, the message has failed: the alert's history says so, and the next step of
        the ladder comes at once. A high one is tried on all the same, until somebody answers.
    """

    look_s: float = 0.01
    at_once: int = 32
    kept_for_high: int = 8
    per_contact: int = 4
    lease_s: float = 30.0
    first_wait_s: float = 2.0
    longest_wait_s: float = 300.0
    longest_high_wait_s: float = 60.0
    attempts: int = 10


class Dispatcher:
    """Sends what the outbox holds.

    Parameters
    ----------
    sessions : sessionmaker
        The database.
    channels : mapping
        Name -> channel (`notify.channels.open_channels`); the caller closes them.
    clock : Clock
        The present time.
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
        public_url: str = "",
        time_zone: str = "Asia/Shanghai",
        pace: Pace | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._channels = channels
        self._clock = clock
        self._wording = MessageStyle(public_url, ZoneInfo(time_zone))
        self._pace = pace or Pace()
        self._jitter = jitter
        self._running: dict[asyncio.Task[None], Job] = {}
        self.counters: Counter[str] = Counter()

    async def step(self, now_ms: int) -> int:
        """Do what is due at a time until nothing is; return how many messages were tried. [ms]."""
        tried = 0
        while started := await self._start_due(now_ms):
            tried += started
            await asyncio.gather(*self._running)
        return tried

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then let what is on its way arrive."""
        changes = watch(self._sessions)
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
            due_ms, jobs = await asyncio.to_thread(self._lease_if_due, now_ms, *self._room())
            if due_ms is None or due_ms > now_ms:
                return due_ms
            self._start(jobs)
            return now_ms + SECOND_MS  # places were full, or rows locked: a finished message wakes us earlier
        except (SQLAlchemyError, OSError) as error:
            _logger.warning("the dispatcher cannot use the database: %s", type(error).__name__)
            self.counters["database_errors"] += 1
            await asyncio.sleep(1.0)
            return now_ms

    async def _move_plans(self, now_ms: int, by_ms: int) -> bool:
        """Have nothing wait for longer because the clock was set back; False when it could not be done yet. [ms]."""
        _logger.warning("the clock was set back by %d s: messages and escalations move with it", by_ms // SECOND_MS)
        try:
            await asyncio.to_thread(self._bring_forward, now_ms, by_ms)
        except (SQLAlchemyError, OSError):
            await asyncio.sleep(1.0)
            return False
        return True

    def _bring_forward(self, now_ms: int, by_ms: int) -> None:
        with self._sessions.begin() as session:
            outbox.bring_forward(session, now_ms, by_ms)

    def _lease_if_due(self, now_ms: int, high: int, low: int, running: list[Job]) -> tuple[int | None, list[Job]]:
        """Look first without the write lock; one trip to the thread for both."""
        with reading(self._sessions)() as session:
            due_ms = outbox.next_due_ms(session, now_ms)
        if due_ms is None or due_ms > now_ms:
            return due_ms, []
        return due_ms, self._lease(now_ms, high, low, running)

    async def _start_due(self, now_ms: int) -> int:
        jobs = await asyncio.to_thread(self._lease, now_ms, *self._room())
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
            task = asyncio.create_task(self._deliver(job), name=f"message {job.outbox_id}")
            self._running[task] = job
            task.add_done_callback(self._running.pop)

    def _lease(self, now_ms: int, high: int, low: int, running: list[Job]) -> list[Job]:
        until_ms = now_ms + round(self._pace.lease_s * SECOND_MS)
        jobs: list[Job] = []
        with self._sessions.begin() as session:
            self.counters["escalated"] += advance_escalations(session, now_ms)
            for limit, priority in ((high, Priority.HIGH), (low, Priority.INFO)):
                room = min(limit, high - len(jobs))
                # A call for help does not wait for a place at a contact behind what is less urgent.
                on_their_way = Counter(j.contact_id for j in [*running, *jobs] if j.priority >= priority)
                if room > 0:
                    jobs += outbox.lease(
                        session,
                        now_ms,
                        until_ms=until_ms,
                        limit=room,
                        min_priority=priority,
                        busy=on_their_way,
                        per_contact=self._pace.per_contact,
                        wording=self._wording,
                    )
                    session.flush()
        return jobs

    async def _deliver(self, job: Job) -> None:
        began = time.monotonic()
        result = await self._attempt(job)
        await self._keep(job, result)
        self.counters["attempts"] += 1
        self.counters["sending_ms"] += round((time.monotonic() - began) * SECOND_MS)

    async def _keep(self, job: Job, result: outbox.Result) -> None:
        """Write down what became of a message; a database that is away for seconds must not have it sent twice."""
        for pause_s in _KEEP_AFTER_S:
            await asyncio.sleep(pause_s)
            try:
                await asyncio.to_thread(self._record, job, result)
            except (SQLAlchemyError, OSError) as error:
                _logger.warning("message %d: its receipt was not kept: %s", job.outbox_id, type(error).__name__)
            else:
                return

    async def _attempt(self, job: Job) -> outbox.Result:
        channel = self._channels.get(job.channel)
        if channel is None:
            return PermanentError(f"channel {job.channel!r} is not set up")
        try:
            async with asyncio.timeout(channel.time_limit_s):
                return await channel.send(job.message, job.to)
        except (RetryableError, PermanentError) as error:
            return error
        except TimeoutError:
            return RetryableError(f"no answer within {channel.time_limit_s:g} s")
        except Exception as error:  # noqa: BLE001 - a broken channel must not end the loop, nor show what it held
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{last.filename}:{last.lineno}"
            _logger.error("channel %s broke its promise: %s in %s", job.channel, type(error).__name__, place)  # noqa: TRY400
            return RetryableError(f"channel error: {type(error).__name__}")

    def _record(self, job: Job, result: outbox.Result) -> None:
        now_ms = self._clock.now_ms()
        with self._sessions.begin() as session:
            goes_on = job.attempt < self._pace.attempts or job.priority >= Priority.HIGH
            if isinstance(result, RetryableError) and goes_on:
                due_at_ms = now_ms + self._wait_ms(job, result.after_s)
                outbox.record_retry(session, job, now_ms, due_at_ms=due_at_ms, reason=str(result))
                if job.attempt == self._pace.attempts:
                    outbox.tell_failure(session, job, now_ms, reason=str(result))
            elif isinstance(result, RetryableError | PermanentError):
                outbox.record_failure(session, job, now_ms, reason=str(result))
            else:
                outbox.record_reached(session, job, now_ms, result)

    def _wait_ms(self, job: Job, after_s: float) -> int:
        pace = self._pace
        longest_s = pace.longest_high_wait_s if job.priority >= Priority.HIGH else pace.longest_wait_s
        wait_s = min(pace.first_wait_s * 2.0 ** min(job.attempt - 1, _MOST_DOUBLINGS), longest_s)
        wanted_ms = round(max(wait_s * (1 - self._jitter() / 2), after_s) * SECOND_MS)
        return min(wanted_ms, outbox.FARTHEST_MS)
