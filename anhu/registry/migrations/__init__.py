"""The database's history, one revision a file; `upgrade` brings any database to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from anhu.contract.errors import AnhuError
from anhu.registry.database import open_engine

_FOLDER = Path(__file__).parent
_LOCK = 7_311_845_926
"""PostgreSQL advisory lock: two processes that start together must not both build the tables."""


class NewerDatabaseError(AnhuError):
    """A newer version has brought the database to a form that this one does not know."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision, in one transaction; does nothing when it is there already.

    Raises
    ------
    NewerDatabaseError
        If it is further on than this version knows; nothing was changed.
    """
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            config = alembic_config(connection)
            _check_known(connection, ScriptDirectory.from_config(config))
            command.upgrade(config, revision)
    finally:
        engine.dispose()


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
