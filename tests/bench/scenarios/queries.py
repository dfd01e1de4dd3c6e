"""Questions to a store of many points, embedded and InfluxDB: newest values of all, and one resident's charts.

With ``--keep DIR`` the filled stores stay there; filling goes on where an earlier run was ended.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, ManualClock
from ingest.store.embedded.hours import sqlite_hourly_work
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.writer import SqliteStoreWriter
from ingest.store.hourly import HourlyWork
from ingest.store.influxdb.hours import influx_hourly_work
from ingest.store.influxdb.query import InfluxStoreQuery
from ingest.store.influxdb.settings import InfluxSettings
from ingest.store.influxdb.writer import InfluxStoreWriter
from ingest.store.port import Range, StoreQuery, StoreWriter
from tests.bench.filling import VALUES, Filling, fill_influxdb, fill_sqlite, reading, times
from tests.bench.report import Options, Report, percentile
from tests.bench.store import kept_influxdb

NAME = "queries"
_END_MS = 1_795_305_600_000
_CHARTS = ((1, 5), (7, 30), (90, 1_440))  # days, and the page's bucket in minutes
_RESIDENTS, _DAYS = 1_000, 90
_LIVE_MS = 6 * HOUR_MS
_TIMES = 100
_MIB = 1_048_576


class _Stored(NamedTuple):
    """One store under questions; `fill` puts days into it the short way."""

    name: str
    writer: StoreWriter
    query: StoreQuery
    hourly: HourlyWork
    folder: Path
    fill: Callable[[Filling, range], Iterator[int]]


def measure(options: Options, report: Report, folder: Path) -> None:
    """Fill both stores with the same points and ask each the same."""
    residents, days = (20, 2) if options.quick else (_RESIDENTS, _DAYS)
    for open_store in (_embedded, _influxdb):
        with open_store(options.keep or folder) as store:
            _fill(report, store, Filling(residents, _END_MS - days * DAY_MS), days)
            for _ in range(options.runs):
                _ask(report, store, [f"r-{n}" for n in range(residents)], 3 if options.quick else _TIMES)


@contextmanager
def _embedded(folder: Path) -> Iterator[_Stored]:
    path = folder / "embedded" / "readings.db"
    clock = ManualClock(_END_MS + 6 * MINUTE_MS)
    writer, query, work = SqliteStoreWriter(path), SqliteStoreQuery(path), sqlite_hourly_work(path, clock)
    yield _Stored("embedded", writer, query, work, path.parent, partial(fill_sqlite, path))
    _close(writer, query, work)


@contextmanager
def _influxdb(folder: Path) -> Iterator[_Stored]:
    place = folder / "influxdb"
    clock = ManualClock(_END_MS + 6 * MINUTE_MS)
    with kept_influxdb(place) as server:
        settings = InfluxSettings(
            url=server.url, org=server.org, bucket=server.bucket, token=server.token, hours_file=place / "hours.db"
        )
        writer, query, work = (
            InfluxStoreWriter(settings),
            InfluxStoreQuery(settings),
            influx_hourly_work(settings, clock),
        )
        yield _Stored("InfluxDB", writer, query, work, place, partial(fill_influxdb, settings))
        _close(writer, query, work)


def _close(*parts: StoreWriter | StoreQuery | HourlyWork) -> None:
    for part in parts:
        part.close()


def _fill(report: Report, store: _Stored, filling: Filling, days: int) -> None:
    """Put days in the short way, and the last hours as the platform does."""
    mark = store.folder / f"filled-{filling.residents}"
    done = int(mark.read_text("ascii")) if mark.exists() else 0
    for day in store.fill(filling, range(done, days)):
        mark.write_text(str(day + 1), "ascii")
    began_s = time.perf_counter()
    for at_ms in times(_END_MS - _LIVE_MS, _LIVE_MS):
        batch = [reading(n, at_ms) for n in range(filling.residents)]
        assert store.writer.write(batch).retry_after_s is None
    written_s = time.perf_counter()
    while store.hourly.step():
        pass
    put_s = time.perf_counter() - written_s
    report.add(NAME, f"{store.name}: points", "points", filling.points_a_day * days)
    live = filling.points_a_day * _LIVE_MS / DAY_MS
    report.add(NAME, f"{store.name}: last hours written at", "points/s", live / (written_s - began_s))
    hours = _LIVE_MS / HOUR_MS * len(VALUES) * filling.residents
    report.add(NAME, f"{store.name}: put together at", "hours of a quantity/s", hours / put_s)
    size = sum(file.stat().st_size for file in store.folder.rglob("*") if file.is_file())
    report.add(NAME, f"{store.name}: on disk, hourly values included", "MiB", size / _MIB)


def _ask(report: Report, store: _Stored, everybody: list[str], times: int) -> None:
    query, name = store.query, store.name
    few = max(times // 5, 3)
    _tell(report, f"{name}: newest values of {len(everybody)} residents", few, lambda: query.latest(everybody))
    for days, minutes in _CHARTS:
        within = Range(_END_MS - days * DAY_MS - 1_234_567, _END_MS - 1_234_567)

        def chart(within: Range = within, minutes: int = minutes) -> object:
            who = random.choice(everybody)  # noqa: S311
            return query.buckets(who, "heart_rate", within, bucket_ms=minutes * MINUTE_MS)

        _tell(report, f"{name}: chart of {days} d, buckets of {minutes} min", times, chart)


def _tell(report: Report, metric: str, times: int, question: Callable[[], object]) -> None:
    taken_s: list[float] = []
    for _ in range(times):
        began_s = time.perf_counter()
        question()
        taken_s.append(time.perf_counter() - began_s)
    for part in (0.5, 0.99):
        report.add(NAME, f"{metric}, p{100 * part:.0f}", "ms", 1_000 * percentile(taken_s, part))
