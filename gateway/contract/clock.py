"""Time as an argument: UTC milliseconds since 1970, read from a clock that the caller owns."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from gateway.contract.errors import FieldError

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


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
