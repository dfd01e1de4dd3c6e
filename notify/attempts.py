"""One attempt: send a leased message once, and write down what became of it."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.delays import Delays, Stage
from anhu.contract.priority import Priority
from anhu.contract.tracing import Step
from notify.channel import Channel, Delivery, GoneError, PermanentError, RetryableError
from notify.channel_type import Capabilities
from notify.leasing import Job
from notify.pace import Pace
from notify.receipt_book import ReceiptBook, Result

_logger = logging.getLogger(__name__)
_KEEP_AFTER_S = (0.0, 0.5, 2.0, 5.0)


class Attempts:
    """Makes attempts.

    Parameters
    ----------
    sessions : sessionmaker
        The database.
    channels : mapping
        Name -> channel that is set up.
    capabilities : mapping
        Name -> what the channel can do.
    book : ReceiptBook
        Writes down what became of them.
    clock : Clock
        The present time.
    jitter : callable
        Returns 0 to 1; spreads attempts so that they do not come in waves.

    Attributes
    ----------
    counters : Counter
        ``attempts``, ``sending_ms``; ``overclaimed``: receipts of a kind that the channel does not give.
    delays : Delays
        How long messages took.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        channels: Mapping[str, Channel],
        capabilities: Mapping[str, Capabilities],
        book: ReceiptBook,
        clock: Clock,
        *,
        pace: Pace,
        jitter: Callable[[], float],
    ) -> None:
        self._sessions = sessions
        self._channels = channels
        self._capabilities = capabilities
        self._book = book
        self._clock = clock
        self._pace = pace
        self._jitter = jitter
        self.counters: Counter[str] = Counter()
        self.delays = Delays()

    async def deliver(self, job: Job) -> None:
        """Send once and keep the receipt."""
        began, began_ms = time.monotonic(), self._clock.now_ms()
        result = await self._attempt(job)
        self._trace(job, result, began_ms)
        await self._keep(job, result)
        self.counters["attempts"] += 1
        self.counters["sending_ms"] += round((time.monotonic() - began) * SECOND_MS)

    async def _keep(self, job: Job, result: Result) -> None:
        """Write down what became of a message; a database that is away for seconds must not have it sent twice."""
        for pause_s in _KEEP_AFTER_S:
            await asyncio.sleep(pause_s)
            try:
                await asyncio.to_thread(self._record, job, result)
            except (SQLAlchemyError, OSError) as error:
                _logger.warning("message %d: its receipt was not kept: %s", job.outbox_id, type(error).__name__)
            else:
                return

    async def _attempt(self, job: Job) -> Result:
        if job.broken:
            return PermanentError(job.broken)
        channel = self._channels.get(job.channel)
        if channel is None:
            return PermanentError(f"channel {job.channel!r} is not set up")
        try:
            async with asyncio.timeout(channel.time_limit_s):
                return self._believed(job, await channel.send(job.message, job.to))
        except (RetryableError, PermanentError) as error:
            return error
        except TimeoutError:
            return RetryableError(f"no answer within {channel.time_limit_s:g} s")
        except Exception as error:  # noqa: BLE001 - a broken channel must not end the loop, nor show what it held
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{last.filename}:{last.lineno}"
            _logger.error("channel %s broke its promise: %s in %s", job.channel, type(error).__name__, place)  # noqa: TRY400
            return RetryableError(f"channel error: {type(error).__name__}")

    def _believed(self, job: Job, said: Delivery) -> Delivery:
        """Return what the other side said, without news that this channel cannot have."""
        if said.state == "sent" or said.state in self._capabilities[job.channel].receipts:
            return said
        self.counters["overclaimed"] += 1
        _logger.error("channel %s says %r of a message, which it never knows", job.channel, said.state)
        return dataclasses.replace(said, state="sent")

    def _record(self, job: Job, result: Result) -> None:
        now_ms, jitter = self._clock.now_ms(), self._jitter()
        for one in (job, *job.together):
            with self._sessions.begin() as session:
                self._record_one(session, one, result, now_ms, jitter, lead=job)
            if isinstance(result, Delivery):
                self._note(one, now_ms)

    def _trace(self, job: Job, result: Result, began_ms: int) -> None:
        """Write down an attempt about a message that is followed. [ms]."""
        tracer = self.delays.tracer
        if tracer is None or not job.trace:
            return
        if tracer.wants(job.trace, is_call=job.priority >= Priority.HIGH):
            failed = "" if isinstance(result, Delivery) else type(result).__name__
            about: dict[str, str | int] = {"channel": job.channel, "attempt": job.attempt, "error": failed}
            number = (job.outbox_id << 8) + job.attempt
            tracer.note(job.trace, Step.SEND, began_ms, self._clock.now_ms(), number=number, **about)

    def _note(self, job: Job, now_ms: int) -> None:
        priority = Priority(job.priority)
        self.delays.note(Stage.OUTBOX_TO_SENT, now_ms - job.since_ms, priority)
        if job.received_ms:
            self.delays.note(Stage.RECEIVED_TO_TOLD, now_ms - job.received_ms, priority)

    def _record_one(
        self,
        session: Session,
        job: Job,
        result: Result,
        now_ms: int,
        jitter: float,
        *,
        lead: Job,
    ) -> None:
        if isinstance(result, RetryableError) and self._pace.goes_on(job.attempt, job.priority):
            wait_ms = self._pace.wait_ms(job.attempt, job.priority, after_s=result.after_s, jitter=jitter)
            self._book.retry(session, job, now_ms, due_at_ms=now_ms + wait_ms, reason=str(result))
            if job.attempt == self._pace.attempts:
                self._book.tell_failure(session, job, now_ms, reason=str(result))
        elif isinstance(result, RetryableError | PermanentError):
            self._book.failure(session, job, now_ms, reason=str(result), is_gone=isinstance(result, GoneError))
        else:
            self._book.reached(session, job, now_ms, result, lead=lead)
