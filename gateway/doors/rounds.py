"""Rounds that are made again and again: at once when something changed, and every so often all the same."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

_logger = logging.getLogger(__name__)


class Rounds:
    """Makes rounds for ever; one that fails is made again.

    Parameters
    ----------
    failing : str
        What to write in the log when a round failed.
    """

    def __init__(self, failing: str) -> None:
        self._failing, self._wanted = failing, asyncio.Event()

    def look_again(self) -> None:
        """Make the next round now: something has changed."""
        self._wanted.set()

    async def run(self, make: Callable[[], Awaitable[None]], poll_s: float) -> None:
        """Make rounds, at least every so often. [s]."""
        while True:
            try:
                async with asyncio.timeout(poll_s):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            try:
                await make()
            except Exception:
                _logger.exception("%s", self._failing)
                await asyncio.sleep(poll_s)
