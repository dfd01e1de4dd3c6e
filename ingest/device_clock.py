"""Tells a device's clock that is behind from reports that are late.

A buffer empties, so its lag shrinks to nothing within minutes; a wrong clock keeps its lag. A device is called skewed
when every report of at least ten minutes, three or more, had a lag above ten minutes and within two minutes of each
other, and until a report comes with a sane lag. Before that, and in doubt, it is late.
"""

from __future__ import annotations

from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import TimeQuality
from anhu.contract.record import Reading

SKEW_MS = 10 * MINUTE_MS
LATE_MS = 2 * MINUTE_MS
_SKEW_REPORTS = 3
_NEVER_MS = -(2**63)
_RECEIVED = TimeQuality.RECEIVED


class DeviceClock:
    """What the lags of one device's reports say of its clock.

    Attributes
    ----------
    lag_ms : int
        By how much the device's clock is behind, once that is sure; else 0. [ms]
    """

    __slots__ = ("_first_ms", "_high_ms", "_low_ms", "_reports", "lag_ms")

    def __init__(self) -> None:
        self.lag_ms = 0
        self._reports = 0
        self._first_ms = 0
        self._low_ms = 0
        self._high_ms = 0

    def hear(self, reading: Reading) -> int:
        """Learn from the freshest device time of a reading; return by how much the clock is behind. [ms]."""
        newest_ms = _NEVER_MS
        for seen in reading.observations:
            if seen.observed_at_ms > newest_ms and seen.time_quality is not _RECEIVED:
                newest_ms = seen.observed_at_ms
        if newest_ms == _NEVER_MS:
            return self.lag_ms
        lag_ms = reading.received_at_ms - newest_ms
        if lag_ms <= SKEW_MS:
            self.is_right()
        else:
            self._lags(reading.received_at_ms, lag_ms)
        return self.lag_ms

    def is_right(self) -> None:
        """Learn from a reading that is on time."""
        self.lag_ms = self._reports = 0

    def _lags(self, received_at_ms: int, lag_ms: int) -> None:
        low_ms, high_ms = min(self._low_ms, lag_ms), max(self._high_ms, lag_ms)
        if not self._reports or high_ms - low_ms > LATE_MS:
            self._restart(received_at_ms, lag_ms)
            return
        self._low_ms, self._high_ms = low_ms, high_ms
        self._reports += 1
        if self._reports >= _SKEW_REPORTS and received_at_ms - self._first_ms >= SKEW_MS:
            self.lag_ms = low_ms

    def _restart(self, first_ms: int, lag_ms: int) -> None:
        self._first_ms, self._low_ms, self._high_ms, self._reports = first_ms, lag_ms, lag_ms, 1
