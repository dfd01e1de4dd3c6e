"""Tells of devices whose door died and that came back to no other: one door does it for all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from anhu.contract.clock import DAY_MS, Clock
from gateway.directory import Directory
from gateway.doors.door_watch import DoorWatch
from gateway.intake import Intake
from gateway.lines import Left, Line, LineBook

_logger = logging.getLogger(__name__)
SWEEPING = "sweep"
_EVERY_S = 2.0
_GRACE_S = 30.0
"""So long devices have to come back to another door before they are away. [s]"""
_AT_ONCE = 500


class LeftAtDoors:
    """Says ``off`` for them: without it a device that is gone would be on for ever, its silence nobody's concern.

    A line is ours before it is said and let go after it is in the LOG: who dies in between is followed by another door.

    Attributes
    ----------
    told : int
        Of how many devices, since the start.
    """

    def __init__(
        self, book: LineBook, door: str, watch: DoorWatch, *, directory: Directory, intake: Intake, clock: Clock
    ) -> None:
        self._book, self._door, self._watch = book, door, watch
        self._directory, self._intake, self._clock = directory, intake, clock
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="left-at-doors")
        self._adopted: list[Left] = []
        self._is_told = False
        self.told = 0
        watch.want(SWEEPING)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.round()
            except Exception:
                _logger.exception("it could not be told which devices dead doors left behind; it is tried again")

    async def round(self) -> None:
        """Tell of everybody whose door has been dead for long enough."""
        loop = asyncio.get_running_loop()
        while self._adopted or self._watch.has(SWEEPING):
            if not self._adopted and (dead := self._watch.dead(_GRACE_S)):
                adopted = await loop.run_in_executor(self._executor, self._book.adopt, self._door, dead, _AT_ONCE)
                until_ms = self._clock.now_ms() + DAY_MS
                self._adopted = [Left(line, epoch, kept, until_ms, broke=False) for line, epoch, kept in adopted]
            if not self._adopted:
                break
            if not self._is_told:
                await self._tell([one.line for one in self._adopted])
                self._is_told = True
            await loop.run_in_executor(
                self._executor, self._book.leave, self._door, self._adopted, self._clock.now_ms()
            )
            self._adopted, self._is_told = [], False
        if not self._watch.has(SWEEPING):
            return
        now_ms, forgotten = self._clock.now_ms(), self._watch.forgotten()
        await loop.run_in_executor(self._executor, self._book.sweep, now_ms, forgotten)

    async def _tell(self, lines: Sequence[Line]) -> None:
        """Say it, and wait until it is on disk."""
        loop = asyncio.get_running_loop()
        ids = sorted({line.device_id for line in lines})
        devices = await loop.run_in_executor(self._executor, self._directory.find_all, ids)
        for device in devices.values():
            self._intake.report_connection(device, "off", "gateway_ended")
            self.told += 1
        kept: asyncio.Future[None] = loop.create_future()
        self._intake.in_turn(_settled, kept)
        await kept

    def close(self) -> None:
        """Look no more."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _settled(kept: asyncio.Future[None], _error: Exception | None) -> None:
    """Go on: what the LOG refused goes with the next append that works."""
    if not kept.done():
        kept.set_result(None)
