"""Both stores with their hourly values, as the suite in `test_store_hours` handles them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, ManualClock
from ingest.store.due_hours import DueHours, open_due_hours
from ingest.store.embedded.hours import SqliteHours
from ingest.store.embedded.schema import open_for_writing
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from ingest.store.hourly import HourlyWork, HourStore
from ingest.store.influxdb.hours import InfluxHours
from ingest.store.influxdb.writer import InfluxSettings, InfluxStoreQuery, InfluxStoreWriter
from ingest.store.port import Bucket, Range, StoredReading, StoreQuery, StoreWriter
from tests.services.influxdb import InfluxDB

NOW_MS = 1_795_300_000_000 - 1_795_300_000_000 % DAY_MS + 10 * HOUR_MS + 30 * MINUTE_MS
WITHIN = Range(NOW_MS - 3 * DAY_MS - 17 * MINUTE_MS, NOW_MS)


@dataclass(frozen=True, kw_only=True)
class Store:
    """A store with its hours; `unmarked` writes as an older version did that knew no marks."""

    writer: StoreWriter
    unmarked: Callable[[Sequence[StoredReading]], None]
    query: StoreQuery
    open_marks: Callable[[], sqlite3.Connection]
    hours: Callable[[], HourStore]
    erase_numbers: Callable[[], None]
    clock: ManualClock

    def put(self, *readings: StoredReading) -> None:
        result = self.writer.write(readings)
        assert result.retry_after_s is None, result.reason
        assert not result.rejected

    def work(self, hours: HourStore | None = None, *, steps: int = 1_000) -> bool:
        """Do so many steps as a process that has just started; True if something is left to do."""
        with closing(self.open_marks()) as marks:
            work = HourlyWork(DueHours(marks), hours or self.hours(), self.clock)
            more = True
            while more and steps:
                more, steps = work.step(), steps - 1
            work.close()
        return more

    def chart(self, within: Range = WITHIN, bucket_ms: int = DAY_MS, code: str = "heart_rate") -> Sequence[Bucket]:
        return self.query.buckets("r-1", code, within, bucket_ms=bucket_ms)


def sqlite(_request: pytest.FixtureRequest, folder: Path) -> Store:
    path = folder / "store.db"
    writer = SqliteStoreWriter(path)

    def execute(statements: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(statements)

    def unmarked(readings: Sequence[StoredReading]) -> None:
        writer.write(readings)
        execute("DELETE FROM hour_due")

    return Store(
        writer=writer,
        unmarked=unmarked,
        query=SqliteStoreQuery(path),
        open_marks=lambda: open_for_writing(path),
        hours=lambda: SqliteHours(open_for_writing(path)),
        erase_numbers=lambda: execute("DELETE FROM point"),
        clock=ManualClock(NOW_MS),
    )


def influx(request: pytest.FixtureRequest, folder: Path) -> Store:
    server: InfluxDB = request.getfixturevalue("influxdb")
    file = folder / "hours.db"
    settings = InfluxSettings(
        url=server.url, org=server.org, token=server.token, bucket=server.new_bucket(), hours_file=file
    )

    def unmarked(readings: Sequence[StoredReading]) -> None:
        old = InfluxStoreWriter(replace(settings, hours_file=None))
        old.write(readings)
        old.close()

    def erase() -> None:
        with settings.client() as client:
            span = ("1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
            client.delete_api().delete(*span, '_measurement="reading"', settings.bucket, settings.org)

    return Store(
        writer=InfluxStoreWriter(settings),
        unmarked=unmarked,
        query=InfluxStoreQuery(settings),
        open_marks=lambda: open_due_hours(file),
        hours=lambda: InfluxHours(settings),
        erase_numbers=erase,
        clock=ManualClock(NOW_MS),
    )
