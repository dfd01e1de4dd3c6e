"""What devices announced, over an end of ours: one small SQLite file, written before whoever announced is answered.

What is written outlives the process however it ends. It is not forced to the disk each time: after a fall of the whole
machine the last seconds may be missing, and their devices announce again when they connect.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

_logger = logging.getLogger(__name__)
_TABLE = """
CREATE TABLE IF NOT EXISTS announcement (
    device_id TEXT NOT NULL, key TEXT NOT NULL, topic TEXT NOT NULL, says BLOB NOT NULL
)
"""
_ALL = "SELECT device_id, key, topic, says FROM announcement ORDER BY rowid"
_INDEX = "CREATE INDEX IF NOT EXISTS announcement_key ON announcement (device_id, key)"


class Line(NamedTuple):
    """One announcement as it stands in the file."""

    device_id: str
    key: str
    topic: str
    says: bytes


class AnnouncementFile:
    """Reads all of it once, and writes each change at once.

    Attributes
    ----------
    was_broken : bool
        It could not be read, and began anew.

    Parameters
    ----------
    file : Path, optional
        None keeps nothing.
    """

    def __init__(self, file: Path | None) -> None:
        self._connection: sqlite3.Connection | None = None
        self._waiting: dict[tuple[str, str | None], Sequence[Line]] = {}
        self.was_broken = False
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _opened(file)
        except sqlite3.Error as error:
            _logger.error("what devices announced cannot be read, they must announce again: %s", error)  # noqa: TRY400
            self.was_broken = True
            for one in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
                one.unlink(missing_ok=True)
            self._connection = _opened(file)

    def lines(self) -> Iterator[Line]:
        """Return everything in it, in the order in which it was written."""
        if self._connection is not None:
            yield from map(Line._make, self._connection.execute(_ALL))

    @property
    def waiting(self) -> int:
        """Changes that could not be written so far."""
        return len(self._waiting)

    def replace(self, device_id: str, key: str | None, lines: Sequence[Line]) -> None:
        """Write what a device announces under a key (None: under any) in place of what was there.

        What cannot be written is kept, and tried again whenever something is announced.
        """
        if self._connection is not None:
            self._waiting.pop((device_id, key), None)
            self._waiting[device_id, key] = lines
            self.write()

    def write(self) -> None:
        """Write what waits."""
        connection = self._connection
        if connection is None or not self._waiting:
            return
        try:
            with connection:
                for (whose, under), new in self._waiting.items():
                    if under is None:
                        connection.execute("DELETE FROM announcement WHERE device_id = ?", (whose,))
                    else:
                        connection.execute("DELETE FROM announcement WHERE device_id = ? AND key = ?", (whose, under))
                    connection.executemany("INSERT INTO announcement VALUES (?, ?, ?, ?)", new)
        except sqlite3.Error as error:
            _logger.error("what devices announced cannot be written: %s", error)  # noqa: TRY400 - its text says all
            return
        self._waiting.clear()

    def close(self) -> None:
        """Close it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def lines_of(file: Path) -> list[Line]:
    """Return what stands in another process's file; nothing where there is none, or it cannot be read."""
    if not file.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return list(map(Line._make, connection.execute(_ALL)))
    except sqlite3.Error as error:
        _logger.warning("what devices announced cannot be read: %s", error)
        return []


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=0.0)  # everybody would wait
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(_TABLE)
    connection.execute(_INDEX)
    connection.execute("SELECT count(*) FROM announcement").fetchone()
    connection.commit()
    return connection
