"""Who waits in an event loop for what another thread brings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Waiting:
    """Waiters of one event loop, woken from any thread; without any, waking costs nothing."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._futures: set[asyncio.Future[None]] = set()

    async def until(self, is_so: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until woken, unless it is so already; say whether it is so. [s]."""
        self._loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = self._loop.create_future()
        self._futures.add(woken)
        try:
            if not is_so():
                await asyncio.wait_for(woken, timeout_s)
        except TimeoutError:
            pass
        finally:
            self._futures.discard(woken)
        return is_so()

    def wake(self) -> None:
        """Wake all."""
        if self._loop is not None and self._futures:
            try:
                self._loop.call_soon_threadsafe(self._wake)
            except RuntimeError:  # the loop has ended: nobody waits any more
                return

    def _wake(self) -> None:
        for one in self._futures:
            if not one.done():
                one.set_result(None)
