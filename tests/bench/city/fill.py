"""Fills an empty database with a city."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from anhu.registry.database import database_url
from anhu.registry.migrations import upgrade
from tests.api.matrix.town import build
from tests.bench.city import rows
from tests.bench.city.size import CitySize

Say = Callable[[str], object]
_AUDIT_AT_ONCE = 5_000_000
_NAME = re.compile(r":(\w+)")
_FREELY = ("SET session_replication_role = replica", "SET synchronous_commit = off", "SET jit = off")
"""No foreign key is looked at: every row is made by one of ours."""


def fill_city(url: str, size: CitySize, say: Say = print) -> None:
    """Bring an empty database to the newest revision and fill it; a superuser's address is needed."""
    upgrade(url)
    build(url)
    engine = create_engine(database_url(url), poolclass=NullPool)  # no limit: an index of ten million takes minutes
    values = {**size.values, "now_ms": rows.NOW_MS, "years_ms": rows.YEARS_MS}
    with engine.begin() as connection:
        connection.exec_driver_sql(rows.text_of(rows.FUNCTIONS))
    with _without_indexes(engine, say):
        for part in rows.PARTS:
            for statement in rows.statements(part):
                _run(engine, statement, values, say)
        for start in range(0, size.audit, _AUDIT_AT_ONCE):
            bounds = {"from_i": start, "until_i": min(size.audit, start + _AUDIT_AT_ONCE)}
            _run(engine, rows.statements(rows.AUDIT)[0], values | bounds, say)
    engine.dispose()
    began_s = time.monotonic()
    alone = create_engine(database_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with alone.connect() as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")
    say(f"vacuum and analyze: {time.monotonic() - began_s:.0f} s")


def _run(engine: Engine, statement: str, values: Mapping[str, int], say: Say) -> None:
    began_s = time.monotonic()
    with engine.begin() as connection:
        for one in _FREELY:
            connection.exec_driver_sql(one)
        done = connection.exec_driver_sql(_NAME.sub(lambda name: _value(name, values), statement))
    table = statement[statement.index("INSERT INTO") :].split()[2]
    say(f"{table}: {done.rowcount:,} rows in {time.monotonic() - began_s:.0f} s")


def _value(name: re.Match[str], values: Mapping[str, int]) -> str:
    return f"{values[name[1]]}::bigint" if name[1] in values else name[0]


@contextmanager
def _without_indexes(engine: Engine, say: Say) -> Iterator[None]:
    """Take away indexes that bind nothing while rows come in, and make them again."""
    with engine.begin() as connection:
        made = list(_indexes(connection))
        for name, _ in made:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
    yield
    for name, definition in made:
        began_s = time.monotonic()
        with engine.begin() as connection:
            connection.exec_driver_sql(definition.replace(" ON ONLY ", " ON "))  # on a table's parts, too
        if (took_s := time.monotonic() - began_s) > 1:
            say(f"{name}: {took_s:.0f} s")


def _indexes(connection: Connection) -> Iterable[tuple[str, str]]:
    found = connection.execute(
        text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN"
            " (SELECT conname FROM pg_constraint) AND indexname NOT LIKE 'uq%'"
            # those of a part go and come with their table's
            " AND indexname NOT IN (SELECT inhrelid::regclass::text FROM pg_inherits)"
        )
    )
    return [(row[0], row[1]) for row in found]
