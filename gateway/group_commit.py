"""Group commit: records that come together share one append to the LOG, and whoever waits is told in turn."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from anhu.contract.clock import SECOND_MS
from anhu.contract.delays import Delays, Stage
from anhu.log.bundles import entries_of
from anhu.log.port import Keyed, LogWriter
from gateway.counters import IntakeCounters

_logger = logging.getLogger(__name__)
_MAX_OWED = 10_000
_REFUSED_S = 10.0
_SLOW_S = 10.0

Done = Callable[[Any, Exception | None], None]
"""Called with the caller's own token, and with the LOG's error if the message is not on disk."""


class GroupCommit:
    """Appends records in the order given: while one append is under way, the next one gathers.

    Parameters
    ----------
    log : LogWriter
        Where records go.
    counters : IntakeCounters
        Counts what the LOG refuses.
    steady_s : callable
        A time that only runs forward. [s]

    Attributes
    ----------
    pending_bytes : int
        Bytes that wait for the LOG. [byte]
    delays : Delays
        How long messages waited.
    """

    def __init__(
        self, log: LogWriter, counters: IntakeCounters, *, steady_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._steady_s = steady_s
        self._counters = counters
        self._records: list[Keyed] = []
        self._waiting: list[tuple[Done, Any]] = []
        self._own: list[Keyed] = []
        self._owed: list[Keyed] = []
        self._committer: asyncio.Task[None] | None = None
        self._begun_s: float | None = None
        self._refused_s: float | None = None
        self.pending_bytes = 0
        self.delays = Delays()
        self._since_s = 0.0  # of the oldest that waits

    def put(self, records: Iterable[Keyed], done: Done, token: object) -> None:
        """Queue the records of one message; ``done(token, error)`` is called once they are on disk."""
        if not self._waiting:
            self._since_s = self._steady_s()
        for record in records:
            self._records.append(record)
            self.pending_bytes += len(record[1])
        self._waiting.append((done, token))
        if self._committer is None:
            self._wake()

    def put_own(self, record: Keyed) -> None:
        """Queue a record that nobody would send again: if the LOG refuses, it goes with the next append that works."""
        self._records.append(record)
        self._own.append(record)
        self.pending_bytes += len(record[1])
        if self._committer is None:
            self._wake()

    def flaw(self) -> str:
        """Return why nothing may be expected of the LOG now; empty when it takes what it is given.

        Who was refused longer ago than ten seconds, and tried nothing since, may try again.
        """
        now_s = self._steady_s()
        if self._refused_s is not None and now_s - self._refused_s < _REFUSED_S:
            return "refuses"
        if self._begun_s is not None and now_s - self._begun_s > _SLOW_S:
            return f"has not answered for {now_s - self._begun_s:.0f} s"
        return ""

    async def aclose(self) -> None:
        """Wait until everything queued is on disk; the LOG itself stays open."""
        while self._committer is not None:
            await self._committer

    def _wake(self) -> None:
        self._committer = asyncio.get_running_loop().create_task(self._commit_all(), name="group commit")

    async def _commit_all(self) -> None:
        try:
            while self._waiting or self._records:
                await self._commit()
        finally:
            self._committer = None

    async def _commit(self) -> None:
        records, waiting, own, size = self._owed + self._records, self._waiting, self._own, self.pending_bytes
        own = self._owed + own
        self._records, self._waiting, self._own, self._owed = [], [], [], []
        error: Exception | None = None
        self._begun_s, since_s = self._steady_s(), self._since_s
        try:
            if records:
                await self._log.append_many(entries_of(records, self._log.partitions))
        except Exception as failure:  # noqa: BLE001 - whatever the LOG says: not on disk is not acknowledged
            error = failure
            self._keep_owed(own, failure)
        self._refused_s, self._begun_s = (self._steady_s() if error else None), None
        self.pending_bytes -= size
        if waiting and error is None:
            waited_ms = (self._steady_s() - since_s) * SECOND_MS
            self.delays.note(Stage.RECEIVED_TO_LOG, waited_ms, times=len(waiting))
        for done, token in waiting:
            try:
                done(token, error)
            except Exception:
                _logger.exception("a front door failed to take the LOG's answer")

    def _keep_owed(self, own: list[Keyed], failure: Exception) -> None:
        self._counters.log_failures += 1
        self._counters.dropped += max(0, len(own) - _MAX_OWED)
        self._owed = own[-_MAX_OWED:]
        _logger.error("the LOG refused a batch, nothing of it is acknowledged: %s: %s", type(failure).__name__, failure)
