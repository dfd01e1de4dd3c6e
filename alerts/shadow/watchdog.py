"""Shuts a version in the shadow off that throws, is slow or floods: it alone, and with the reason."""

from __future__ import annotations

from enum import StrEnum

from anhu.contract.clock import HOUR_MS, MINUTE_MS

MOST_ERRORS = 3
LONG_CALL_MS, MOST_LONG_CALLS = 250.0, 3
MOST_SHARE = 0.2
"""Of the time that passes, over a minute."""
FLOOD = 200
"""So many findings an hour, beside one for each device, are too many."""


class WhyOff(StrEnum):
    """Why a version was shut off."""

    ERRORS = "errors"
    SLOW = "slow"
    FLOOD = "flood"


class Watchdog:
    """Watches one version.

    Attributes
    ----------
    why_off : WhyOff or None
        None while it may run.
    busy_ms : float
        For how long it has worked. [ms]
    long_calls : int
        How many of its calls took far too long.
    """

    def __init__(self) -> None:
        self.why_off: WhyOff | None = None
        self.busy_ms = 0.0
        self.long_calls = 0
        self._minute_ms = self._minute_busy_ms = 0.0
        self._hour_ms = self._hour_findings = 0

    def worked(self, took_ms: float, steady_ms: float) -> None:
        """Take it that one call has taken so long; `steady_ms` is a time that only runs forward. [ms]."""
        self.busy_ms += took_ms
        self._minute_busy_ms += took_ms
        self.long_calls += took_ms > LONG_CALL_MS
        if self.long_calls >= MOST_LONG_CALLS:
            self.why_off = WhyOff.SLOW
        passed_ms = steady_ms - self._minute_ms
        if passed_ms >= MINUTE_MS:
            if self._minute_ms and self._minute_busy_ms > MOST_SHARE * passed_ms:
                self.why_off = WhyOff.SLOW
            self._minute_ms, self._minute_busy_ms = steady_ms, 0.0

    def found(self, number: int, now_ms: int, *, devices: int) -> None:
        """Take it that so much was found just now. [ms]."""
        if not 0 <= now_ms - self._hour_ms < HOUR_MS:
            self._hour_ms, self._hour_findings = now_ms, 0
        self._hour_findings += number
        if self._hour_findings > FLOOD + devices:
            self.why_off = WhyOff.FLOOD

    def failed(self, times: int) -> None:
        """Take it that it has thrown so often."""
        if times >= MOST_ERRORS:
            self.why_off = WhyOff.ERRORS
