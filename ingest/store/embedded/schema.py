"""The embedded store's tables, and how a connection to them is opened.

Rows that are read together lie together: a table without row numbers is stored in the order of its primary key, so
that a resident's months are one stretch of the file.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ingest.store import due_hours

_BUSY_S = 5.0
_CACHE_KIB = 65_536
_CHECKPOINT_PAGES = 4_000

_TABLES = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    resident TEXT NOT NULL,
    quantity TEXT NOT NULL,
    device TEXT NOT NULL,
    UNIQUE (resident, quantity, device)
);
CREATE TABLE IF NOT EXISTS point (
    series INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    value REAL NOT NULL,
    quality INTEGER NOT NULL,
    context TEXT NOT NULL,
    PRIMARY KEY (series, at_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    resident TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    attributes TEXT NOT NULL,
    time_quality INTEGER NOT NULL,
    quality INTEGER NOT NULL,
    PRIMARY KEY (resident, at_ms, device, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waveform (
    series INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    sampling_rate_hz REAL NOT NULL,
    channels TEXT NOT NULL,
    position TEXT NOT NULL,
    time_quality INTEGER NOT NULL,
    quality INTEGER NOT NULL,
    samples BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS waveform_time ON waveform (series, at_ms, end_ms);
CREATE TABLE IF NOT EXISTS platform (
    name TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    tags TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (name, at_ms, tags)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hourly (
    series INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    low REAL NOT NULL,
    total REAL NOT NULL,
    high REAL NOT NULL,
    samples INTEGER NOT NULL,
    PRIMARY KEY (series, hour)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS newest (only INTEGER PRIMARY KEY CHECK (only = 1), received_at_ms INTEGER NOT NULL);
"""


def open_for_writing(path: Path, *, cache_kib: int = _CACHE_KIB) -> sqlite3.Connection:
    """Open the file, made when it is not there; a commit is on disk when it returns. [KiB]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.executescript(_TABLES + due_hours.TABLES)
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a file that is there. Raises sqlite3.OperationalError when it is not."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA query_only = ON")
    return connection
