"""The embedded store's hourly values, made beside the writer on a connection of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from anhu.contract.clock import HOUR_MS, Clock
from anhu.contract.observation import Quality
from ingest.sqlite_transaction import transaction
from ingest.store.due_hours import DeviceHour, DueHours
from ingest.store.embedded.schema import open_for_writing
from ingest.store.hourly import HourlyWork
from ingest.store.port import Range

_CACHE_KIB = 8_192
_SERIES = "SELECT id FROM series WHERE resident = ? AND device = ?"
_GONE = "DELETE FROM hourly WHERE series = ? AND hour = ?"
_MADE = f"""
INSERT INTO hourly
SELECT series, at_ms / {HOUR_MS}, min(value), sum(value), max(value), count(*) FROM point
WHERE series = ? AND at_ms >= ? AND at_ms < ? AND quality & {int(Quality.OUT_OF_RANGE)} = 0
GROUP BY series
"""  # noqa: S608 - the numbers are ours
_DEVICES = """
SELECT DISTINCT resident, device FROM series
WHERE resident <> '' AND EXISTS (SELECT 1 FROM point WHERE series = id AND at_ms >= ? AND at_ms < ?)
"""
_NEWEST = """
SELECT max(newest) FROM (
    SELECT (SELECT max(at_ms) FROM point WHERE series = id AND at_ms < ?) AS newest FROM series WHERE resident <> ''
)
"""


class SqliteHours:
    """Makes hourly values from points, one transaction a slice."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put_together(self, hours: Sequence[DeviceHour]) -> None:
        """Make the hourly values of these hours anew."""
        execute = self._connection.execute
        with transaction(self._connection):
            for resident_id, hour, device_id in hours:
                for (series,) in execute(_SERIES, (resident_id, device_id)).fetchall():
                    execute(_GONE, (series, hour))
                    execute(_MADE, (series, hour * HOUR_MS, (hour + 1) * HOUR_MS))

    def devices_in(self, within: Range) -> Sequence[tuple[str, str]]:
        """Return (resident_id, device_id) of everything with numbers in a range."""
        return self._connection.execute(_DEVICES, (within.start_ms, within.end_ms)).fetchall()

    def newest_before(self, before_ms: int) -> int | None:
        """Return the time of the newest number before a time. [ms]."""
        newest_ms: int | None = self._connection.execute(_NEWEST, (before_ms,)).fetchone()[0]
        return newest_ms

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def sqlite_hourly_work(path: Path, clock: Clock) -> HourlyWork:
    """Return the work on the hourly values of the store in a file."""
    connection = open_for_writing(path, cache_kib=_CACHE_KIB)
    return HourlyWork(DueHours(connection), SqliteHours(connection), clock)
