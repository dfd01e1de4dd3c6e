"""Both stores with their hourly values, as the suite in `test_store_hours` handles them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, ManualClock
from anhu.registry.database import open_engine
from anhu.registry.migrations import upgrade
from ingest.shared.due_hours import DatabaseDueHours
from ingest.store.due_hours import DueHours, open_due_hours
from ingest.store.embedded.hours import SqliteHours
from ingest.store.embedded.schema import open_for_writing
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from ingest.store.hourly import HourlyWork, HourStore
from ingest.store.influxdb.hours import InfluxHours
from ingest.store.influxdb.writer import InfluxSettings, InfluxStoreQuery, InfluxStoreWriter
from ingest.store.marks import Marks
from ingest.store.port import Bucket, Range, StoredReading, StoreQuery, StoreWriter
from tests.services.influxdb import InfluxDB

NOW_MS = 1_795_300_000_000 - 1_795_300_000_000 % DAY_MS + 10 * HOUR_MS + 30 * MINUTE_MS
WITHIN = Range(NOW_MS - 3 * DAY_MS - 17 * MINUTE_MS, NOW_MS)


@contextmanager
def _in_file(connection: sqlite3.Connection) -> Iterator[Marks]:
    with closing(connection):
        yield DueHours(connection)


def _counted(connection: sqlite3.Connection) -> int:
    with closing(connection):
        return int(connection.execute("SELECT count(*) FROM hour_due").fetchone()[0])


@dataclass(frozen=True, kw_only=True)
class Store:
    """A store with its hours; `unmarked` writes as an older version did that knew no marks."""

    writer: StoreWriter
    unmarked: Callable[[Sequence[StoredReading]], None]
    query: StoreQuery
    open_marks: Callable[[], AbstractContextManager[Marks]]
    count_marks: Callable[[], int]
    hours: Callable[[], HourStore]
    erase_numbers: Callable[[], None]
    clock: ManualClock

    def put(self, *readings: StoredReading) -> None:
        result = self.writer.write(readings)
        assert result.retry_after_s is None, result.reason
        assert not result.rejected

    def work(self, hours: HourStore | None = None, *, steps: int = 1_000) -> bool:
        """Do so many steps as a process that has just started; True if something is left to do."""
        with self.open_marks() as marks:
            work = HourlyWork(marks, hours or self.hours(), self.clock)
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
        open_marks=lambda: _in_file(open_for_writing(path)),
        count_marks=lambda: _counted(open_for_writing(path)),
        hours=lambda: SqliteHours(open_for_writing(path)),
        erase_numbers=lambda: execute("DELETE FROM point"),
        clock=ManualClock(NOW_MS),
    )


def influx(request: pytest.FixtureRequest, folder: Path) -> Store:
    file = folder / "hours.db"
    marks = _Marks(lambda: _in_file(open_due_hours(file)), lambda: _counted(open_due_hours(file)), file=file)
    return _influx(request, ManualClock(NOW_MS), marks)


def influx_and_database(request: pytest.FixtureRequest, _folder: Path) -> Store:
    """Return InfluxDB with its marks in PostgreSQL, as several machines of ingest share them."""
    copy: Callable[[Callable[[str], None]], str] = request.getfixturevalue("postgres_copy")
    url, clock = copy(upgrade), ManualClock(NOW_MS)

    @contextmanager
    def open_marks() -> Iterator[Marks]:
        engine = open_engine(url)
        try:
            yield DatabaseDueHours(engine, "west", clock, worker="m-1")
        finally:
            engine.dispose()

    def count() -> int:
        engine = open_engine(url)
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT count(*) FROM hour_due"))
        engine.dispose()
        return int(found or 0)

    engine = open_engine(url)
    request.addfinalizer(engine.dispose)
    shared = DatabaseDueHours(engine, "west", clock)
    return _influx(request, clock, _Marks(open_marks, count, shared=shared))


class _Marks(NamedTuple):
    """Where the marks of an InfluxDB are."""

    open: Callable[[], AbstractContextManager[Marks]]
    count_due: Callable[[], int]
    file: Path | None = None
    shared: Marks | None = None


def _influx(request: pytest.FixtureRequest, clock: ManualClock, marks: _Marks) -> Store:
    server: InfluxDB = request.getfixturevalue("influxdb")
    settings = InfluxSettings(
        url=server.url, org=server.org, token=server.token, bucket=server.new_bucket(), hours_file=marks.file
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
        writer=InfluxStoreWriter(settings, marks.shared),
        unmarked=unmarked,
        query=InfluxStoreQuery(settings, marks.shared),
        open_marks=marks.open,
        count_marks=marks.count_due,
        hours=lambda: InfluxHours(settings),
        erase_numbers=erase,
        clock=clock,
    )
