"""What became of one call that the platform made of itself, and of those of the last day."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from anhu.contract.clock import DAY_MS

BEATS_FILE = "heartbeat.json"
"""In the data folder."""
KEPT = 1_440
"""A day of minutes."""
_STAGES = 3


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
    partition : int
        Of the LOG, through which it went.
    """

    at_ms: int
    door_ms: int | None
    alert_ms: int | None
    phone_ms: int | None
    partition: int = 0

    @property
    def reached(self) -> Mapping[Stage, int | None]:
        """After how long it was at each stage. [ms]."""
        return dict(zip(Stage, self[1 : 1 + _STAGES], strict=True))

    @property
    def failed(self) -> Stage | None:
        """Where it ended; None: it arrived."""
        return next((stage for stage, ms in self.reached.items() if ms is None), None)


class BeatStore(Protocol):
    """Where they are kept."""

    def read(self) -> Sequence[Beat]:
        """Return those of the last day, the oldest first."""
        ...

    def write(self, beats: Sequence[Beat], new: Sequence[Beat]) -> None:
        """Keep them all, of which some are new."""
        ...


class Beats:
    """The calls of the last day; they outlive the process.

    Parameters
    ----------
    store : BeatStore
        Where they are kept.
    partitions : int
        How many the LOG has: a day has room for some calls a minute where there are many.
    """

    def __init__(self, store: BeatStore, partitions: int = 1) -> None:
        self._store, self._kept = store, KEPT * max(partitions, 1)
        self._beats: list[Beat] = []
        self.read()

    def read(self) -> None:
        """Read what is kept: another watcher may have written since."""
        self._beats = list(self._store.read())

    def forget(self) -> None:
        """Know of none: they are another watcher's from now on."""
        self._beats = []

    @property
    def all(self) -> Sequence[Beat]:
        """Return them, the oldest first."""
        return self._beats

    @property
    def failing(self) -> Mapping[int, Beat]:
        """Return partition -> the first of its calls that have failed since; without those whose last one arrived."""
        first: dict[int, Beat] = {}
        well: set[int] = set()
        for beat in reversed(self._beats):
            if beat.failed is None:
                well.add(beat.partition)
            elif beat.partition not in well:
                first[beat.partition] = beat
        return first

    @property
    def failing_since_ms(self) -> int:
        """When the first of the calls was made that have failed since; 0: the last ones arrived. [ms]."""
        return min((beat.at_ms for beat in self.failing.values()), default=0)

    def ends(self) -> frozenset[Stage]:
        """Return where the last calls end of the partitions whose calls fail."""
        last = {beat.partition: beat.failed for beat in self._beats}
        return frozenset(stage for partition in self.failing if (stage := last[partition]) is not None)

    def add(self, *beats: Beat) -> None:
        """Keep some more."""
        since_ms = beats[-1].at_ms - DAY_MS
        self._beats = [one for one in (*self._beats, *beats) if one.at_ms >= since_ms][-self._kept :]
        self._store.write(self._beats, beats)


class BeatFile:
    """A file of one machine's; one that cannot be read begins anew."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Sequence[Beat]:
        """Return what the file holds; nothing where there is none."""
        try:
            return [Beat(*row) for row in json.loads(self._path.read_text("utf-8"))]
        except (OSError, ValueError, TypeError):
            return []

    def write(self, beats: Sequence[Beat], new: Sequence[Beat]) -> None:  # noqa: ARG002 - it is written whole
        """Write it anew; a reader sees the old file or the new one."""
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps([beat[: 1 + _STAGES] for beat in beats]), encoding="utf-8")
        written.replace(self._path)
