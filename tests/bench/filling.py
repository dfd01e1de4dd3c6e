"""Months of numbers put into a store the short way: what the writer and the hourly work would have left there.

Each resident has three values every eight minutes. A day at a time, because that is how a store grows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import httpx

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.observation import Scalar
from ingest.store.due_hours import DeviceHour, DueHours, open_due_hours
from ingest.store.embedded.schema import open_for_writing
from ingest.store.hour_plan import Part
from ingest.store.influxdb.line_protocol import hour_line, lines
from ingest.store.influxdb.settings import InfluxSettings
from ingest.store.port import StoredReading

EVERY_MS = 8 * MINUTE_MS
VALUES = {"heart_rate": (60, 30), "spo2": (94, 5), "respiration_rate": (12, 6)}
"""Quantity -> lowest value, how many different ones."""
_A_REQUEST = 100


class Filling(NamedTuple):
    """For whom numbers are made, and from when on. [ms]."""

    residents: int
    start_ms: int

    @property
    def points_a_day(self) -> int:
        """How many numbers all of them have a day."""
        return self.residents * len(VALUES) * (DAY_MS // EVERY_MS)


def reading(n: int, at_ms: int) -> StoredReading:
    """Return what the n-th resident's device says at a multiple of eight minutes. [ms]."""
    return StoredReading(f"r-{n}", f"dev-{n}", at_ms, tuple(_values(n, at_ms)))


def _values(n: int, at_ms: int) -> Iterator[Scalar]:
    for code, (low, many) in VALUES.items():
        yield Scalar(code, float(low + (n + at_ms // EVERY_MS) % many), at_ms)


def times(start_ms: int, length_ms: int) -> range:
    """Return when the devices speak from a time on. [ms]."""
    return range(start_ms + -start_ms % EVERY_MS, start_ms + length_ms, EVERY_MS)


def fill_sqlite(path: Path, filling: Filling, days: range) -> Iterator[int]:
    """Fill the embedded store's file; return each day that is done."""
    with closing(open_for_writing(path)) as connection:
        _name_series(connection, filling.residents)
        DueHours(connection).reach_back(filling.start_ms // HOUR_MS)
        for day in days:
            start_ms = filling.start_ms + day * DAY_MS
            span = {"start": start_ms, "end": start_ms + DAY_MS, "every": EVERY_MS, "hour": HOUR_MS}
            connection.execute("BEGIN")
            connection.execute(_POINTS, span)
            connection.execute(_HOURS, span)
            connection.execute("COMMIT")
            yield day


def _name_series(connection: sqlite3.Connection, residents: int) -> None:
    connection.execute("CREATE TEMP TABLE filling (series INTEGER PRIMARY KEY, n INTEGER, low INTEGER, many INTEGER)")
    for code, (low, many) in VALUES.items():
        names = [(f"r-{n}", code, f"dev-{n}") for n in range(residents)]
        connection.executemany("INSERT OR IGNORE INTO series (resident, quantity, device) VALUES (?, ?, ?)", names)
        connection.execute(
            "INSERT INTO filling SELECT id, CAST(substr(resident, 3) AS INTEGER), ?, ? FROM series WHERE quantity = ?",
            (low, many, code),
        )


_POINTS = """
INSERT OR REPLACE INTO point
WITH RECURSIVE moment(at_ms) AS (
    SELECT :start + (:every - :start % :every) % :every
    UNION ALL SELECT at_ms + :every FROM moment WHERE at_ms + :every < :end
)
SELECT series, at_ms, low + (n + at_ms / :every) % many, 0, '' FROM filling CROSS JOIN moment
"""
_HOURS = """
INSERT OR REPLACE INTO hourly
SELECT p.series, p.at_ms / :hour, min(p.value), sum(p.value), max(p.value), count(*)
FROM filling f CROSS JOIN point p ON p.series = f.series AND p.at_ms >= :start AND p.at_ms < :end
GROUP BY p.series, p.at_ms / :hour
"""


def fill_influxdb(settings: InfluxSettings, filling: Filling, days: range) -> Iterator[int]:
    """Fill a bucket; return each day that is done."""
    assert settings.hours_file is not None
    with closing(open_due_hours(settings.hours_file)) as marks:
        DueHours(marks).reach_back(filling.start_ms // HOUR_MS)
    at = {"org": settings.org, "bucket": settings.bucket, "precision": "ms"}
    headers = {"Authorization": f"Token {settings.token}"}
    with httpx.Client(base_url=settings.url, headers=headers, timeout=60) as client:
        for day in days:
            start_ms = filling.start_ms + day * DAY_MS
            for first in range(0, filling.residents, _A_REQUEST):
                some = range(first, min(first + _A_REQUEST, filling.residents))
                body = b"".join(_day_of(n, start_ms) for n in some)
                client.post("/api/v2/write", params=at, content=body).raise_for_status()
            yield day


def _day_of(n: int, start_ms: int) -> bytes:
    """Return the lines of one resident's day: the numbers by a template, since making 16 million takes its time."""
    head, _, _ = lines(reading(n, 0)).partition(b" ")
    (a, i), (b, j), (c, k) = VALUES.values()
    names = tuple(VALUES)
    form = f"{head.decode()} {names[0]}=%d,{names[1]}=%d,{names[2]}=%d %d\n"
    steps = [(n + at_ms // EVERY_MS, at_ms) for at_ms in times(start_ms, DAY_MS)]
    numbers = "".join([form % (a + s % i, b + s % j, c + s % k, at_ms) for s, at_ms in steps])
    hours = (_hour_of(n, hour_ms) for hour_ms in range(start_ms, start_ms + DAY_MS, HOUR_MS))
    return numbers.encode() + b"".join(hours)


def _hour_of(n: int, hour_ms: int) -> bytes:
    parts = {}
    for code, (low, many) in VALUES.items():
        values = [float(low + (n + at_ms // EVERY_MS) % many) for at_ms in times(hour_ms, HOUR_MS)]
        parts[code] = Part(hour_ms, min(values), sum(values), max(values), len(values))
    return hour_line(DeviceHour(f"r-{n}", hour_ms // HOUR_MS, f"dev-{n}"), parts)
