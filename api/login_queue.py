"""Where passwords are hashed: threads of their own, few places before them, nobody else waits for them.

A hash takes 32 MiB and a third of a second. Browsers that logged in before have a lane of their own, which strangers
cannot fill; among strangers one address holds three places at most.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.errors import TooManyRequestsError

T = TypeVar("T")
_PLACES = 8
_PER_ADDRESS = 3
_AGAIN_S = 2.0
_NICE = 10


class _Lane:
    """One thread, and the places before it."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"login {name}", initializer=_step_back)
        self._waiting: Counter[str] = Counter()

    async def run(self, work: Callable[[], T], whose: str) -> T:
        if self._waiting.total() >= _PLACES or self._waiting[whose] >= _PER_ADDRESS:
            raise TooManyRequestsError("many log in at this moment; try again", retry_after_s=_AGAIN_S)
        self._waiting[whose] += 1
        try:
            return await asyncio.wrap_future(self._pool.submit(work))
        finally:
            self._waiting[whose] -= 1
            self._waiting += Counter()  # forgets those that are at nought


class LoginQueue:
    """Runs what is expensive about a login, in turn."""

    def __init__(self) -> None:
        self._strangers = _Lane("strangers")
        self._known = _Lane("known")

    async def run(self, work: Callable[[], T], *, whose: str, known: bool) -> T:
        """Return what the work returns.

        Parameters
        ----------
        whose : str
            Who takes the place: an address, or a browser that is known.

        Raises
        ------
        TooManyRequestsError
            If no place is free; nothing was done.
        """
        return await (self._known if known else self._strangers).run(work, whose)


def _step_back() -> None:
    """Let everything else go before this thread, where the system can say so of a thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
