"""A commit of anybody is seen, a look is not one; what cannot be told is read."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.database_changes import DatabaseChanges
from anhu.registry.devices import create_device, update_device
from anhu.registry.migrations import upgrade
from gateway.device_register import DatabaseDirectory


def test_every_commit_changes_the_mark_and_nothing_else_does(tmp_path: Path) -> None:
    sessions = open_sessions(f"sqlite:///{tmp_path}/a b%.db")
    with sessions.begin() as session:
        session.execute(text("CREATE TABLE note (said TEXT)"))
    changes = DatabaseChanges(sessions)
    before = changes.mark()
    assert before is not None
    with sessions() as session:
        session.execute(text("SELECT * FROM note"))
    assert changes.mark() == before
    with sessions.begin() as session:
        session.execute(text("INSERT INTO note VALUES ('a')"))
    after = changes.mark()
    assert after not in (None, before)
    close_sessions(sessions)
    assert changes.mark() is not None, "a closed one is opened again"
    changes.close()


def test_of_no_file_and_of_a_server_nothing_can_be_told(tmp_path: Path) -> None:
    assert DatabaseChanges(open_sessions("sqlite://")).mark() is None
    assert DatabaseChanges(open_sessions(f"sqlite:///{tmp_path}/none.db")).mark() is None
    assert not (tmp_path / "none.db").exists()
    assert DatabaseChanges(open_sessions("postgresql://nobody@127.0.0.1:1/none")).mark() is None


def test_a_door_that_reads_nothing_anew_hears_of_each_change(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/anhu.db"
    upgrade(url)
    sessions, others = open_sessions(url), open_sessions(url)
    directory = DatabaseDirectory(sessions)
    version, _ = directory.changed_since(0)
    for enabled in (True, False, True):
        assert directory.changed_since(version) == (version, ())
        with others.begin() as session:
            if version == 0:
                create_device(session, device_id="w-1", codec="open_json", now_ms=1)
            else:
                update_device(session, "w-1", {"enabled": enabled})
        former, (version, changed) = version, directory.changed_since(version)
        assert version > former
        assert list(changed) == ["w-1"]
        assert list(directory.changed_since(0)[1]) == ["w-1"], "who knows less is told more"
    close_sessions(sessions)
    close_sessions(others)
