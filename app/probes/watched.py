"""Something that can only be asked by waiting for it, such as a database: asked now and then beside the work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

_logger = logging.getLogger(__name__)


class Watched:
    """Asks in a thread of the pool, one question at a time, and remembers the last answer.

    Parameters
    ----------
    ask : callable
        Returns why it is not well, empty when it is; may block, and raise.
    once : bool
        Whether one good answer is enough for ever, so that nobody is asked again.
    every_s : float
        How long it waits between two questions. [s]
    """

    def __init__(self, ask: Callable[[], str], *, once: bool = False, every_s: float = 5.0) -> None:
        self._ask, self._once, self._every_s = ask, once, every_s
        self._why = "not asked yet"

    def flaw(self) -> str:
        """Return the last answer."""
        return self._why

    async def look(self) -> None:
        """Ask once. Of what was raised the kind alone is kept: its words may hold an address or a secret."""
        try:
            self._why = await asyncio.to_thread(self._ask)
        except Exception as error:
            self._why = type(error).__name__
            _logger.debug("a probe failed", exc_info=True)

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until the end."""
        while not stop.is_set():
            await self.look()
            if self._once and not self._why:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._every_s)
