"""Questions to a store of many points, embedded and InfluxDB: newest values of all, and one resident's charts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from gateway.contract.clock import DAY_MS, MINUTE_MS
from gateway.contract.observation import Scalar
from ingest.store.influxdb import InfluxStoreWriter
from ingest.store.influxdb_query import InfluxStoreQuery
from ingest.store.influxdb_settings import InfluxSettings
from ingest.store.port import Range, StoredReading, StoreQuery, StoreWriter
from ingest.store.sqlite import SqliteStoreWriter
from ingest.store.sqlite_query import SqliteStoreQuery
from tests.bench.report import Options, Report, percentile
from tests.bench.store import own_influxdb

NAME = "queries"
_END_MS = 1_795_305_600_000
_CHARTS = ((1, 15), (7, 60), (90, 1_440))
_RESIDENTS = 1_000
_EVERY_MIN = 8
_BATCH = 5_000


def measure(options: Options, report: Report, folder: Path) -> None:
    """Fill both stores with the same points and ask each the same."""
    residents = 20 if options.quick else _RESIDENTS
    days = 2 if options.quick else 90
    path = folder / "readings.db"
    _ask(options, report, "embedded", (SqliteStoreWriter(path), SqliteStoreQuery(path)), (residents, days))
    with own_influxdb(folder / "influxdb") as (_, found):
        settings = InfluxSettings(
            url=found["influxdb_url"],
            org=found["influxdb_org"],
            bucket=found["influxdb_bucket"],
            token=found["influxdb_token"],
        )
        store = (InfluxStoreWriter(settings), InfluxStoreQuery(settings))
        _ask(options, report, "InfluxDB", store, (residents, days))


def _ask(
    options: Options, report: Report, name: str, store: tuple[StoreWriter, StoreQuery], size: tuple[int, int]
) -> None:
    writer, query = store
    points, took_s = _fill(writer, *size)
    report.add(NAME, f"{name}: points", "points", points)
    report.add(NAME, f"{name}: filled at", "points/s", points / took_s)
    everybody = [f"r-{n}" for n in range(size[0])]
    for _ in range(options.runs):
        times = 3 if options.quick else 20
        _tell(report, f"{name}: newest values of {len(everybody)} residents", times, lambda: query.latest(everybody))
        for days, minutes in _CHARTS:
            within = Range(_END_MS - days * DAY_MS, _END_MS)

            def chart(within: Range = within, minutes: int = minutes) -> object:
                who = random.choice(everybody)  # noqa: S311
                return query.buckets(who, "heart_rate", within, bucket_ms=minutes * MINUTE_MS)

            _tell(report, f"{name}: chart of {days} d, buckets of {minutes} min", times, chart)
    query.close()
    writer.close()


def _fill(writer: StoreWriter, residents: int, days: int) -> tuple[int, float]:
    """Write three values every eight minutes for everybody, in the order of time, as they would have come. [s]."""
    batch: list[StoredReading] = []
    points, began_s = 0, time.perf_counter()
    for at_ms in range(_END_MS - days * DAY_MS, _END_MS, _EVERY_MIN * MINUTE_MS):
        for n in range(residents):
            values = (("heart_rate", 60.0 + n % 30), ("spo2", 97.0), ("respiration_rate", 14.0 + at_ms % 5))
            seen = tuple(Scalar(code, value, at_ms) for code, value in values)
            batch.append(StoredReading(f"r-{n}", f"dev-{n}", at_ms, seen))
        if len(batch) >= _BATCH or at_ms + _EVERY_MIN * MINUTE_MS >= _END_MS:
            assert writer.write(batch).retry_after_s is None
            points += 3 * len(batch)
            batch.clear()
    return points, time.perf_counter() - began_s


def _tell(report: Report, metric: str, times: int, question: Callable[[], object]) -> None:
    taken_s: list[float] = []
    for _ in range(times):
        began_s = time.perf_counter()
        question()
        taken_s.append(time.perf_counter() - began_s)
    for part in (0.5, 0.99):
        report.add(NAME, f"{metric}, p{100 * part:.0f}", "ms", 1_000 * percentile(taken_s, part))
