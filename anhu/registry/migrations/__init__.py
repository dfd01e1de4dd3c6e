"""The database's history, one revision a file; `upgrade` brings any database to the newest."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from anhu.contract.errors import AnhuError
from anhu.registry.database import Limits, open_engine, sqlstate
from anhu.registry.migrations.online import LOCK_WAIT_S

_logger = logging.getLogger(__name__)
_FOLDER = Path(__file__).parent
_TRIES = 300
_REST_S = 1.0
_GIVES_WAY = frozenset({"55P03", "40P01"})
"""SQLSTATE of a lock that was not had in time, and of a deadlock."""
_LIMITS = Limits("migration", 2, 1, statement_s=0.0, lock_s=LOCK_WAIT_S)
_LOCK = 7_311_845_926
"""PostgreSQL advisory lock: two processes that start together must not both build the tables."""


class NewerDatabaseError(AnhuError):
    """A newer version has brought the database to a form that this one does not know."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision; does nothing when it is there already.

    SQLite in one transaction. PostgreSQL with one a revision: alarms go on being written meanwhile, so that a change
    waits a moment for its lock, gives way, and is tried again.

    Raises
    ------
    NewerDatabaseError
        If it is further on than this version knows; nothing was changed.
    """
    engine = open_engine(url, _LIMITS)
    try:
        if engine.dialect.name == "postgresql":
            _upgrade_server(engine, revision)
            return
        with engine.begin() as connection:
            _upgrade(connection, revision)
    finally:
        engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    config = alembic_config(connection)
    _check_known(connection, ScriptDirectory.from_config(config))
    if connection.dialect.name == "postgresql":
        connection.rollback()  # each revision begins a transaction of its own
    command.upgrade(config, revision)


def _upgrade_server(engine: Engine, revision: str) -> None:
    with engine.begin() as gate:
        gate.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        for attempt in range(1, _TRIES + 1):
            try:
                with engine.connect() as connection:
                    _upgrade(connection, revision)
            except DBAPIError as error:
                if sqlstate(error) not in _GIVES_WAY or attempt == _TRIES:
                    raise
                _logger.warning("a change of the tables gave way to work that goes on, attempt %d", attempt)
                time.sleep(_REST_S)
            else:
                return


def _check_known(connection: Connection, scripts: ScriptDirectory) -> None:
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerDatabaseError(
            f"database: got revision {present!r}, expected one that this version knows: a newer version of Anhu has "
            "opened it; go on with that one, or go back to the copy that was made before (docs/compatibility.md)"
        )


def revisions(url: str) -> tuple[str, str]:
    """Return the database's revision (empty when there is none) and the newest one."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
            newest = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
            return present or "", newest or ""
    finally:
        engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Return the configuration that makes alembic use this folder and this connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
