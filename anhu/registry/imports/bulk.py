"""Many rows at once: one statement a batch, where the ORM would ask once a row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import LargeBinary, Table, bindparam, insert, text, update
from sqlalchemy.orm import Session

_BATCH = 5_000
Rows = Sequence[Mapping[str, Any]]


def insert_rows(session: Session, table: Table, rows: Rows) -> None:
    """Add rows; each names the same columns."""
    if not rows:
        return
    if session.get_bind().dialect.name != "postgresql":
        session.execute(insert(table), list(rows))
        return
    columns = ", ".join(f'"{name}"' for name in rows[0])
    statement = text(
        f'INSERT INTO "{table.name}" ({columns}) SELECT {columns}'  # noqa: S608 - our own names of tables and columns
        f' FROM json_populate_recordset(NULL::"{table.name}", CAST(:rows AS json))'
    )
    _in_batches(session, statement, table, rows)


def update_rows(session: Session, table: Table, rows: Rows, key: str = "id") -> None:
    """Change rows by their key; each names the same columns, the key among them."""
    if not rows:
        return
    named = [name for name in rows[0] if name != key]
    if session.get_bind().dialect.name != "postgresql":
        statement = update(table).where(table.c[key] == bindparam(f"the_{key}"))
        values = [{**row, f"the_{key}": row[key]} for row in rows]
        session.connection().execute(statement.values({name: bindparam(name) for name in named}), values)
        return
    changes = ", ".join(f'"{name}" = given."{name}"' for name in named)
    _in_batches(
        session,
        text(
            f'UPDATE "{table.name}" AS kept SET {changes}'  # noqa: S608 - the same
            f' FROM json_populate_recordset(NULL::"{table.name}", CAST(:rows AS json)) AS given'
            f' WHERE kept."{key}" = given."{key}"'
        ),
        table,
        rows,
    )


def _in_batches(session: Session, statement: Any, table: Table, rows: Rows) -> None:  # noqa: ANN401 - text with values
    binary = [name for name in rows[0] if isinstance(table.c[name].type, LargeBinary)]
    for start in range(0, len(rows), _BATCH):
        batch = [dict(row) for row in rows[start : start + _BATCH]]
        for row in batch:
            row.update({name: f"\\x{row[name].hex()}" for name in binary})
        session.execute(statement, {"rows": json.dumps(batch, ensure_ascii=False)})
