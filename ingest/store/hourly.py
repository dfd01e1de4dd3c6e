"""Hourly values: low, sum, high and number of each quantity of a device within an hour, for charts of months.

They are made from the stored numbers alone, hour by hour as marked in `due_hours`, and written over what was there:
late numbers, repeated ones and replayed letters mark their hours again, and doing an hour twice changes nothing. Until
an hour is done, charts read its numbers, so they show the same before and after. An hour is done when it has been over
for a few minutes. What was stored before there were marks is marked backwards, a few hours at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from ingest.store.due_hours import DeviceHour
from ingest.store.marks import Marks
from ingest.store.port import Range

_GRACE_MS = 5 * MINUTE_MS
_A_SLICE = 500
_AHEAD_HOURS = 48  # readings with a clock ahead of time, stored before the first marks
_BACK_HOURS = 6
_FARTHEST_BACK_MS = 730 * DAY_MS


class HourStore(Protocol):
    """What a store does for its hourly values. Raises `StoreUnavailableError` when it cannot now."""

    def put_together(self, hours: Sequence[DeviceHour]) -> None:
        """Make the hourly values of these hours from the numbers that are stored now, instead of older ones."""
        ...

    def devices_in(self, within: Range) -> Sequence[tuple[str, str]]:
        """Return (resident_id, device_id) of everything with numbers of a resident in a range."""
        ...

    def newest_before(self, before_ms: int) -> int | None:
        """Return the time of the newest number of any resident before a time. [ms]."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class HourlyWork:
    """Keeps hourly values true, in slices of some tens of milliseconds.

    Parameters
    ----------
    due : Marks
        In a file on a connection of its own, or in the database.

    Attributes
    ----------
    done : int
        Hours of devices put together since the start.
    """

    def __init__(self, due: Marks, store: HourStore, clock: Clock) -> None:
        self._due, self._store, self._clock = due, store, clock
        self.done = 0

    def step(self) -> bool:
        """Do one slice; False when nothing is left to be done now. Raises what the store and the marks raise."""
        now_ms = self._clock.now_ms()
        taken = self._due.take((now_ms - _GRACE_MS) // HOUR_MS, _A_SLICE)
        if not taken.hours:
            return self._reach_back(now_ms)
        self._store.put_together(taken.hours)
        self._due.done(taken)
        self.done += len(taken.hours)
        return True

    def close(self) -> None:
        """Let go of files and connections."""
        self._store.close()

    def _reach_back(self, now_ms: int) -> bool:
        """Mark a few more hours of the time before the marks began; False when there is no such time."""
        farthest = (now_ms - _FARTHEST_BACK_MS) // HOUR_MS
        since = self._due.since
        if since is None:
            since = now_ms // HOUR_MS + _AHEAD_HOURS
        elif since <= farthest:
            return False
        newest_ms = self._store.newest_before(since * HOUR_MS)
        if newest_ms is None or newest_ms // HOUR_MS < farthest:
            self._due.reach_back(farthest)
            return False
        last = newest_ms // HOUR_MS
        first = max(last + 1 - _BACK_HOURS, farthest)
        devices = self._store.devices_in(Range(first * HOUR_MS, (last + 1) * HOUR_MS))
        hours = range(first, last + 1)
        self._due.reach_back(first, (DeviceHour(r, hour, d) for r, d in devices for hour in hours))
        return True
