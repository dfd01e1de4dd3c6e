"""Which hours have to be put together again, durably: a mark is on disk before a batch counts as written.

Taking marks begins a new turn. What is marked afterwards carries that turn and outlives the work on what was taken
before, so that nothing written meanwhile is forgotten, by whatever process, and a crash only repeats work.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, cast

from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import Scalar
from anhu.contract.record import Numbers
from ingest.sqlite_transaction import transaction
from ingest.store.port import Stored

_BUSY_S = 5.0
_MAX_KNOWN = 500_000

TABLES = """
CREATE TABLE IF NOT EXISTS hour_due (
    resident TEXT NOT NULL,
    hour INTEGER NOT NULL,
    device TEXT NOT NULL,
    turn INTEGER NOT NULL,
    PRIMARY KEY (resident, hour, device)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hour_due_hour ON hour_due (hour);
CREATE TABLE IF NOT EXISTS hour_state (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    turn INTEGER NOT NULL,
    since INTEGER
);
INSERT OR IGNORE INTO hour_state VALUES (1, 0, NULL);
"""

_TURN = "SELECT turn FROM hour_state"
_MARK = "INSERT OR REPLACE INTO hour_due VALUES (?, ?, ?, (SELECT turn FROM hour_state))"
_ANY = "SELECT EXISTS (SELECT 1 FROM hour_due WHERE hour < ?)"
_NEW_TURN = "UPDATE hour_state SET turn = turn + 1"
_TAKE = "SELECT resident, hour, device FROM hour_due WHERE hour < ? ORDER BY hour LIMIT ?"
_DONE = "DELETE FROM hour_due WHERE resident = ? AND hour = ? AND device = ? AND turn < ?"
_HOURS = "SELECT DISTINCT hour FROM hour_due WHERE resident = ? AND hour >= ? AND hour < ? ORDER BY hour"


class Hours(NamedTuple):
    """Whole hours, counted from 1970; the end is not among them."""

    first: int
    end: int


class DeviceHour(NamedTuple):
    """What one device measured of one resident within one hour, counted from 1970."""

    resident_id: str
    hour: int
    device_id: str


class Taken(NamedTuple):
    """Marks to be worked on, oldest hours first, and the turn that began with taking them."""

    turn: int
    hours: Sequence[DeviceHour]


class Known(NamedTuple):
    """Which hours of a resident stand in the hourly values as they are: those from `since` on that are not `due`."""

    since: int | None
    due: Sequence[int]


NOTHING_KNOWN = Known(None, ())


def touched(readings: Iterable[Stored]) -> set[DeviceHour]:
    """Return the hours that the numbers of these readings lie in; nobody's numbers are in no chart."""
    found: set[tuple[str, int, str]] = set()
    for reading in readings:
        resident_id, device_id, last = reading.resident_id, reading.device_id, -1
        if not resident_id:
            continue
        if type(reading) is Numbers:
            found.add((resident_id, reading.observed_at_ms // HOUR_MS, device_id))
            continue
        for seen in reading.observations:
            if type(seen) is Scalar and (hour := seen.observed_at_ms // HOUR_MS) != last:
                found.add((resident_id, hour, device_id))
                last = hour
    return cast("set[DeviceHour]", found)  # plain tuples are equal, and a quarter of the cost to make


def open_due_hours(path: Path) -> sqlite3.Connection:
    """Open a file of marks alone, made when it is not there, for a store that is no SQLite file itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(TABLES)
    return connection


def known_hours(path: Path, resident_id: str, hours: Hours) -> Known:
    """Return what a file of marks says of one resident; nothing while there is no file. Raises sqlite3.Error."""
    if not path.exists():
        return NOTHING_KNOWN
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_S)) as connection:
        return DueHours(connection).known(resident_id, hours)


class DueHours:
    """The marks in one SQLite file; the caller owns the connection, and whatever guards it.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode, with `TABLES` made.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._turn = -1
        self._known: set[DeviceHour] = set()

    def mark(self, hours: set[DeviceHour]) -> None:
        """Mark hours, after what was written into them or in its transaction; most are marked already."""
        (turn,) = self._connection.execute(_TURN).fetchone()
        if turn != self._turn or len(self._known) > _MAX_KNOWN:
            self._known.clear()
        if new := hours - self._known:
            with transaction(self._connection):
                self._connection.executemany(_MARK, new)
            self._known |= new
        self._turn = turn

    def rolled_back(self) -> None:
        """Take nothing for marked: the transaction around the marks was rolled back."""
        self._known.clear()

    def forget(self, resident_id: str) -> None:
        """Forget the marks of a resident whose series are erased."""
        self._connection.execute("DELETE FROM hour_due WHERE resident = ?", (resident_id,))
        self._known.clear()

    def take(self, before_hour: int, limit: int) -> Taken:
        """Return the oldest marks of hours before one, and begin a turn if there are any."""
        with transaction(self._connection):
            if not self._connection.execute(_ANY, (before_hour,)).fetchone()[0]:
                return Taken(0, ())
            self._connection.execute(_NEW_TURN)
            (turn,) = self._connection.execute(_TURN).fetchone()
            rows = self._connection.execute(_TAKE, (before_hour, limit)).fetchall()
        return Taken(turn, [DeviceHour(*row) for row in rows])

    def done(self, taken: Taken) -> None:
        """Remove what was taken, unless it was marked again meanwhile."""
        with transaction(self._connection):
            self._connection.executemany(_DONE, [(*key, taken.turn) for key in taken.hours])

    @property
    def since(self) -> int | None:
        """The hour from which on marks are complete: hours before it are in nobody's books; None before any work."""
        since: int | None = self._connection.execute("SELECT since FROM hour_state").fetchone()[0]
        return since

    def reach_back(self, since: int, hours: Iterable[DeviceHour] = ()) -> None:
        """Mark hours of the time before the marks began, and say from when on they are complete now."""
        with transaction(self._connection):
            self._connection.executemany(_MARK, hours)
            self._connection.execute("UPDATE hour_state SET since = ?", (since,))

    def known(self, resident_id: str, hours: Hours) -> Known:
        """Return what holds for one resident's hours."""
        since = self.since
        asked = (resident_id, *hours)
        rows = self._connection.execute(_HOURS, asked) if since is not None else ()
        return Known(since, [row[0] for row in rows])
