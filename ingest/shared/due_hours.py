"""The marks of due hours (`ingest.store.due_hours`) in the platform's database: many machines mark, one works them off.

Taking marks begins a turn, as in the file. What was marked for hours that are not over stays known over a turn, so that
a device's present hour is written down once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, Engine, text

from anhu.contract.clock import MINUTE_MS, Clock
from ingest.store.due_hours import DeviceHour, Hours, Known, Taken

_MAX_KNOWN = 500_000
_AT_ONCE = 5_000
_HELD_MS = 2 * MINUTE_MS
"""Whoever works on a store's hours and is not heard of for so long has lost them to another. [ms]"""
_FIELDS = "resident_id, hour, device_id"
_ROWS = {
    "postgresql": f"SELECT :store, {_FIELDS}, CAST(:turn AS bigint) FROM json_to_recordset(CAST(:rows AS json))"  # noqa: S608 - our own words
    " AS r(resident_id text, hour bigint, device_id text) WHERE true ORDER BY resident_id, hour, device_id",
    "sqlite": "SELECT :store, json_extract(value, '$.resident_id'), json_extract(value, '$.hour'),"
    " json_extract(value, '$.device_id'), :turn FROM json_each(:rows) WHERE true",
}
_BEGIN = text(
    "INSERT INTO hour_state (store, turn, taken_before, since, worker, until_ms) VALUES (:store, 0, 0, NULL, '', 0)"
    " ON CONFLICT (store) DO NOTHING"
)
_STATE = text("SELECT turn, taken_before FROM hour_state WHERE store = :store")
_HOLD = text(
    "UPDATE hour_state SET worker = :worker, until_ms = :until_ms"
    " WHERE store = :store AND (worker = :worker OR until_ms < :now_ms)"
)
_NEW_TURN = text("UPDATE hour_state SET turn = turn + 1, taken_before = :before WHERE store = :store")
_TAKE = text(
    f"SELECT {_FIELDS} FROM hour_due WHERE store = :store AND hour < :before ORDER BY hour LIMIT :limit"  # noqa: S608 - our own words
)
_DONE = {
    "postgresql": "DELETE FROM hour_due AS d USING json_to_recordset(CAST(:rows AS json))"
    " AS r(resident_id text, hour bigint, device_id text) WHERE d.store = :store AND d.turn < :turn"
    " AND d.resident_id = r.resident_id AND d.hour = r.hour AND d.device_id = r.device_id",
    "sqlite": "DELETE FROM hour_due WHERE store = :store AND turn < :turn AND (resident_id, hour, device_id) IN"
    " (SELECT json_extract(value, '$.resident_id'), json_extract(value, '$.hour'),"
    " json_extract(value, '$.device_id') FROM json_each(:rows))",
}
_SINCE = text("SELECT since FROM hour_state WHERE store = :store")
_SET_SINCE = text("UPDATE hour_state SET since = :since WHERE store = :store")
_HOURS = text(
    "SELECT DISTINCT hour FROM hour_due WHERE store = :store AND resident_id = :resident_id"
    " AND hour >= :first AND hour < :end ORDER BY hour"
)
_FORGET = text("DELETE FROM hour_due WHERE store = :store AND resident_id = :resident_id")


class DatabaseDueHours:
    """The marks of one store. Methods raise SQLAlchemyError when the database cannot be used.

    Parameters
    ----------
    engine : Engine
        Of the platform's database; the caller disposes of it.
    store : str
        Whose hours.
    worker : str
        Who we are, where several machines offer to work the hours off.
    """

    def __init__(self, engine: Engine, store: str, clock: Clock, *, worker: str = "") -> None:
        self._engine, self._store, self._clock, self._worker = engine, store, clock, worker
        kind = engine.dialect.name
        put = f"INSERT INTO hour_due (store, {_FIELDS}, turn) {_ROWS[kind]}"
        self._put = text(f"{put} ON CONFLICT (store, {_FIELDS}) DO UPDATE SET turn = excluded.turn")
        self._done = text(_DONE[kind])
        self._turn = -1
        self._known: set[DeviceHour] = set()
        self._is_begun = False

    def mark(self, hours: set[DeviceHour]) -> None:
        """Mark hours, after what was written into them; most are marked already."""
        if not hours:
            return
        with self._engine.begin() as connection:
            turn, taken_before = self._state(connection)
            if turn != self._turn:
                self._known = {one for one in self._known if one[1] >= taken_before}
            if len(self._known) > _MAX_KNOWN:
                self._known.clear()
            new = hours - self._known
            self._write(connection, new, turn)
        self._known |= new
        self._turn = turn

    def take(self, before_hour: int, limit: int) -> Taken:
        """Return the oldest marks of hours before one; none while another machine works on this store's hours."""
        now_ms = self._clock.now_ms()
        asked = {"store": self._store, "before": before_hour, "limit": limit}
        with self._engine.begin() as connection:
            self._state(connection)
            hold = {"worker": self._worker, "now_ms": now_ms, "until_ms": now_ms + _HELD_MS}
            if not connection.execute(_HOLD, {"store": self._store, **hold}).rowcount:
                return Taken(0, ())
            if not connection.execute(_TAKE, {**asked, "limit": 1}).first():
                return Taken(0, ())
            connection.execute(_NEW_TURN, {"store": self._store, "before": before_hour})
        with self._engine.begin() as connection:  # after the turn is known to everybody who marks
            turn, _ = self._state(connection)
            rows = connection.execute(_TAKE, asked).all()
        return Taken(turn, [DeviceHour(*row) for row in rows])

    def done(self, taken: Taken) -> None:
        """Remove what was taken, unless it was marked again meanwhile."""
        with self._engine.begin() as connection:
            given = {"store": self._store, "turn": taken.turn, "rows": _rows(taken.hours)}
            connection.execute(self._done, given)

    @property
    def since(self) -> int | None:
        """The hour from which on marks are complete; None before any work."""
        with self._engine.connect() as connection:
            since: int | None = connection.scalar(_SINCE, {"store": self._store})
        return since

    def reach_back(self, since: int, hours: Iterable[DeviceHour] = ()) -> None:
        """Mark hours of the time before the marks began, and say from when on they are complete now."""
        with self._engine.begin() as connection:
            turn, _ = self._state(connection)
            self._write(connection, hours, turn)
            connection.execute(_SET_SINCE, {"store": self._store, "since": since})

    def known(self, resident_id: str, hours: Hours) -> Known:
        """Return what holds for one resident's hours."""
        asked = {"store": self._store, "resident_id": resident_id, "first": hours.first, "end": hours.end}
        with self._engine.connect() as connection:
            since: int | None = connection.scalar(_SINCE, {"store": self._store})
            rows = connection.execute(_HOURS, asked).all() if since is not None else ()
        return Known(since, [row[0] for row in rows])

    def forget(self, resident_id: str) -> None:
        """Forget the marks of a resident whose series are erased."""
        with self._engine.begin() as connection:
            connection.execute(_FORGET, {"store": self._store, "resident_id": resident_id})

    def _state(self, connection: Connection) -> tuple[int, int]:
        if not self._is_begun:
            connection.execute(_BEGIN, {"store": self._store})
        row = connection.execute(_STATE, {"store": self._store}).one()
        self._is_begun = True
        return row[0], row[1]

    def _write(self, connection: Connection, hours: Iterable[DeviceHour], turn: int) -> None:
        given = list(hours)
        for first in range(0, len(given), _AT_ONCE):
            rows = _rows(given[first : first + _AT_ONCE])
            connection.execute(self._put, {"store": self._store, "turn": turn, "rows": rows})


def _rows(hours: Sequence[DeviceHour]) -> str:
    rows = [{"resident_id": one[0], "hour": one[1], "device_id": one[2]} for one in hours]
    return msgspec.json.encode(rows).decode()
