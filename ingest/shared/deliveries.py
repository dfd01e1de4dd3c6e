"""The vendors' delivery log in the platform's database: every machine of ingest adds to it, any page reads it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Engine, text

from anhu.contract.clock import DAY_MS, HOUR_MS
from ingest.delivered import Deliveries
from ingest.shared.dialect import listed

_MOST_ROWS = 50_000_000  # 2 M devices, a day; a week of those that speak every few hours
_KEPT_MS = 7 * DAY_MS
_AT_ONCE = 2_000
_COLUMNS = "device_id, hour_ms, accepted, partly, refused"
_ROWS = {
    "postgresql": f"SELECT {_COLUMNS} FROM json_to_recordset(CAST(:rows AS json)) AS r(device_id text, hour_ms bigint,"  # noqa: S608 - our own words
    " accepted int, partly int, refused int) WHERE true ORDER BY device_id, hour_ms",
    "sqlite": "SELECT json_extract(value, '$.device_id'), json_extract(value, '$.hour_ms'),"
    " json_extract(value, '$.accepted'), json_extract(value, '$.partly'), json_extract(value, '$.refused')"
    " FROM json_each(:rows) WHERE true",
}
_ADD = "ON CONFLICT (device_id, hour_ms) DO UPDATE SET " + ", ".join(
    f"{name} = delivery_hour.{name} + excluded.{name}" for name in ("accepted", "partly", "refused")
)
_OLD = text("DELETE FROM delivery_hour WHERE hour_ms < :oldest")
_BY_HOUR = text("SELECT hour_ms, count(*) FROM delivery_hour GROUP BY hour_ms ORDER BY hour_ms DESC")


class DatabaseDeliveries:
    """The counts of a week, as `ingest.deliveries.DeliveryBook` keeps them in a file.

    Methods raise SQLAlchemyError when the database cannot be used.
    """

    def __init__(self, engine: Engine, *, most_rows: int = _MOST_ROWS) -> None:
        self._engine, self._most_rows = engine, most_rows
        kind = engine.dialect.name
        self._add = text(f"INSERT INTO delivery_hour ({_COLUMNS}) {_ROWS[kind]} {_ADD}")
        asked = f"device_id IN {listed(kind, 'devices')} AND hour_ms >= :since"
        self._of = text(f"SELECT {_COLUMNS} FROM delivery_hour WHERE {asked} ORDER BY hour_ms")  # noqa: S608 - our own words
        self._tidied_ms = 0

    def add(self, rows: Sequence[Deliveries], now_ms: int) -> None:
        """Add to the counts, all of them or none; once an hour what is too old, or too much, is deleted. [ms]."""
        given = sorted(rows)
        with self._engine.begin() as connection:
            for first in range(0, len(given), _AT_ONCE):
                part = [row._asdict() for row in given[first : first + _AT_ONCE]]
                connection.execute(self._add, {"rows": msgspec.json.encode(part).decode()})
        if now_ms - self._tidied_ms >= HOUR_MS:
            self._tidy(now_ms)

    def of(self, device_ids: Collection[str], *, since_ms: int) -> Sequence[Deliveries]:
        """Return what came of some devices, hour by hour. [ms]."""
        asked = {"since": since_ms, "devices": msgspec.json.encode(list(device_ids)).decode()}
        with self._engine.connect() as connection:
            return [Deliveries(*row) for row in connection.execute(self._of, asked)]

    def close(self) -> None:
        """Close connections."""
        self._engine.dispose()

    def _tidy(self, now_ms: int) -> None:
        self._tidied_ms = now_ms
        held = 0
        with self._engine.begin() as connection:
            connection.execute(_OLD, {"oldest": now_ms - _KEPT_MS})
            for hour_ms, count in connection.execute(_BY_HOUR).all():
                held += count
                if held > self._most_rows:
                    connection.execute(_OLD, {"oldest": hour_ms + 1})
                    break
