"""What became of one call that the platform made of itself, and of those of the last day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

BEATS_FILE = "heartbeat.json"
"""In the data folder."""
KEPT = 1_440
"""A day of minutes."""


class Stage(StrEnum):
    """How far a call came; where it ended, when it did not arrive."""

    DOOR = "door"
    """From the device to the acknowledgement: the LOG has it on disk. [ms]"""
    ALERT = "alert"
    """From the device to the alert in the database. [ms]"""
    PHONE = "phone"
    """From the device to the telephone. [ms]"""


class Beat(NamedTuple):
    """One call.

    Attributes
    ----------
    at_ms : int
        When the device sent it. [ms]
    door_ms, alert_ms, phone_ms : int or None
        After how long it was there; None: it was not. [ms]
    """

    at_ms: int
    door_ms: int | None
    alert_ms: int | None
    phone_ms: int | None

    @property
    def failed(self) -> Stage | None:
        """Where it ended; None: it arrived."""
        for stage, reached in zip(Stage, self[1:], strict=True):
            if reached is None:
                return stage
        return None


class Beats:
    """The calls of the last day, in a file that outlives the process.

    Parameters
    ----------
    path : Path
        Where they are kept; a file that cannot be read begins anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beats = list(read_beats(path))

    @property
    def all(self) -> Sequence[Beat]:
        """Return them, the oldest first."""
        return self._beats

    @property
    def failing_since_ms(self) -> int:
        """When the first of the calls was made that have failed since; 0: the last one arrived. [ms]."""
        since_ms = 0
        for beat in reversed(self._beats):
            if beat.failed is None:
                break
            since_ms = beat.at_ms
        return since_ms

    def add(self, beat: Beat) -> None:
        """Keep one more; a reader sees the old file or the new one."""
        self._beats = [*self._beats, beat][-KEPT:]
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._beats), encoding="utf-8")
        new.replace(self._path)


def read_beats(path: Path) -> Sequence[Beat]:
    """Return the calls that a file holds; none where there is no such file."""
    try:
        return [Beat(*row) for row in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return []
