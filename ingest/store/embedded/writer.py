"""The embedded store, written: one SQLite file, one writer, readable by other processes at the same time.

Nothing expires by itself; `prune` deletes what is older than given limits.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import Event, Scalar, Waveform
from anhu.contract.record import Numbers
from ingest.sqlite_transaction import transaction
from ingest.store.due_hours import DueHours, touched
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.schema import open_for_writing
from ingest.store.port import PlatformRow, Stored, StoreUnavailableError, WriteResult
from ingest.store.refusal import refusal

__all__ = ["SqliteStoreQuery", "SqliteStoreWriter"]

_RETRY_S = 1.0
_GONE_OF_SERIES = tuple(f"DELETE FROM {table} WHERE series = ?" for table in ("point", "waveform", "hourly"))  # noqa: S608 - our own words
_MAX_KNOWN_SERIES = 500_000

_SERIES = "INSERT INTO series (resident, quantity, device) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_SERIES_ID = "SELECT id FROM series WHERE resident = ? AND quantity = ? AND device = ?"
_POINT = "INSERT OR REPLACE INTO point VALUES (?, ?, ?, ?, ?)"
_EVENT = "INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_WAVEFORM_GONE = "DELETE FROM waveform WHERE series = ? AND at_ms = ?"
_WAVEFORM = "INSERT INTO waveform VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PLATFORM = "INSERT OR REPLACE INTO platform VALUES (?, ?, ?, ?)"
_NEWEST = (
    "INSERT INTO newest VALUES (1, ?)"
    " ON CONFLICT DO UPDATE SET received_at_ms = max(received_at_ms, excluded.received_at_ms)"
)

_SeriesKey = tuple[str, str, str]


class SqliteStoreWriter:
    """Writes batches, each one transaction.

    Parameters
    ----------
    path : Path
        The database file; its folder is made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._connection = open_for_writing(path)
        self._lock = threading.Lock()
        self._series: dict[_SeriesKey, int] = {}
        self._due = DueHours(self._connection)

    def write(self, readings: Sequence[Stored]) -> WriteResult:
        """Write a batch, all of it or nothing; what can never be stored is refused beforehand."""
        rejected = [(r, reason) for r in readings if (reason := refusal(r))]
        refused = {id(r) for r, _ in rejected}
        good = [r for r in readings if id(r) not in refused] if refused else readings
        try:
            with self._lock:
                self._write(good)
        except sqlite3.Error as error:
            self._series.clear()  # ids made in a transaction that was rolled back do not exist
            self._due.rolled_back()
            return WriteResult(retry_after_s=_RETRY_S, reason=f"SQLite: {error}")
        return WriteResult(rejected=rejected)

    def write_platform(self, rows: Sequence[PlatformRow]) -> None:
        """Write health rows; the busy database's refusal loses them."""
        encode = msgspec.json.encode
        values = [(r.name, r.at_ms, encode(dict(sorted(r.tags.items()))), encode(dict(r.fields))) for r in rows]
        try:
            with self._lock:
                self._connection.executemany(_PLATFORM, values)
        except sqlite3.Error:
            return

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:
        """Delete points and events, and waveforms, older than device times; return how many rows. [ms]."""
        gone = 0
        for series in [row[0] for row in self._connection.execute("SELECT id FROM series")]:
            gone += self._delete("DELETE FROM point WHERE series = ? AND at_ms < ?", series, points_before_ms)
            self._delete("DELETE FROM hourly WHERE series = ? AND hour < ?", series, points_before_ms // HOUR_MS)
            gone += self._delete("DELETE FROM waveform WHERE series = ? AND at_ms < ?", series, waveforms_before_ms)
        for resident in [row[0] for row in self._connection.execute("SELECT DISTINCT resident FROM event")]:
            gone += self._delete("DELETE FROM event WHERE resident = ? AND at_ms < ?", resident, points_before_ms)
        return gone

    def erase(self, resident_id: str) -> None:
        """Delete everything of a resident: numbers, events, waveforms, hourly values."""
        execute = self._connection.execute
        try:
            with self._lock, transaction(self._connection):
                for (series,) in execute("SELECT id FROM series WHERE resident = ?", (resident_id,)).fetchall():
                    for statement in _GONE_OF_SERIES:
                        execute(statement, (series,))
                execute("DELETE FROM series WHERE resident = ?", (resident_id,))
                execute("DELETE FROM event WHERE resident = ?", (resident_id,))
                self._due.forget(resident_id)
        except sqlite3.Error as error:
            raise StoreUnavailableError(f"SQLite: {error}") from error
        finally:
            self._series.clear()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _delete(self, statement: str, key: int | str, before_ms: int) -> int:
        with self._lock:
            return self._connection.execute(statement, (key, before_ms)).rowcount

    def _write(self, readings: Sequence[Stored]) -> None:
        points: list[tuple[int, int, float, int, str]] = []
        events: list[tuple[object, ...]] = []
        with transaction(self._connection):
            for reading in readings:
                if type(reading) is Numbers:
                    at_ms = reading.observed_at_ms
                    points += [(self._id(reading, code), at_ms, value, 0, "") for code, value in reading.values.items()]
                    continue
                for seen in reading.observations:
                    if isinstance(seen, Scalar):
                        series = self._id(reading, seen.quantity)
                        points.append((series, seen.observed_at_ms, seen.value, seen.quality, seen.context))
                    elif isinstance(seen, Event):
                        events.append(_event_row(reading, seen))
                    else:
                        self._write_waveform(reading, seen)
            self._connection.executemany(_POINT, points)
            self._due.mark(touched(readings))
            self._connection.executemany(_EVENT, events)
            if readings:
                self._connection.execute(_NEWEST, (max(r.received_at_ms for r in readings),))

    def _write_waveform(self, reading: Stored, seen: Waveform) -> None:
        series = self._id(reading, seen.quantity)
        end_ms = seen.observed_at_ms + seen.duration_ms
        channels = msgspec.json.encode(seen.channels).decode()
        row = (series, seen.observed_at_ms, end_ms, seen.sampling_rate_hz, channels, seen.position)
        self._connection.execute(_WAVEFORM_GONE, row[:2])
        self._connection.execute(_WAVEFORM, (*row, int(seen.time_quality), seen.quality, seen.samples))

    def _id(self, reading: Stored, quantity: str) -> int:
        key = (reading.resident_id, quantity, reading.device_id)
        known = self._series.get(key)
        if known is None:
            if len(self._series) >= _MAX_KNOWN_SERIES:
                self._series.clear()
            self._connection.execute(_SERIES, key)
            known = self._series[key] = int(self._connection.execute(_SERIES_ID, key).fetchone()[0])
        return known


def _event_row(reading: Stored, seen: Event) -> tuple[object, ...]:
    attributes = msgspec.json.encode(seen.attributes).decode()
    head = (reading.resident_id, seen.observed_at_ms, reading.device_id, seen.kind, seen.state, attributes)
    return (*head, int(seen.time_quality), seen.quality)
