"""Ends a call that does not return, from outside it: nothing that waits in the same thread could."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LIMIT_S = 5.0
"""Far beyond `alerts.shadow.watchdog.LONG_CALL_MS`: a machine that stands still for a moment ends nothing."""
_AGAIN_S = 0.1


class TookTooLongError(BaseException):
    """A call was ended; no `except Exception` of whoever is called may swallow it."""


@contextmanager
def within(limit_s: float) -> Iterator[None]:
    """Let a block take no longer than this. [s].

    It is ended at its next step in Python, again and again until it is: a loop that catches everything, too. Not ended
    is a call into C that never comes back, nor anything outside the main thread, where there are no signals.

    Raises
    ------
    TookTooLongError
        If it was ended.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    going_on = True

    def end(_number: int, _frame: FrameType | None) -> None:
        if going_on:  # not a step later, when something else is at work
            raise TookTooLongError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, limit_s, _AGAIN_S)
    try:
        yield
    finally:
        going_on = False
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
