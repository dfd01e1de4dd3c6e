"""Changes of a PostgreSQL that goes on taking alarms meanwhile; on SQLite, whose one process waits, the plain ones.

What a migration may do to a busy table: add a column that is empty or has a constant default, build an index
concurrently, add a constraint that is checked later, rename, attach. What must see every row runs outside a
transaction, and waits for others instead of having them wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic import op
from sqlalchemy import NullPool, create_engine, text

BUSY_TABLES = frozenset(
    {
        "alert",
        "alert_event",
        "alert_member",
        "audit",
        "contact",
        "counter",
        "device",
        "device_binding",
        "device_seen",
        "escalation",
        "family_link",
        "outbox",
        "receipt",
        "resident",
        "resident_limit",
        "resident_rules",
        "user",
    }
)
"""Tables that are large in a city, or on an alarm's way."""
LOCK_WAIT_S = 1.0
"""How long a change of a table waits for its lock, and with it everybody behind it. [s]"""


_BROKEN = "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass('\"{}\"')"


def on_server() -> bool:
    """Tell whether the database is a PostgreSQL."""
    return op.get_context().dialect.name == "postgresql"


def is_within() -> bool:
    """Tell whether everything is one transaction of somebody else's: a way back, which nobody takes beside work."""
    return bool(op.get_context()._in_external_transaction)  # noqa: SLF001 - alembic tells it nowhere else


@contextmanager
def outside_transaction(*, patient: bool = True) -> Iterator[Callable[[str], Any]]:
    """Yield what runs a statement on a connection of its own, where each commits by itself.

    The migration's own transaction must not have touched the table yet: it would be waited for.

    Parameters
    ----------
    patient : bool
        Whether it waits for others as long as it takes; nobody waits behind what is built concurrently.
    """
    wait_s = 0.0 if patient else LOCK_WAIT_S
    told = {"startup_params": {"options": f"-c lock_timeout={round(wait_s * 1_000)}"}}
    engine = create_engine(
        op.get_bind().engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=told
    )
    with engine.connect() as connection:
        yield connection.exec_driver_sql


def create_index(name: str, table: str, columns: Sequence[str], *, where: str = "", expressions: bool = False) -> None:
    """Build an index while rows come in; one that an interrupted attempt left half built is begun anew.

    Parameters
    ----------
    expressions : bool
        `columns` are SQL expressions of PostgreSQL; SQLite gets no such index.
    """
    if not on_server():
        if not expressions:
            op.create_index(name, table, list(columns), **_only("sqlite_where", where))
        return
    if is_within():
        op.create_index(name, table, list(columns), **_only("postgresql_where", where))
        return
    listed = ", ".join(columns if expressions else [f'"{column}"' for column in columns])
    condition = f" WHERE {where}" if where else ""
    with outside_transaction() as run:
        if run(_BROKEN.format(name)).scalar():
            run(f'DROP INDEX CONCURRENTLY "{name}"')
        run(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON "{table}" ({listed}){condition}')


def drop_index(name: str, table: str) -> None:
    """Take an index away without keeping anybody waiting."""
    if not on_server() or is_within():
        op.drop_index(name, table)
        return
    with outside_transaction() as run:
        run(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')


def _only(option: str, where: str) -> dict[str, Any]:
    return {option: text(where)} if where else {}
