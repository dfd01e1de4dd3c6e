"""Changes of a PostgreSQL that goes on taking alarms meanwhile; on SQLite, whose one process waits, the plain ones.

What a migration may do to a busy table: add a column that is empty or has a constant default, build an index
concurrently, add a constraint that is checked later, rename, attach. What must see every row runs outside a
transaction, and waits for others instead of having them wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from alembic import op
from sqlalchemy import text

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


def on_server() -> bool:
    """Tell whether the database is a PostgreSQL."""
    return op.get_context().dialect.name == "postgresql"


@contextmanager
def outside_transaction() -> Iterator[None]:
    """Run statements that commit by themselves and may wait for others as long as it takes."""
    context = op.get_context()
    with context.autocommit_block():
        op.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            op.execute(f"SET lock_timeout = {round(LOCK_WAIT_S * 1_000)}")


def create_index(name: str, table: str, columns: Sequence[str], *, where: str = "", expressions: bool = False) -> None:
    """Build an index while rows come in; one that an interrupted attempt left half built is begun anew.

    Parameters
    ----------
    expressions : bool
        `columns` are SQL expressions of PostgreSQL; SQLite gets no such index.
    """
    if not on_server():
        if not expressions:
            options = {"sqlite_where": text(where)} if where else {}
            op.create_index(name, table, list(columns), **options)
        return
    listed = ", ".join(columns if expressions else [f'"{column}"' for column in columns])
    condition = f" WHERE {where}" if where else ""
    with outside_transaction():
        if _is_broken(name):
            op.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')
        op.execute(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON "{table}" ({listed}){condition}')


def drop_index(name: str, table: str) -> None:
    """Take an index away without keeping anybody waiting."""
    if not on_server():
        op.drop_index(name, table)
        return
    with outside_transaction():
        op.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')


def _is_broken(name: str) -> bool:
    found = op.get_bind().execute(
        text("SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"), {"name": f'"{name}"'}
    )
    return bool(found.scalar())
