"""Times in which the platform itself was away: nobody is silent because nobody listened."""

from __future__ import annotations

from alerts.engine.engine import Engine
from anhu.contract.clock import MINUTE_MS, Clock

_DOWN_MS = 2 * MINUTE_MS
_LEAP_MS = 5 * MINUTE_MS


class Absence:
    """Excuses the silence of devices over a time in which the platform was down, asleep, or its clock set forward.

    Parameters
    ----------
    engine : Engine
        Counts the silence.
    clock : Clock
        The present.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._caught_up = False
        self._awake_ms = 0

    def excuse_leap(self) -> None:
        """Excuse a time in which the machine slept, or over which its clock was set forward; called all the time."""
        before, self._awake_ms = self._awake_ms, self._clock.now_ms()
        if 0 < before < self._awake_ms - _LEAP_MS:
            self._engine.excuse_silence(self._awake_ms - before, self._awake_ms)

    def excuse_downtime(self) -> None:
        """Excuse the time since the newest message, once: the first time that all of the LOG is read after a start."""
        now, newest = self._clock.now_ms(), self._engine.newest_ms
        if not self._caught_up and 0 < newest < now - _DOWN_MS:
            self._engine.excuse_silence(now - newest, now)
        self._caught_up = True
