"""Times in which the LOG itself is away: nobody waits for help because of it, and nobody is silent because of it."""

from __future__ import annotations

from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.keeper import is_due
from alerts.unheard import Unheard
from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.log.port import LogReader

_EXCUSED_MS = 2 * MINUTE_MS
_LOOK_MS = 5 * SECOND_MS


class LogAbsence:
    """Tells what the time alone decides while nothing can be read, and excuses the silence over that time.

    Parameters
    ----------
    engine : Engine
        Counts the silence, and decides.
    reader : LogReader
        Through which devices are heard.
    clock : Clock
        The present.
    """

    def __init__(self, engine: Engine, reader: LogReader, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._unheard = Unheard(reader)
        self._looked_ms = 0

    @property
    def is_so(self) -> bool:
        """Whether nothing is heard of the LOG at present."""
        return self._unheard.is_so

    @property
    def lasts_ms(self) -> int:
        """For how long nothing was heard of it though it was asked; 0 while it is heard. [ms]."""
        return self._unheard.lasts_ms

    def note(self, *, came: bool) -> None:
        """Take note whether anything was read; before it is decided, the time in which nothing could be is excused."""
        now = self._clock.now_ms()
        lasted_ms = self._unheard.look(now, came=came)
        if lasted_ms >= _EXCUSED_MS:
            self._engine.excuse_silence(lasted_ms, now)

    def findings(self) -> list[ResidentFinding]:
        """Return for what somebody may need help by the time alone, once nothing was heard for long."""
        now = self._clock.now_ms()
        if not self._unheard.is_long or not is_due(now, self._looked_ms, _LOOK_MS):
            return []
        self._looked_ms = now
        return self._engine.advance_for_help(now)
