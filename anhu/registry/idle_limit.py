"""A process that is frozen in the middle of a transaction keeps its locks: the server ends that, and others go on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import engine_of


def end_idle_transactions(sessions: sessionmaker[Session], *, after_s: int) -> None:
    """Have the server roll back a transaction in which nothing comes for so long; SQLite has no server. [s].

    For all connections that are opened from now on. Whoever comes back later gets an error, and begins anew.
    """
    engine = engine_of(sessions)
    if engine.dialect.name != "postgresql":
        return

    def limit(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{after_s}s'")
        cursor.close()
        connection.commit()

    event.listen(engine, "connect", limit)
