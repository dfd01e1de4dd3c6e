"""How many messages of each device were read, read in part, or refused in each hour: for the vendor's delivery log.

Counted once a batch, after it is stored, and written once a minute to a small file of its own; a crash costs the counts
of a minute and no message. Messages of one device within one millisecond count as one.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.contract.observation import Event
from anhu.contract.record import Numbers
from ingest.delivered import Deliveries
from ingest.letter import DeadLetter, Stage
from ingest.sqlite_transaction import transaction
from ingest.store.port import Stored

_MOST_WAITING = 200_000
_MOST_ROWS = 2_000_000
_KEPT_MS = 7 * DAY_MS
_TABLE = """
CREATE TABLE IF NOT EXISTS delivery (
    hour_ms INTEGER NOT NULL, device_id TEXT NOT NULL,
    accepted INTEGER NOT NULL, partly INTEGER NOT NULL, refused INTEGER NOT NULL,
    PRIMARY KEY (hour_ms, device_id)
) WITHOUT ROWID;
"""
_ADD = """
INSERT INTO delivery VALUES (?, ?, ?, ?, ?) ON CONFLICT (hour_ms, device_id) DO UPDATE SET
accepted = accepted + excluded.accepted, partly = partly + excluded.partly, refused = refused + excluded.refused
"""
_OF = """
SELECT device_id, hour_ms, accepted, partly, refused FROM delivery
WHERE hour_ms >= :since AND device_id IN (SELECT value FROM json_each(:devices)) ORDER BY hour_ms
"""
_OURS = frozenset({"connection", "sensor_fault"})
"""What we say of a device."""


class DeliveryCounts:
    """Counts batches until somebody writes the counts down.

    Attributes
    ----------
    forgotten : int
        Messages not counted because too many devices had some.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], list[int]] = {}
        self._lock = threading.Lock()
        self.forgotten = 0

    def note(self, readings: Sequence[Stored], letters: Sequence[DeadLetter]) -> None:
        """Count a batch that is stored."""
        heard = {(one.device_id, one.received_at_ms) for one in readings if type(one) is Numbers or _says(one)}
        told = {(one.device_id, one.received_at_ms) for one in letters if one.stage is Stage.DECODE and one.device_id}
        with self._lock:
            for column, messages in enumerate((heard - told, heard & told, told - heard)):
                hours = Counter((device_id, at_ms - at_ms % HOUR_MS) for device_id, at_ms in messages)
                self._add(column, hours)

    def take(self) -> list[Deliveries]:
        """Take out what is to be written down."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return [Deliveries(*key, *counted) for key, counted in counts.items()]

    def give_back(self, rows: Sequence[Deliveries]) -> None:
        """Take back what could not be written down."""
        with self._lock:
            for row in rows:
                for column, count in enumerate((row.accepted, row.partly, row.refused)):
                    self._add(column, {(row.device_id, row.hour_ms): count})

    def _add(self, column: int, counts: Mapping[tuple[str, int], int]) -> None:
        for key, count in counts.items():
            if key not in self._counts and len(self._counts) >= _MOST_WAITING:
                self.forgotten += count
                continue
            self._counts.setdefault(key, [0, 0, 0])[column] += count


def _says(reading: Stored) -> bool:
    return not all(type(one) is Event and one.kind in _OURS for one in reading.observations)


class DeliveryBook:
    """The counts of a week, in one SQLite file that other processes may read and add to.

    Methods raise sqlite3.Error when the file cannot be used.
    """

    def __init__(self, path: Path, *, most_rows: int = _MOST_ROWS) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_TABLE)
        self._lock = threading.Lock()
        self._most_rows = most_rows
        self._tidied_ms = 0

    def add(self, rows: Sequence[Deliveries], now_ms: int) -> None:
        """Add to the counts; once an hour what is too old, or too much, is deleted, the oldest hours first. [ms]."""
        given = [(row.hour_ms, row.device_id, row.accepted, row.partly, row.refused) for row in rows]
        with self._lock, transaction(self._connection):
            self._connection.executemany(_ADD, given)
            if now_ms - self._tidied_ms >= HOUR_MS:
                self._tidy(now_ms)

    def of(self, device_ids: Collection[str], *, since_ms: int) -> Sequence[Deliveries]:
        """Return what came of some devices, hour by hour. [ms]."""
        asked = {"since": since_ms, "devices": json.dumps(list(device_ids))}
        with self._lock:
            return [Deliveries(*row) for row in self._connection.execute(_OF, asked)]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _tidy(self, now_ms: int) -> None:
        self._tidied_ms = now_ms
        ask = self._connection.execute
        ask("DELETE FROM delivery WHERE hour_ms < ?", (now_ms - _KEPT_MS,))
        by_hour = ask("SELECT hour_ms, count(*) FROM delivery GROUP BY hour_ms ORDER BY hour_ms DESC").fetchall()
        held = 0
        for hour_ms, count in by_hour:
            held += count
            if held > self._most_rows:
                ask("DELETE FROM delivery WHERE hour_ms <= ?", (hour_ms,))
                break
