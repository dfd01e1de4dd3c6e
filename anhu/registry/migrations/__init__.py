"""The database's history, one revision a file; `upgrade` brings any database to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from anhu.registry.database import open_engine

_FOLDER = Path(__file__).parent
_LOCK = 7_311_845_926
"""PostgreSQL advisory lock: two processes that start together must not both build the tables."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision, in one transaction; does nothing when it is there already."""
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            command.upgrade(alembic_config(connection), revision)
    finally:
        engine.dispose()


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
