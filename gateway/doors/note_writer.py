"""Brings what was set aside to where people see it, every few seconds."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor

from anhu.contract.clock import Clock
from gateway.directory import NoteBook
from gateway.doors.set_aside import SetAside

_logger = logging.getLogger(__name__)
_EVERY_S = 2.0


class NoteWriter:
    """Writes, and keeps what could not be written for the next time."""

    def __init__(self, aside: SetAside, book: NoteBook, executor: Executor, clock: Clock) -> None:
        self._aside, self._book, self._executor, self._clock = aside, book, executor, clock
        self.failed_writes = 0

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what is new."""
        notes = self._aside.take(self._clock.now_ms())
        if not notes:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._book.add, notes)
        except Exception:
            self.failed_writes += 1
            self._aside.give_back(notes)
            _logger.exception("what devices said in vain could not be written down; it is tried again")
