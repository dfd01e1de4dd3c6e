"""Has anybody written to the database? Cheap enough to ask forty times a second.

What is asked in vain several times a second by each of seven processes is most of what a quiet platform costs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sized
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import engine_of

_IN_MEMORY = (None, "", ":memory:")
Mark: TypeAlias = tuple[int, int]
"""Which connection, and the number it said: another one's numbers mean nothing."""


class DatabaseChanges:
    """Asks SQLite for its data version: a read of shared memory, about 5 µs, and no lock. Safe for several threads.

    Parameters
    ----------
    sessions : sessionmaker
        Of the database. A server's has no such number: there every look is worth it; a look is one indexed query.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        engine = engine_of(sessions)
        self._file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._connection: sqlite3.Connection | None = None
        self._lock = Lock()
        self._last: Mark | None = None
        self._opened = 0
        event.listen(engine, "engine_disposed", lambda _: self.close())

    def mark(self) -> Mark | None:
        """Return what is another one after every commit of anybody; None where that cannot be told.

        Taken before what is read, so that a commit in between is found by the next look.
        """
        if self._file in _IN_MEMORY:
            return None
        with self._lock:
            try:
                if self._connection is None:
                    address = f"{Path(str(self._file)).resolve().as_uri()}?mode=rw"
                    self._connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
                    self._opened += 1
                return self._opened, int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error:
                return None  # whoever reads then finds out, and says so

    def changed(self) -> bool:
        """Tell whether anything may have been written since the last call; true the first time."""
        was, self._last = self._last, self.mark()
        return self._last is None or self._last != was

    def close(self) -> None:
        """Let go of the connection; the next question opens another one."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None


class NothingYet:
    """Remembers that a question was answered with nothing, until anybody writes; for one asker at a time."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._changes = DatabaseChanges(sessions)
        self._mark: Mark | None = None
        self._nothing: Mark | None = None

    def still(self) -> bool:
        """Tell whether the answer is nothing for certain; else it is asked, and told to `note`."""
        self._mark = self._changes.mark()
        return self._mark is not None and self._mark == self._nothing

    def note(self, found: Sized) -> None:
        """Take what the answer was."""
        self._nothing = None if found else self._mark
