"""A backup is whole or is none, it can be brought back where nothing is, and what is brought back is what was there."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from anhu.contract.clock import HOUR_MS, ManualClock
from anhu.log.embedded.consumers import ConsumerPosition, committed
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.tables import User
from app.backup import manifest
from app.backup.errors import BackupError
from app.backup.making import make_backup
from app.backup.restoring import restore_backup
from app.backup_checks import backups
from app.check_result import CheckVerdict
from app.settings import Settings

NOW_MS = 1_795_300_000_000
WORDS = "a long passphrase"
KEY = "c2VzYW1lLW9wZW4tNDcxMQ=="


def quiet(_what: str) -> None:
    """Say nothing."""


def add_user(url: str, login: str) -> None:
    sessions = open_sessions(url)
    with sessions.begin() as session:
        session.add(User(id=login, login=login, name="王", role="admin", password_hash="h"))
    close_sessions(sessions)


def logins(url: str) -> list[str]:
    sessions = open_sessions(url)
    with sessions() as session:
        found = sorted(session.scalars(User.__table__.select().with_only_columns(User.login)))
    close_sessions(sessions)
    return found


async def append(folder: Path, *texts: bytes) -> None:
    writer = EmbeddedLogWriter(folder)
    for text in texts:
        await writer.append_many([("c-1", text)])
    await writer.aclose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with something of everything."""
    made = Settings(data=tmp_path / "data")
    made.data.mkdir()
    upgrade(made.database)
    add_user(made.database, "first")
    asyncio.run(append(made.log_folder, b"one", b"two"))
    reader = ConsumerPosition(made.log_folder, "ingest")
    reader.commit(7)
    reader.close()
    with closing(sqlite3.connect(made.data / "readings.db")) as store:
        store.execute("CREATE TABLE number (value)")
        store.execute("INSERT INTO number VALUES (61.5)")
        store.commit()
    (made.data / "identity.key").write_text(KEY)
    (made.data / "channels" / "webpush").mkdir(parents=True)
    (made.data / "channels" / "webpush" / "private").write_text(KEY)
    (made.data / "status").mkdir()
    (made.data / "status" / "api.json").write_text("{}")
    (made.data / "up.lock").write_text("1")
    return made


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A backup of it, with its keys."""
    make_backup(settings, tmp_path / "backup", ManualClock(NOW_MS), passphrase=WORDS, say=quiet)
    return tmp_path / "backup"


def test_what_is_brought_back_is_what_was_there(tmp_path: Path, folder: Path) -> None:
    said = manifest.check(folder)
    assert said.made_at_ms == NOW_MS
    again = Settings(data=tmp_path / "again")
    restore_backup(again, folder, passphrase=WORDS, say=quiet)
    assert logins(again.database) == ["first"]
    assert committed(again.log_folder) == [7]
    with closing(sqlite3.connect(again.data / "readings.db")) as store:
        assert store.execute("SELECT value FROM number").fetchall() == [(61.5,)]
    assert (again.data / "identity.key").read_text() == KEY
    assert (again.data / "channels" / "webpush" / "private").read_text() == KEY
    assert not (again.data / "status").exists()
    assert not (again.data / "up.lock").exists()
    assert all(path.stat().st_mode & 0o077 == 0 for path in again.data.rglob("*") if path.is_file())
    asyncio.run(append(again.log_folder, b"three"))
    reader = EmbeddedLogReader(again.log_folder, "alerts")
    read = [bytes(record) for record in _records(reader)]
    reader.close()
    assert read == [b"one", b"two", b"three"]


def _records(reader: EmbeddedLogReader) -> Iterator[bytes]:
    for entry in reader.read(100):
        yield entry.record


def test_no_key_lies_in_it_in_the_clear(folder: Path) -> None:
    for path in folder.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_keys_without_a_passphrase_are_left_out_and_that_is_said(tmp_path: Path, settings: Settings) -> None:
    said = make_backup(settings, tmp_path / "b", ManualClock(NOW_MS), passphrase="", say=quiet)
    assert "keys" in said.left_out
    again = Settings(data=tmp_path / "again")
    restore_backup(again, tmp_path / "b", passphrase="", say=quiet)
    assert not (again.data / "identity.key").exists()


def test_a_backup_that_was_not_finished_or_was_changed_is_none(tmp_path: Path, folder: Path) -> None:
    again = Settings(data=tmp_path / "again")
    readings = folder / "data" / "readings.db"
    whole = readings.read_bytes()
    readings.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BackupError, match=r"readings\.db was changed"):
        restore_backup(again, folder, passphrase=WORDS, say=quiet)
    readings.unlink()
    with pytest.raises(BackupError, match=r"readings\.db is missing"):
        manifest.check(folder)
    said = json.loads((folder / manifest.NAME).read_text())
    said["files"][0]["path"] = "../outside"
    (folder / manifest.NAME).write_text(json.dumps(said))
    with pytest.raises(BackupError, match="leads out"):
        manifest.check(folder)
    (folder / manifest.NAME).unlink()
    with pytest.raises(BackupError, match="is no backup"):
        restore_backup(again, folder, passphrase=WORDS, say=quiet)
    assert not again.data.exists()


def test_nothing_is_restored_over_something(folder: Path, settings: Settings) -> None:
    with pytest.raises(BackupError, match="is not empty"):
        restore_backup(settings, folder, passphrase=WORDS, say=quiet)
    assert logins(settings.database) == ["first"]


def test_a_wrong_passphrase_leaves_nothing_behind(tmp_path: Path, folder: Path) -> None:
    again = Settings(data=tmp_path / "again")
    for words in ("", "another passphrase"):
        with pytest.raises(BackupError, match="passphrase"):
            restore_backup(again, folder, passphrase=words, say=quiet)
        assert not list(tmp_path.glob("again*"))


def test_a_backup_has_a_folder_of_its_own(tmp_path: Path, settings: Settings, folder: Path) -> None:
    clock = ManualClock(NOW_MS)
    for place, why in ((folder, "is not empty"), (settings.data / "b", "does not belong in the data folder")):
        with pytest.raises(BackupError, match=why):
            make_backup(settings, place, clock, passphrase="", say=quiet)
    with pytest.raises(BackupError, match="12 characters"):
        make_backup(settings, tmp_path / "short", clock, passphrase="short", say=quiet)
    with pytest.raises(BackupError, match="is no backup"):
        manifest.check(tmp_path / "short")


def test_who_writes_meanwhile_goes_on_and_the_copy_is_of_one_moment(tmp_path: Path, settings: Settings) -> None:
    stop, written = threading.Event(), [0]

    def write() -> None:
        sessions = open_sessions(settings.database)
        while not stop.is_set():
            with sessions.begin() as session:
                for half in ("a", "b"):
                    login = f"{written[0]}-{half}"
                    session.add(User(id=login, login=login, name="x", role="admin"))
            written[0] += 1
        close_sessions(sessions)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            before = written[0]
            make_backup(settings, tmp_path / f"b{number}", ManualClock(NOW_MS), passphrase=WORDS, say=quiet)
            again = Settings(data=tmp_path / f"again{number}")
            restore_backup(again, tmp_path / f"b{number}", passphrase=WORDS, say=quiet)
            found = logins(again.database)
            assert len(found) % 2 == 1, "half a transaction was copied"
            assert len(found) >= 1 + 2 * before
    finally:
        stop.set()
        writer.join()
    assert written[0] > 0


def test_the_doctor_says_how_old_the_last_is(tmp_path: Path, settings: Settings) -> None:
    clock = ManualClock(NOW_MS)
    [none] = backups(settings, clock)
    assert (none.verdict, "none was ever made" in none.detail) == (CheckVerdict.WARNING, True)
    make_backup(settings, tmp_path / "b", clock, passphrase=WORDS, say=quiet)
    [fresh] = backups(settings, clock)
    assert fresh.verdict is CheckVerdict.OK
    clock.forward(49 * HOUR_MS)
    (tmp_path / "b" / manifest.NAME).unlink()
    old, gone = backups(settings, clock)
    assert old.verdict is gone.verdict is CheckVerdict.WARNING
    assert list(backups(Settings(data=settings.data, backup_max_age_h=0), clock)) == []
