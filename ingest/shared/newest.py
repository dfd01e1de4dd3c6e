"""Newest numbers of each resident in one table: a page of many residents is one indexed question, whatever the store.

Numbers newer than all that stand in the row go in by one statement that reads nothing; the others are joined under the
row's lock, so that nothing late hides something newer, whoever writes at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, TextClause, text

from ingest.newest_values import Found, joined
from ingest.shared.dialect import listed

_AT_ONCE = 1_000
NOBODY = ""
"""The row that tells when any reading came, as its only time."""

_CREATE = """
CREATE TABLE IF NOT EXISTS newest_values (
    resident_id VARCHAR(64) NOT NULL PRIMARY KEY, at_ms BIGINT NOT NULL, oldest_ms BIGINT NOT NULL,
    found JSON NOT NULL, whole BOOLEAN NOT NULL
)
"""
_ROWS = {
    "postgresql": "SELECT r.resident_id, r.at_ms, r.oldest_ms, r.found, r.whole FROM jsonb_to_recordset("
    "CAST(:rows AS jsonb)) AS r(resident_id text, at_ms bigint, oldest_ms bigint, found jsonb, whole boolean)"
    " WHERE true ORDER BY r.resident_id",
    "sqlite": "SELECT json_extract(value, '$.resident_id'), json_extract(value, '$.at_ms'),"
    " json_extract(value, '$.oldest_ms'), json_extract(value, '$.found'), json_extract(value, '$.whole')"
    " FROM json_each(:rows) WHERE true ORDER BY 1",
}
_OVER = {
    "postgresql": "newest_values.found || excluded.found",
    "sqlite": "json_patch(newest_values.found, excluded.found)",
}
_LOCK = {"postgresql": " ORDER BY resident_id FOR UPDATE", "sqlite": ""}
_TEXT = {"postgresql": "CAST(found AS text)", "sqlite": "found"}

_found = msgspec.json.Decoder(dict[str, tuple[int, float, int, str]])


class _Given(msgspec.Struct, frozen=True, gc=False):
    resident_id: str
    at_ms: int
    oldest_ms: int
    found: Found
    whole: bool


class NewestRow(NamedTuple):
    """What is known of a resident; `whole`: nothing that lies in the store is missing."""

    found: Found
    whole: bool


class NewestBook:
    """The table. Methods raise SQLAlchemyError when the database cannot be asked; any thread may call them.

    Parameters
    ----------
    engine : Engine
        Of the platform's database, or of a SQLite file of its own.
    own_file : bool
        Make the table: no revisions are run on that file.
    """

    def __init__(self, engine: Engine, *, own_file: bool = False) -> None:
        self._engine = engine
        self._kind = kind = engine.dialect.name
        put = f"INSERT INTO newest_values (resident_id, at_ms, oldest_ms, found, whole) {_ROWS[kind]}"
        put += (
            " ON CONFLICT (resident_id) DO UPDATE SET at_ms = excluded.at_ms, oldest_ms = excluded.oldest_ms, found = "
        )
        self._put = text(f"{put}{_OVER[kind]} WHERE newest_values.at_ms <= excluded.oldest_ms RETURNING resident_id")
        self._replace = text(f"{put}excluded.found, whole = excluded.whole RETURNING resident_id")
        read = f"SELECT resident_id, {_TEXT[kind]}, whole FROM newest_values WHERE resident_id IN {listed(kind, 'ids')}"  # noqa: S608 - our own words
        self._read, self._read_locked = text(read), text(read + _LOCK[kind])
        self._forget = text("DELETE FROM newest_values WHERE resident_id = :resident_id")
        if own_file:
            with engine.begin() as connection:
                connection.execute(text(_CREATE))

    def put(self, values: Mapping[str, Found]) -> None:
        """Let a table of residents' numbers count, each where there is nothing newer of its quantity."""
        for part in _parts(values):
            self._put_some(part)

    def complete(self, values: Mapping[str, Found]) -> None:
        """Join what the store knows of residents to their rows, made where there are none: they are whole then."""
        for part in _parts(values):
            with self._engine.begin() as connection:
                self._join(connection, part, whole=True)

    def read(self, resident_ids: Iterable[str]) -> Mapping[str, NewestRow]:
        """Return what is known of those residents that have a row."""
        with self._engine.connect() as connection:
            return _rows(connection, self._read, resident_ids)

    def note_received(self, at_ms: int) -> None:
        """Say that a reading came; an earlier time than the known one changes nothing. [ms]."""
        given = _Given(NOBODY, at_ms, at_ms, {"received": (at_ms, 0.0, 0, "")}, whole=True)
        with self._engine.begin() as connection:
            self._execute(connection, self._put, [given])

    def forget(self, resident_id: str) -> None:
        """Erase what is known of a resident."""
        with self._engine.begin() as connection:
            connection.execute(self._forget, {"resident_id": resident_id})

    def close(self) -> None:
        """Close connections."""
        self._engine.dispose()

    def _put_some(self, values: Mapping[str, Found]) -> None:
        given = [_given(one, found, whole=False) for one, found in values.items() if found]
        with self._engine.begin() as connection:
            done = {row[0] for row in self._execute(connection, self._put, given)}
            if late := {one.resident_id: one.found for one in given if one.resident_id not in done}:
                self._join(connection, late, whole=False)

    def _join(self, connection: Connection, values: Mapping[str, Found], *, whole: bool) -> None:
        known = _rows(connection, self._read_locked, values)
        new = []
        for resident_id, found in values.items():
            old = known.get(resident_id)
            both = joined(old.found, found) if old else found
            if old is None or both != old.found or (whole and not old.whole):
                new.append(_given(resident_id, both, whole=whole or (old is not None and old.whole)))
        if new:
            self._execute(connection, self._replace, new)

    def _execute(self, connection: Connection, statement: TextClause, given: Sequence[_Given]) -> Sequence[tuple[str]]:
        if self._kind == "postgresql":  # what is lost in a crash comes again: ingest commits its position afterwards
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
        done = connection.execute(statement, {"rows": msgspec.json.encode(given).decode()})
        return [(row[0],) for row in done]


def _parts(values: Mapping[str, Found]) -> Iterator[dict[str, Found]]:
    """Yield some at a time, in the order in which everybody locks rows."""
    names = sorted(values)
    for first in range(0, len(names), _AT_ONCE):
        yield {one: values[one] for one in names[first : first + _AT_ONCE]}


def _given(resident_id: str, found: Found, *, whole: bool) -> _Given:
    times = [one[0] for one in found.values()] or [0]
    return _Given(resident_id, max(times), min(times), found, whole)


def _rows(connection: Connection, statement: TextClause, resident_ids: Iterable[str]) -> dict[str, NewestRow]:
    asked = msgspec.json.encode(list(resident_ids)).decode()
    rows = connection.execute(statement, {"ids": asked})
    return {row[0]: NewestRow(_found.decode(row[1]), bool(row[2])) for row in rows}
