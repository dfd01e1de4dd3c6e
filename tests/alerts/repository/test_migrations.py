from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect
from sqlalchemy.exc import IntegrityError

from alerts.database import open_engine
from alerts.migrations import alembic_config, revisions, upgrade
from alerts.model import Alert, Base, Resident

ALERT = {
    "resident_id": "r-1",
    "kind": "sos",
    "priority": 3,
    "condition": "present",
    "response": "unacked",
    "started_at_ms": 1,
    "raised_at_ms": 1,
    "last_at_ms": 1,
    "evidence": {},
}


def test_the_revisions_build_exactly_the_model(empty_url: str) -> None:
    upgrade(empty_url)
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_an_installation_can_tell_whether_it_is_up_to_date(empty_url: str) -> None:
    present, newest = revisions(empty_url)
    assert present == ""
    upgrade(empty_url)
    assert revisions(empty_url) == (newest, newest)


def test_the_database_itself_allows_one_open_alert_per_resident_and_kind(empty_url: str) -> None:
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(insert(Resident).values(id="r-1", name="x", created_at_ms=1))
        connection.execute(insert(Alert).values(id="a-1", is_open=False, **ALERT))
        connection.execute(insert(Alert).values(id="a-2", is_open=False, **ALERT))
        connection.execute(insert(Alert).values(id="a-3", is_open=True, **ALERT))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(Alert).values(id="a-4", is_open=True, **ALERT))
    engine.dispose()


def test_the_first_revision_can_be_taken_back(empty_url: str) -> None:
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    upgrade(empty_url)
