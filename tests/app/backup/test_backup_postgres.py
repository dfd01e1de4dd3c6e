"""PostgreSQL: the register as one command, and to a chosen moment by its own log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anhu.contract.clock import ManualClock
from anhu.contract.settings import Secret
from anhu.registry.migrations import upgrade
from app.backup.errors import BackupError
from app.backup.making import make_backup
from app.backup.restoring import is_newest, restore_backup
from app.settings import Settings
from tests.app.backup.test_backup import NOW_MS, WORDS, add_user, logins, quiet


def test_a_register_on_postgresql_comes_back(tmp_path: Path, postgres_database: Callable[[], str]) -> None:
    settings = Settings(data=tmp_path / "data", database_url=Secret(postgres_database()))
    settings.data.mkdir()
    upgrade(settings.database)
    add_user(settings.database, "first")
    said = make_backup(settings, tmp_path / "b", ManualClock(NOW_MS), passphrase=WORDS, say=quiet)
    assert said.database == "postgresql"
    add_user(settings.database, "later")
    again = Settings(data=tmp_path / "again", database_url=settings.database_url)
    with pytest.raises(BackupError, match="the database is not empty"):
        restore_backup(again, tmp_path / "b", passphrase=WORDS, say=quiet)
    with pytest.raises(BackupError, match="names sqlite"):
        restore_backup(Settings(data=tmp_path / "again"), tmp_path / "b", passphrase=WORDS, say=quiet)
    again = Settings(data=tmp_path / "again", database_url=Secret(postgres_database()))
    restore_backup(again, tmp_path / "b", passphrase=WORDS, say=quiet)
    assert logins(again.database) == ["first"]
    assert is_newest(again)
