"""Time as an argument: UTC milliseconds since 1970, read from a clock that the caller owns."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from anhu.contract.errors import FieldError

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
_NOTABLE_MS = 5 * SECOND_MS


class Clock(Protocol):
    """Where the present time comes from."""

    def now_ms(self) -> int:
        """Return the present, UTC, since 1970-01-01. [ms]."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now_ms(self) -> int:
        """Return the machine's present time, UTC. [ms]."""
        return time.time_ns() // 1_000_000


class WallClockWatch:
    """Notices that a wall clock was set back, by comparing it with the time that only runs forward.

    Plans are kept as wall times, because they must outlive a restart. After the clock was set back they would wait
    for that much longer: whoever waits for them asks here.
    """

    def __init__(self, clock: Clock, *, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._steady_s = clock, steady_s
        self.accept()

    def set_back_ms(self) -> int:
        """Return by how much the clock was set back since it was last accepted; 0 for less than 5 s. [ms]."""
        by_ms = self._ahead_ms - self._wall_minus_steady_ms()
        if by_ms < 0:  # set forward, or a steady clock that slept with the machine
            self.accept()
        return by_ms if by_ms >= _NOTABLE_MS else 0

    def accept(self) -> None:
        """Take the present time as right."""
        self._ahead_ms = self._wall_minus_steady_ms()

    def _wall_minus_steady_ms(self) -> int:
        return self._clock.now_ms() - round(self._steady_s() * SECOND_MS)


class ManualClock:
    """A clock that moves only when it is told to: for tests and for replaying history.

    Parameters
    ----------
    start_ms : int
        The first reading. [ms]
    """

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        """Return the time this clock was last set to. [ms]."""
        return self._now_ms

    def set(self, now_ms: int) -> None:
        """Jump to a time. [ms]."""
        self._now_ms = now_ms

    def forward(self, step_ms: int) -> int:
        """Move on by a step and return the new time. [ms]."""
        self._now_ms += step_ms
        return self._now_ms


def to_rfc3339(time_ms: int) -> str:
    """Return ``2026-11-23T03:00:00.000Z`` for a UTC time. [ms]."""
    moment = datetime.fromtimestamp(time_ms / 1_000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: str, *, field: str = "time") -> int:
    """Return UTC milliseconds for an RFC 3339 text.

    Raises
    ------
    FieldError
        If the text is no date and time, or names no zone: a local time without a zone is never guessed here.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FieldError(field, text, "an RFC 3339 date and time such as 2026-11-23T03:00:00Z") from None
    if moment.tzinfo is None:
        raise FieldError(field, text, "a time zone at the end, such as Z or +08:00")
    return round(moment.timestamp() * 1_000)
