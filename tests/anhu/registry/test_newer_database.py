"""A database that a newer version has opened is left alone: an older one says so, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from anhu.registry.database import open_engine
from anhu.registry.migrations import NewerDatabaseError, revisions, upgrade
from tests.smoke.installation import Installation


def _open_with_a_newer_version(url: str) -> None:
    upgrade(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()


def test_a_newer_database_is_refused_and_stays_as_it_is(empty_url: str) -> None:
    _open_with_a_newer_version(empty_url)
    with pytest.raises(NewerDatabaseError, match=r"'9999'.*newer version"):
        upgrade(empty_url)
    assert revisions(empty_url)[0] == "9999"


def test_the_command_says_it_in_one_sentence(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.data.mkdir()
    _open_with_a_newer_version(f"sqlite:///{installation.data / 'anhu.db'}")
    ran = installation.run("admin", "migrate", "--data", str(installation.data))
    assert ran.returncode == 2
    assert ran.stderr.startswith("anhu: database: got revision '9999'")
    assert ran.stderr.count("\n") == 1
