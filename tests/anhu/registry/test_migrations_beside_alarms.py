"""A PostgreSQL is brought to the newest revision while alarms are written: none fails, no table of theirs is rewritten.

Nothing is told by the clock: the locks that the migration holds are read after each of its statements, and while it
holds one that keeps alarms waiting, nothing that reads rows may run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, insert, text

from alerts.tables import Alert
from anhu.registry import migrations
from anhu.registry.database import Limits, open_engine
from anhu.registry.migrations import upgrade
from anhu.registry.migrations.online import BUSY_TABLES
from anhu.registry.tables import Audit, Resident

_BEFORE = "0028"
_EVERY_S = 0.05
_ROWS = 2_000
_KEEPS_WAITING = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
_NAMES_ONLY = (
    "ALTER TABLE",
    "ALTER SEQUENCE",
    "CREATE TABLE",
    "CREATE INDEX",
    "UPDATE ALEMBIC_VERSION",
    "SELECT ALEMBIC",
)
_HELD = text(
    "SELECT relation::regclass::text FROM pg_locks WHERE pid = :pid AND granted AND mode = ANY(:modes)"
    " AND relation IS NOT NULL"
)
_FILES = text("SELECT relname, relfilenode FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")


@contextmanager
def _alarms(url: str) -> Iterator[list[Exception]]:
    """Write an alarm and a line of audit every 50 ms."""
    over, failed = threading.Event(), list[Exception]()

    def write() -> None:
        engine = open_engine(url)
        number = 0
        while not over.wait(_EVERY_S):
            number += 1
            try:
                with engine.begin() as connection:
                    connection.execute(insert(Alert).values(id=f"a-{number}", kind=f"k-{number}", **_ALERT))
                    connection.execute(insert(Audit).values(at_ms=number, user_id="u", action="x", detail={}, **_PLAIN))
            except Exception as error:  # noqa: BLE001 - whatever it is, an alarm was not written
                failed.append(error)
        engine.dispose()

    thread = threading.Thread(target=write)
    thread.start()
    yield failed
    over.set()
    thread.join()


_PLAIN = {"resident_id": "r-0", "object_id": "", "address": ""}
_ALERT = {
    "resident_id": "r-0",
    "priority": 3,
    "condition": "present",
    "response": "unacked",
    "evidence": {},
    "started_at_ms": 1,
    "raised_at_ms": 1,
    "last_at_ms": 1,
    "is_open": True,
}


def _fill(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        people = [{"id": f"r-{k}", "name": "x", "created_at_ms": 1, "flags": []} for k in range(_ROWS)]
        connection.execute(insert(Resident), people)
        looks = [{"at_ms": k, "user_id": "u", "action": "x", "detail": {}, **_PLAIN} for k in range(_ROWS)]
        connection.execute(insert(Audit), looks)
    engine.dispose()


def _watched(url: str, found: list[str]) -> Callable[[str, Limits], Engine]:
    """Return an opener of engines whose statements are looked at while they keep somebody waiting."""
    beside = create_engine(url, poolclass=NullPool)

    def opened(address: str, limits: Limits) -> Engine:
        engine = open_engine(address, limits)

        @event.listens_for(engine, "before_cursor_execute")
        def look(connection: Connection, _cursor: object, sql: str, *_: object) -> None:
            server = connection.connection.driver_connection
            assert server is not None
            pid = server._backend_key_data
            with beside.connect() as looking:
                values = {"pid": int.from_bytes(pid[:4], "big"), "modes": list(_KEEPS_WAITING)}
                held = set(looking.scalars(_HELD, values)) & BUSY_TABLES
            if held and not sql.strip().upper().startswith(_NAMES_ONLY):
                found.append(f"{sorted(held)} wait for: {sql}")

        return engine

    return opened


def test_alarms_are_written_while_the_tables_change(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(postgres_url, _BEFORE)
    _fill(postgres_url)
    found: list[str] = []
    beside = create_engine(postgres_url, poolclass=NullPool)
    with beside.connect() as connection:
        before = {row[0]: row[1] for row in connection.execute(_FILES)}
    monkeypatch.setattr(migrations, "open_engine", _watched(postgres_url, found))
    with _alarms(postgres_url) as failed:
        upgrade(postgres_url)
    assert failed == []
    assert found == []
    with beside.connect() as connection:
        after = {row[0]: row[1] for row in connection.execute(_FILES)}
        assert connection.scalar(text("SELECT count(*) FROM alert")), "alarms were written meanwhile"
    rewritten = [name for name in BUSY_TABLES & before.keys() & after.keys() if before[name] != after[name]]
    assert rewritten == []
