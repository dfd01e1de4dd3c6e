"""A batch that cannot be settled: why, since when, and how long to wait before the next try."""

from __future__ import annotations

import logging
from collections.abc import Callable

from anhu.contract.clock import SECOND_MS, Clock

logger = logging.getLogger(__name__)
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 30.0
_MOST_DOUBLINGS = 16


class Trouble:
    """Counts the tries of one batch after the other.

    Parameters
    ----------
    clock : Clock
        The present.
    jitter : callable
        Returns 0 to 1; stretches pauses by up to a half, so that many workers do not come back at once.

    Attributes
    ----------
    reason : str
        Empty when all is well.
    pause_s : float
        Before the next try. [s]
    retries : int
        Since the start.
    """

    def __init__(self, clock: Clock, jitter: Callable[[], float]) -> None:
        self._clock, self._jitter = clock, jitter
        self._attempts = self._began_ms = 0
        self.reason = ""
        self.pause_s = 0.0
        self.retries = 0

    @property
    def lasts_s(self) -> float:
        """For how long the present batch has been refused; 0 when it was not. [s]."""
        return (self._clock.now_ms() - self._began_ms) / SECOND_MS if self.reason else 0.0

    def new_batch(self) -> None:
        """Begin with the shortest pause again."""
        self._attempts = 0

    def note(self, reason: str, retry_after_s: float) -> None:
        """Set the pause before the next try: what the store asks for, or longer each time. [s]."""
        pause_s = max(retry_after_s, min(_FIRST_PAUSE_S * 2**self._attempts, _LONGEST_PAUSE_S))
        self.pause_s = pause_s * (1 + self._jitter() / 2)
        self._attempts = min(self._attempts + 1, _MOST_DOUBLINGS)
        self.retries += 1
        if not self.reason:
            self._began_ms = self._clock.now_ms()
        if reason != self.reason:
            logger.warning("ingest: the store takes nothing, trying again: %s", reason)
        self.reason = reason

    def over(self) -> None:
        """Take note that a batch was settled."""
        if self.reason:
            logger.info("ingest: the store takes readings again")
        self.reason = ""
