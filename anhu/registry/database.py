"""Sessions on the database: SQLite for one machine, PostgreSQL for a city; the rest of the code sees no difference."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

_BUSY_TIMEOUT_MS = 15_000
_ANSWER_S = 15
_POOL_SIZE = 8
_BEGIN = "sqlite_begin"
_REFUSED = frozenset({"22", "23"})
# At a start three lists of every device are read: the standard library takes half a second more for 100,000.
_SHARED: dict[str, Any] = {"hide_parameters": True, "json_deserializer": msgspec.json.decode}


def database_url(text: str) -> URL:
    """Return the URL with the driver that is installed: ``postgresql://`` means pg8000."""
    url = make_url(text)
    return url.set(drivername="postgresql+pg8000") if url.drivername in ("postgresql", "postgres") else url


def open_engine(url: str) -> Engine:
    """Return an engine whose SQLite connections are safe for several processes.

    Write-ahead log, foreign keys checked, waits of up to 15 s for a lock, and every transaction takes the write lock
    when it begins: a transaction that reads first and writes later can then never fail half-way for a neighbour.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() != "sqlite":
        # A connection that a router forgot answers nothing and ends never: without a limit its process would hang.
        limits = {"timeout": _ANSWER_S}
        return create_engine(parsed, **_SHARED, pool_pre_ping=True, pool_size=_POOL_SIZE, connect_args=limits)
    engine = create_engine(parsed, **_SHARED, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1_000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_sessions(url: str) -> sessionmaker[Session]:
    """Return what makes sessions: ``with sessions.begin() as session:`` is one transaction."""
    return sessionmaker(open_engine(url), expire_on_commit=False)


def engine_of(sessions: sessionmaker[Session]) -> Engine:
    """Return the engine behind a maker of sessions: its address, its kind, its connections."""
    engine: Engine = sessions.kw["bind"]
    return engine


def reading(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Return a maker of sessions that only read: on SQLite they wait for no writer."""
    return sessionmaker(engine_of(sessions).execution_options(**{_BEGIN: "BEGIN DEFERRED"}), expire_on_commit=False)


def close_sessions(sessions: sessionmaker[Session]) -> None:
    """Close the connections behind a maker of sessions."""
    engine_of(sessions).dispose()


def is_refusal(error: DBAPIError) -> bool:
    """Tell whether the database refuses the data itself; anything else (lock, restart, network) may pass.

    pg8000 reports most errors of the server alike: there the SQLSTATE decides, class 22 (data) or 23 (integrity).
    """
    if isinstance(error, IntegrityError | DataError):
        return True
    told = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return isinstance(told, dict) and str(told.get("C", ""))[:2] in _REFUSED


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"))
