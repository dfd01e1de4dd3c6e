"""Which time rules use: the device's own while its clock is sane, else when we received it.

A report from long ago is either buffered (true, late) or from a wrong clock (made now). The difference decides
whether a call for help pages: it is told by what the device's clock showed before.
"""

from __future__ import annotations

from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.observation import TimeQuality

SANE_MS = 10 * MINUTE_MS
"""A clock off by less is right enough. [ms]"""
_STEADY_MS = 5_000
_APART_MS = 10_000
_STEADY_REPORTS = 3
_DEVICE = TimeQuality.DEVICE  # asked for every message: an enum's member costs a look each time


class DeviceClock:
    """What is known of one device's clock."""

    __slots__ = ("_behind_ms", "_seen_ms", "_steady", "was_sane")

    def __init__(self) -> None:
        self.was_sane = False
        self._behind_ms = 0
        self._seen_ms = 0
        self._steady = 0

    def rule_time(self, observed_at_ms: int, time_quality: int, received_at_ms: int) -> int:
        """Return the time that rules use for an observation. [ms].

        Notes
        -----
        Received time stands in when the device sent none or one of the future; when it stays behind by the same
        amount over reports that come at least ten seconds apart (a buffer being emptied catches up instead); and
        when it is a day behind and was never seen to be right (a clock that was never set).
        """
        if time_quality != _DEVICE:
            return received_at_ms
        behind = received_at_ms - observed_at_ms
        if -SANE_MS <= behind <= SANE_MS:
            self.was_sane = True
            self._steady = 0
            return observed_at_ms
        if behind < 0:
            return received_at_ms
        if abs(behind - self._behind_ms) >= _STEADY_MS:
            self._behind_ms, self._seen_ms, self._steady = behind, received_at_ms, 1
        elif received_at_ms - self._seen_ms >= _APART_MS:
            self._seen_ms = received_at_ms
            self._steady += 1
        wrong = self._steady >= _STEADY_REPORTS or (behind > DAY_MS and not self.was_sane)
        return received_at_ms if wrong else observed_at_ms

    def snapshot(self) -> list[int]:
        """Return the whole state."""
        return [int(self.was_sane), self._behind_ms, self._seen_ms, self._steady]

    def restore(self, state: list[int]) -> None:
        """Take over a state."""
        was_sane, self._behind_ms, self._seen_ms, self._steady = state
        self.was_sane = bool(was_sane)
