"""Has anybody written to the database? Cheap enough to ask forty times a second."""

from __future__ import annotations

import sqlite3
from typing import Protocol

from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import engine_of


class DatabaseChanges(Protocol):
    """Says whether it is worth looking."""

    def changed(self) -> bool:
        """Tell whether anything may have been written since the last call."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class SqliteChanges:
    """Asks SQLite for its data version: a read of shared memory, about 5 µs, and no lock.

    Parameters
    ----------
    path : str
        The database file.
    """

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._version = -1

    def changed(self) -> bool:
        """Tell whether another connection has written since the last call; true the first time."""
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        was, self._version = self._version, version
        return version != was

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class AlwaysChanged:
    """For a database server: every look is worth it; a look is one indexed query."""

    def changed(self) -> bool:
        """Return true."""
        return True

    def close(self) -> None:
        """Do nothing: there is no connection."""


def watch(sessions: sessionmaker[Session]) -> DatabaseChanges:
    """Return what watches the database behind these sessions."""
    engine = engine_of(sessions)
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path:
        return SqliteChanges(path)
    return AlwaysChanged()
