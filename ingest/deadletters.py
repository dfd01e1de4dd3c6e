"""What could not be decoded or stored: kept with the raw bytes and the reason, to be looked at and replayed.

One SQLite file in the data folder, readable and usable by other processes at the same time. A letter is one cause:
reading the LOG again after a crash does not make it two. The file is bounded: over its limits the replayed letters go
first, then the oldest.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anhu.contract.clock import Clock
from ingest.letter import WAITING, DeadLetter, Filter, letter_of
from ingest.sqlite_transaction import transaction

_TABLES = """
CREATE TABLE IF NOT EXISTS letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cause BLOB NOT NULL UNIQUE,
    stage TEXT NOT NULL,
    device_id TEXT NOT NULL,
    resident_id TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    route TEXT NOT NULL,
    codec TEXT NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL,
    kept_at_ms INTEGER NOT NULL,
    replayed_at_ms INTEGER,
    door TEXT NOT NULL DEFAULT '',
    retained INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS letter_device ON letter (device_id, id);
CREATE INDEX IF NOT EXISTS letter_order ON letter (replayed_at_ms IS NULL, id, length(payload));
"""
_FROM_ONE_DOOR = (
    "ALTER TABLE letter RENAME COLUMN topic TO route",
    "ALTER TABLE letter ADD COLUMN door TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE letter ADD COLUMN retained INTEGER NOT NULL DEFAULT 0",
    "UPDATE letter SET door = 'mqtt' WHERE stage = 'decode'",
)
"""For a file from the time when every message came over MQTT."""
_COLUMNS = "stage, device_id, resident_id, received_at_ms, door, route, retained, codec, reason, payload"
_PUT = f"""
INSERT INTO letter (cause, kept_at_ms, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (cause) DO NOTHING
"""  # noqa: S608 - our own words
_MOST_COUNTED = 5_000
_FILTER = """(:device_id = '' OR device_id = :device_id) AND (:stage = '' OR stage = :stage)
AND (:devices IS NULL OR device_id IN (SELECT value FROM json_each(:devices)) OR device_id = '' AND door = 'http'
    AND EXISTS (SELECT 1 FROM json_each(:pushes) WHERE substr(route || '/', 1, length(value) + 1) = value || '/'))
AND (:residents IS NULL OR resident_id IN (SELECT value FROM json_each(:residents)))
AND (:reason = '' OR substr(reason, 1, length(:reason)) = :reason)"""
_WAITING = "(NOT :waiting OR replayed_at_ms IS NULL)"
_LIST = f"""
SELECT id, replayed_at_ms, {_COLUMNS} FROM letter
WHERE {_FILTER} AND {_WAITING} AND id < :before ORDER BY id DESC LIMIT :limit
"""  # noqa: S608 - our own words
_COUNT = f"SELECT count(*) FROM letter WHERE {_FILTER} AND {_WAITING}"  # noqa: S608 - our own words
_REASONS = f"""
SELECT device_id, reason, count(*), max(id) FROM (
    SELECT device_id, reason, id FROM letter WHERE {_FILTER} AND {_WAITING} ORDER BY id DESC LIMIT {_MOST_COUNTED}
) GROUP BY device_id, reason ORDER BY count(*) DESC, max(id) DESC LIMIT :limit
"""  # noqa: S608 - our own words
_SHOW = f"SELECT id, replayed_at_ms, {_COLUMNS} FROM letter WHERE id = ?"  # noqa: S608 - our own words
_OVER = """
DELETE FROM letter WHERE kept_at_ms < :oldest OR id IN (
    SELECT id FROM (
        SELECT id, sum(length(payload) + :overhead) OVER (ORDER BY replayed_at_ms IS NULL DESC, id DESC) AS held
        FROM letter
    ) WHERE held > :max_bytes
)
"""
_OVERHEAD_BYTES = 400
_PUTS_A_TIDY = 1_000
_NO_ID = 2**62
_Row = tuple[Any, ...]  # as SQLite gives it: the columns of the statement


class DeadLetters:
    """The store of dead letters.

    Methods raise sqlite3.Error when the file cannot be used.

    Parameters
    ----------
    path : Path
        Made when it is not there.
    max_bytes : int
        Of payloads, with 400 bytes added for each letter. [byte]
    max_age_s : float
        Since it was put here. [s]
    """

    def __init__(
        self, path: Path, clock: Clock, *, max_bytes: int = 256 * 1024**2, max_age_s: float = 90 * 86_400.0
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        _lay_tables(self._connection)
        self._lock = threading.Lock()
        self._clock, self._max_bytes, self._max_age_s = clock, max_bytes, max_age_s
        self._puts = 0
        self.tidy()

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Keep letters durably; those already known change nothing."""
        now_ms = self._clock.now_ms()
        rows = [_row(letter, now_ms) for letter in letters]
        with self._lock, transaction(self._connection):
            self._connection.executemany(_PUT, rows)
        self._puts += len(rows)
        if self._puts >= _PUTS_A_TIDY:
            self.tidy()

    def page(self, which: Filter = WAITING, *, before_id: int = _NO_ID, limit: int = 50) -> Sequence[DeadLetter]:
        """Return letters, the newest first; the next page comes before the last letter's id."""
        asked = _asked(which) | {"before": before_id, "limit": limit}
        return [letter_of(row) for row in self._ask(_LIST, asked)]

    def count(self, which: Filter = WAITING) -> int:
        """Return how many letters there are."""
        return int(self._ask(_COUNT, _asked(which))[0][0])

    def reasons(self, which: Filter = WAITING, *, limit: int = 200) -> Sequence[tuple[str, str, int, int]]:
        """Return (device, reason, how many, the newest letter's id) of the newest 5,000, the most frequent first."""
        rows = self._ask(_REASONS, _asked(which) | {"limit": limit})
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def show(self, letter_id: int) -> DeadLetter | None:
        """Return one letter."""
        rows = self._ask(_SHOW, (letter_id,))
        return letter_of(rows[0]) if rows else None

    def mark_replayed(self, letter_id: int) -> None:
        """Record that a letter's data is in the store now."""
        self._ask("UPDATE letter SET replayed_at_ms = ? WHERE id = ?", (self._clock.now_ms(), letter_id))

    def tidy(self) -> None:
        """Delete what is over the limits: too old, then replayed, then the oldest."""
        oldest_ms = self._clock.now_ms() - self._max_age_s * 1_000
        self._ask(_OVER, {"oldest": oldest_ms, "overhead": _OVERHEAD_BYTES, "max_bytes": self._max_bytes})
        self._puts = 0

    def forget(self, resident_id: str) -> None:
        """Erase what came of a resident."""
        with self._lock:
            self._connection.execute("DELETE FROM letter WHERE resident_id = ?", (resident_id,))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _ask(self, statement: str, values: Sequence[int] | dict[str, Any]) -> list[_Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()


def _lay_tables(connection: sqlite3.Connection) -> None:
    connection.executescript(_TABLES)
    with transaction(connection):
        if any(column[1] == "topic" for column in connection.execute("PRAGMA table_info (letter)")):
            for step in _FROM_ONE_DOOR:
                connection.execute(step)


def _row(letter: DeadLetter, kept_at_ms: int) -> _Row:
    whose = (letter.stage, letter.device_id, letter.resident_id, letter.received_at_ms)
    came_by = (letter.door, letter.route, letter.retained)
    return (letter.cause, kept_at_ms, *whose, *came_by, letter.codec, letter.reason, letter.payload)


def _asked(which: Filter) -> dict[str, Any]:
    about = {"device_id": which.device_id, "stage": which.stage, "waiting": which.waiting_only}
    sets = {"devices": which.devices, "residents": which.residents}
    lists = {name: None if among is None else json.dumps(list(among)) for name, among in sets.items()}
    return {**about, **lists, "reason": which.reason, "pushes": json.dumps(list(which.pushes))}
