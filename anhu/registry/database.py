"""Sessions on the database: SQLite for one machine, PostgreSQL for a city; the rest of the code sees no difference."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

_BUSY_TIMEOUT_MS = 15_000
_ANSWER_S = 15
_BEGIN = "sqlite_begin"
_REFUSED = frozenset({"22", "23"})
# At a start three lists of every device are read: the standard library takes half a second more for 100,000.
_SHARED: dict[str, Any] = {"hide_parameters": True, "json_deserializer": msgspec.json.decode}


class Limits(NamedTuple):
    """What one process may take of a database server. SQLite has one lock instead, and knows none of it.

    Attributes
    ----------
    process : str
        As which it is seen among the server's connections.
    pool, extra : int
        Connections that it keeps, and that it may open besides for a while.
    wait_s : float
        How long somebody waits for one of them. [s]
    statement_s, lock_s : float
        After which the server ends a statement, and one that waits for another's lock; 0: never. Shorter than the
        process itself waits for an answer: what nobody waits for any more must not go on. [s]
    """

    process: str = "anhu"
    pool: int = 8
    extra: int = 8
    wait_s: float = 10.0
    statement_s: float = _ANSWER_S - 1.0
    lock_s: float = _ANSWER_S - 5.0

    @property
    def most(self) -> int:
        """How many connections it may have at once."""
        return self.pool + self.extra


USUAL = Limits()
PATIENT = Limits(pool=1, extra=1, statement_s=0.0, lock_s=0.0)
"""For work that takes as long as it takes: changes of the tables, imports."""


def database_url(text: str) -> URL:
    """Return the URL with the driver that is installed: ``postgresql://`` means pg8000."""
    url = make_url(text)
    return url.set(drivername="postgresql+pg8000") if url.drivername in ("postgresql", "postgres") else url


def open_engine(url: str, limits: Limits = USUAL) -> Engine:
    """Return an engine whose SQLite connections are safe for several processes.

    Write-ahead log, foreign keys checked, waits of up to 15 s for a lock, and every transaction takes the write lock
    when it begins: a transaction that reads first and writes later can then never fail half-way for a neighbour.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, **_SHARED, **_server_options(limits))
    engine = create_engine(parsed, **_SHARED, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1_000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _server_options(limits: Limits) -> dict[str, Any]:
    """Return the pool of a database server, and what each connection is told when it is opened.

    Nothing is set later: behind a pooler such as PgBouncer a connection is another one in the next transaction. It must
    be told to let ``options`` pass, and the limits be given to the role.
    """
    limited = {"statement_timeout": limits.statement_s, "lock_timeout": limits.lock_s}
    told = " ".join(f"-c {name}={round(most_s * 1_000)}" for name, most_s in limited.items() if most_s)
    # A connection that a router forgot answers nothing and ends never: without a limit its process would hang.
    answer_s = _ANSWER_S if limits.statement_s else None
    more = {"startup_params": {"options": told}} if told else {}
    return {
        "pool_pre_ping": True,
        "pool_size": limits.pool,
        "max_overflow": limits.extra,
        "pool_timeout": limits.wait_s,
        "connect_args": {"timeout": answer_s, "application_name": f"anhu {limits.process}", **more},
    }


def open_sessions(url: str, limits: Limits = USUAL) -> sessionmaker[Session]:
    """Return what makes sessions: ``with sessions.begin() as session:`` is one transaction."""
    return sessionmaker(open_engine(url, limits), expire_on_commit=False)


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
    return sqlstate(error)[:2] in _REFUSED


def sqlstate(error: DBAPIError) -> str:
    """Return the code of five letters that PostgreSQL gave an error; empty where there is none."""
    told = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return str(told.get("C", "")) if isinstance(told, dict) else ""


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"))
