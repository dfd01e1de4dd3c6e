"""Looks into an installation past its own code: the database, the store, the dead letters, the LOG's positions."""

from __future__ import annotations

import csv
import io
import sqlite3
import struct
import zlib
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import httpx
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from anhu.contract.record import Undecoded, decode_as_written
from tests.faults.line_codec.fault_line import said_in
from tests.services.influxdb import InfluxDB

Point = tuple[str, str, int]
"""Device, quantity, device time. [ms]"""


class AlertRow(NamedTuple):
    """An alert as the database has it."""

    id: str
    resident_id: str
    kind: str
    response: str
    is_open: bool


_NO_ALERT = AlertRow("", "", "", "", is_open=False)


class Letters(NamedTuple):
    """What is in the dead letters."""

    payloads: set[bytes]
    points: set[Point]


class Insides:
    """Where the data of one installation lies."""

    def __init__(self, data: Path, database_url: str, influxdb: InfluxDB | None, bucket: str) -> None:
        self._data, self._influxdb, self._bucket = data, influxdb, bucket
        self._engine = create_engine(database_url, poolclass=NullPool)

    def alerts(self, kind: str = "sos") -> list[AlertRow]:
        """Return every alert of a kind; empty while the database does not answer."""
        query = "SELECT id, resident_id, kind, response, is_open FROM alert WHERE kind = :kind"
        try:
            with self._engine.connect() as connection:
                return [AlertRow(*row) for row in connection.execute(text(query), {"kind": kind})]
        except (DBAPIError, OSError):
            return []

    def open_twice(self) -> int:
        """Return how many (resident, kind) have more than one open alert."""
        groups = "SELECT 1 FROM alert WHERE is_open GROUP BY resident_id, kind HAVING count(*) > 1"
        query = f"SELECT count(*) FROM ({groups}) x"  # noqa: S608 - our own words
        with self._engine.connect() as connection:
            return int(connection.scalar(text(query)) or 0)

    def alert_of(self, resident_id: str) -> AlertRow:
        """Return the call for help of a resident; an empty row while there is none."""
        return next((one for one in self.alerts() if one.resident_id == resident_id), _NO_ALERT)

    def times_taken(self, alert_id: str = "") -> int:
        """Return how often an alert was acknowledged; of all together, how many were more than once.

        Whoever acknowledged and then said nothing more for long is asked anew, and may take it anew.
        """
        count = "sum(CASE what WHEN 'acknowledged' THEN 1 ELSE -1 END)" if not alert_id else "count(*)"
        asked = "('acknowledged', 'resumed')" if not alert_id else "('acknowledged')"
        lines = f"SELECT alert_id, {count} AS n FROM alert_event WHERE what IN {asked} GROUP BY alert_id"  # noqa: S608
        with self._engine.connect() as connection:
            times = {str(alert): int(n) for alert, n in connection.execute(text(lines))}
        return times.get(alert_id, 0) if alert_id else sum(n > 1 for n in times.values())

    def callbacks_waiting(self) -> list[str]:
        """Return the calls of providers that nobody has looked at, or that wait for their message."""
        query = "SELECT channel, at_ms, due_at_ms, tries, body FROM callback WHERE due_at_ms IS NOT NULL ORDER BY id"
        with self._engine.connect() as connection:
            return [str(tuple(row)) for row in connection.execute(text(query))]

    def unconfirmed(self, resident_id: str) -> int:
        """Return how many messages about a resident were taken and never spoken of again."""
        query = (
            "SELECT count(*) FROM receipt r JOIN outbox o ON o.id = r.outbox_id JOIN alert a ON a.id = o.subject_id"
            " WHERE r.state = 'unconfirmed' AND a.resident_id = :resident"
        )
        return self._count(query, resident=resident_id)

    def reasons(self) -> dict[str, tuple[str, str]]:
        """Return which alert each message is about, and why it was written, by its number and by its key."""
        with self._engine.connect() as connection:
            rows = connection.execute(text("SELECT id, idempotency_key, subject_id, reason FROM outbox"))
            return {name: (alert, why) for number, key, alert, why in rows for name in (str(number), key)}

    def _count(self, query: str, **values: str) -> int:
        """Return a number; -1 while the database does not answer."""
        try:
            with self._engine.connect() as connection:
                return int(connection.scalar(text(query), values) or 0)
        except (DBAPIError, OSError):
            return -1

    def members(self, resident_id: str, kind: str) -> dict[str, bool]:
        """Return each device of a resident's alerts of a kind, and whether it is well again."""
        query = (
            "SELECT m.device_id, m.recovered_at_ms FROM alert_member m JOIN alert a ON a.id = m.alert_id"
            " WHERE a.resident_id = :resident AND a.kind = :kind"
        )
        with self._engine.connect() as connection:
            rows = connection.execute(text(query), {"resident": resident_id, "kind": kind})
            return {device: at_ms is not None for device, at_ms in rows}

    def connected(self, device_id: str) -> bool:
        """Tell whether a device has ever been connected."""
        return (device_id, "connection") in {(device, kind) for device, kind, _ in self.points()}

    def points(self) -> Counter[Point]:
        """Return how often each point is in the store."""
        return self._influx_points() if self._influxdb else self._embedded_points()

    def letters(self) -> Letters:
        """Return what the dead letters hold with a reason: payloads as they came, and points that were refused."""
        found = Letters(set(), set())
        for stage, payload in _kept(self._engine, self._data / "deadletters.db"):
            if stage == "decode":
                found.payloads.add(said_in(payload))
                continue
            record = decode_as_written(payload)
            if not isinstance(record, Undecoded):
                found.points.update((record.device_id, o.quantity, o.observed_at_ms) for o in record.observations)
        return found

    def behind_bytes(self) -> dict[str, int]:
        """Return how much of the LOG each reader has not settled; empty while that cannot be told. [byte]."""
        try:
            end = struct.unpack_from("<Q", (self._data / "log" / "durable_end").read_bytes())[0]
            with self._engine.connect() as connection:
                query = text("SELECT position FROM consumer_state WHERE consumer = 'alerts'")
                alerts = connection.scalar(query) or 0
            return {"ingest": end - self._committed("ingest"), "alerts": end - alerts}
        except (DBAPIError, OSError, ValueError):
            return {}

    def _committed(self, consumer: str) -> int:
        raw = (self._data / "log" / "consumers" / consumer).read_bytes()
        found = [(0, 0)]
        for at in (0, 4_096):
            if len(raw) >= at + 20:
                turn, position, check = struct.unpack_from("<QQI", raw, at)
                if check == zlib.crc32(raw[at : at + 16]):
                    found.append((turn, position))
        return max(found)[1]

    def _embedded_points(self) -> Counter[Point]:
        query = "SELECT s.device, s.quantity, p.at_ms FROM point p JOIN series s ON s.id = p.series"
        events = "SELECT device, kind, at_ms FROM event"
        with closing(sqlite3.connect(self._data / "readings.db", timeout=15)) as connection:
            return Counter([*connection.execute(query), *connection.execute(events)])

    def _influx_points(self) -> Counter[Point]:
        assert self._influxdb is not None
        keep = 'keep(columns: ["_time", "_field", "device", "kind"])'
        numbers = 'r._measurement == "reading" and r._field !~ /_(quality|context)$/'
        events = 'r._measurement == "event" and r._field == "state"'
        found: Counter[Point] = Counter()
        for wanted in (numbers, events):
            flux = (
                f'from(bucket: "{self._bucket}") |> range(start: 0, stop: 2100-01-01T00:00:00Z)'
                f" |> filter(fn: (r) => {wanted}) |> map(fn: (r) => ({{r with _time: int(v: r._time)}})) |> {keep}"
            )
            answer = httpx.post(
                f"{self._influxdb.url}/api/v2/query",
                params={"org": self._influxdb.org},
                headers={"Authorization": f"Token {self._influxdb.token}", "Accept": "application/csv"},
                json={"query": flux},
                timeout=120,
            )
            answer.raise_for_status()
            found += Counter(_points(answer.text))
        return found


def _kept(engine: Engine, file: Path) -> list[tuple[str, bytes]]:
    """Return stage and payload of each letter; where several machines may be at work they are in the database."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT stage, payload FROM dead_letter WHERE reason != ''"))
            return [(stage, bytes(payload)) for stage, payload in rows]
    with closing(sqlite3.connect(file, timeout=15)) as letters:
        found = letters.execute("SELECT stage, payload FROM letter WHERE reason != ''")
        return [(stage, bytes(payload)) for stage, payload in found]


def _points(answer: str) -> list[Point]:
    """Read InfluxDB's tables: each begins with a heading of its own."""
    out: list[Point] = []
    heading: list[str] = []
    for row in csv.reader(io.StringIO(answer)):
        if "_time" in row:
            heading = row
        elif len(row) > 1:
            one = dict(zip(heading, row, strict=True))
            out.append((one["device"], one.get("kind") or one["_field"], int(one["_time"]) // 1_000_000))
    return out
