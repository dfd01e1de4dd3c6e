"""The embedded store, asked."""

from __future__ import annotations

import heapq
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import AttributeValue, Event, Quality, TimeQuality, Waveform
from ingest.store.due_hours import DueHours, Known
from ingest.store.embedded.schema import open_for_reading
from ingest.store.hour_plan import Part, Plan, hours_of, joined, plan
from ingest.store.port import (
    LATEST_AHEAD_MS,
    LATEST_WITHIN_MS,
    WAVEFORM_LOOK_BACK_MS,
    Bucket,
    Point,
    Range,
    StoreUnavailableError,
)

_RESIDENTS_A_QUERY = 500

_SERIES_OF = "SELECT id, device FROM series WHERE resident = ? AND quantity = ?"
_POINTS = "SELECT at_ms, value, quality FROM point WHERE series = ? AND at_ms >= ? AND at_ms < ? ORDER BY at_ms LIMIT ?"
_BUCKETS = f"""
SELECT at_ms / :length * :length AS start, min(value), sum(value), max(value), count(*)
FROM point
WHERE series IN (SELECT id FROM series WHERE resident = :resident AND quantity = :quantity)
    AND at_ms >= :start AND at_ms < :end AND quality & {int(Quality.OUT_OF_RANGE)} = 0
GROUP BY start
"""  # noqa: S608 - the flag is ours
_HOURLY = f"""
SELECT hour * {HOUR_MS} / :length * :length AS start, min(low), sum(total), max(high), sum(samples)
FROM hourly
WHERE series IN (SELECT id FROM series WHERE resident = :resident AND quantity = :quantity)
    AND hour >= :start / {HOUR_MS} AND hour < :end / {HOUR_MS}
GROUP BY start
"""  # noqa: S608 - the number is ours
_LATEST = """
SELECT s.resident, s.quantity, p.at_ms, p.value, p.quality, s.device
FROM series s JOIN point p ON p.series = s.id AND p.at_ms = (
    SELECT max(at_ms) FROM point
    WHERE series = s.id
        AND at_ms >= (SELECT received_at_ms FROM newest) - :within
        AND at_ms <= (SELECT received_at_ms FROM newest) + :ahead
)
WHERE s.resident IN (SELECT value FROM json_each(:residents))
"""
_EVENTS = """
SELECT device, kind, at_ms, state, attributes, time_quality, quality FROM event
WHERE resident = ? AND at_ms >= ? AND at_ms < ? ORDER BY at_ms DESC, device DESC, kind DESC LIMIT ?
"""
_WAVEFORMS = """
SELECT s.device, w.at_ms, w.sampling_rate_hz, w.channels, w.samples, w.time_quality, w.quality, w.position
FROM series s JOIN waveform w ON w.series = s.id
WHERE s.resident = ? AND s.quantity = ? AND w.at_ms >= ? AND w.at_ms < ? AND w.end_ms > ?
ORDER BY w.at_ms DESC, s.device DESC LIMIT ?
"""

_attributes = msgspec.json.Decoder(dict[str, AttributeValue])
_channels = msgspec.json.Decoder(tuple[str, ...])
_Row: TypeAlias = tuple[Any, ...]  # as SQLite gives it: the columns of the statement


class SqliteStoreQuery:
    """Answers from the file, from any thread and any process, while it is written.

    Parameters
    ----------
    path : Path
        The database file; the store is unavailable until its writer has made it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []

    def latest(self, resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        """Return resident -> quantity -> newest number."""
        out: dict[str, dict[str, Point]] = {}
        for first in range(0, len(resident_ids), _RESIDENTS_A_QUERY):
            asked = msgspec.json.encode(list(resident_ids[first : first + _RESIDENTS_A_QUERY])).decode()
            limits = {"residents": asked, "within": LATEST_WITHIN_MS, "ahead": LATEST_AHEAD_MS}
            with self._asking() as connection:
                for resident, quantity, *columns in connection.execute(_LATEST, limits):
                    point = Point._make(columns)
                    of_resident = out.setdefault(resident, {})
                    if quantity not in of_resident or of_resident[quantity] < point:
                        of_resident[quantity] = point
        return out

    def points(self, resident_id: str, quantity: str, within: Range, *, limit: int = 10_000) -> Sequence[Point]:
        """Return the first `limit` numbers of a quantity in a range."""
        with self._asking() as connection:
            each = []
            for series, device in connection.execute(_SERIES_OF, (resident_id, quantity)).fetchall():
                rows = connection.execute(_POINTS, (series, within.start_ms, within.end_ms, limit))
                each.append([Point(at_ms, value, quality, device) for at_ms, value, quality in rows])
            return list(islice(heapq.merge(*each), limit))

    def buckets(self, resident_id: str, quantity: str, within: Range, *, bucket_ms: int) -> Sequence[Bucket]:
        """Return low, mean, high per bucket; buckets of hours from hourly values."""
        with self._asking() as connection:
            whole = bucket_ms % HOUR_MS == 0
            chosen = plan(within, _known(connection, resident_id, within)) if whole else Plan([within], [])
            parts: list[Part] = []
            for statement, ranges in ((_BUCKETS, chosen.raw), (_HOURLY, chosen.hourly)):
                for one in ranges:
                    asked = {"resident": resident_id, "quantity": quantity, "length": bucket_ms}
                    limits = {"start": one.start_ms, "end": one.end_ms}
                    parts += [Part._make(row) for row in connection.execute(statement, asked | limits)]
            return joined(parts)

    def events(self, resident_id: str, within: Range, *, limit: int = 1_000) -> Sequence[tuple[str, Event]]:
        """Return the last `limit` (device_id, event) of a range, oldest first."""
        with self._asking() as connection:
            rows = connection.execute(_EVENTS, (resident_id, within.start_ms, within.end_ms, limit)).fetchall()
        return [(row[0], _event(row)) for row in reversed(rows)]

    def waveforms(
        self, resident_id: str, quantity: str, within: Range, *, limit: int = 100
    ) -> Sequence[tuple[str, Waveform]]:
        """Return the last `limit` (device_id, waveform) overlapping a range, oldest first."""
        earliest_ms = within.start_ms - WAVEFORM_LOOK_BACK_MS
        asked = (resident_id, quantity, earliest_ms, within.end_ms, within.start_ms, limit)
        with self._asking() as connection:
            rows = connection.execute(_WAVEFORMS, asked).fetchall()
        return [(row[0], _waveform(quantity, row)) for row in reversed(rows)]

    def ping(self) -> str:
        """Return the store's name and version."""
        with self._asking() as connection:
            connection.execute("SELECT count(*) FROM newest").fetchone()
        return f"SQLite {sqlite3.sqlite_version}"

    def close(self) -> None:
        """Close the files of all threads."""
        while self._opened:
            self._opened.pop().close()

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        try:
            connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
            if connection is None:
                connection = self._own.connection = open_for_reading(self._path)
                self._opened.append(connection)
            yield connection
        except sqlite3.Error as error:
            raise StoreUnavailableError(f"SQLite: {error}") from error


def _known(connection: sqlite3.Connection, resident_id: str, within: Range) -> Known:
    return DueHours(connection).known(resident_id, hours_of(within))


def _event(row: _Row) -> Event:
    _, kind, at_ms, state, attributes, time_quality, quality = row
    return Event(kind, at_ms, state, _attributes.decode(attributes), TimeQuality(time_quality), quality)


def _waveform(quantity: str, row: _Row) -> Waveform:
    _, at_ms, rate_hz, channels, samples, time_quality, quality, position = row
    names = _channels.decode(channels)
    return Waveform(quantity, at_ms, rate_hz, names, samples, TimeQuality(time_quality), quality, position)
