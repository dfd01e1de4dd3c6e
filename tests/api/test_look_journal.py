"""Looks at health data on SQLite: none takes the lock that alarms need, none is shown off the record, none is lost."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from anhu.registry.database import engine_of
from anhu.registry.roles import Role
from anhu.registry.tables import Audit
from api.errors import UnavailableError
from api.look_journal import LookJournal
from api.security.roles import Viewer
from api.visit import visit_resident
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.test_api_visit import deps_of, viewer, writer_beside
from tests.api.world import World, serve


@pytest.fixture
def journal(world: World, tmp_path: Path) -> LookJournal:
    return LookJournal(tmp_path / "looks", world.sessions)


def look(world: World, journal: LookJournal, action: str = "resident.page", *, who: Viewer | None = None) -> None:
    deps = replace(deps_of(world), looks=journal)
    with visit_resident(deps, who or viewer(world, Role.DESK), "r-ours", action):
        pass


def on_record(world: World) -> list[str]:
    with world.sessions() as session:
        return [row.action for row in session.query(Audit).order_by(Audit.id)]


def test_a_look_waits_for_no_writer_and_no_writer_for_a_look(world: World, journal: LookJournal) -> None:
    began: list[str] = []
    listening = engine_of(world.sessions), "before_cursor_execute", lambda *said: began.append(said[2])
    desk, alarm = viewer(world, Role.DESK), writer_beside(world)
    alarm.execute("BEGIN IMMEDIATE")
    event.listen(*listening)
    look(world, journal, who=desk)
    event.remove(*listening)
    alarm.execute("COMMIT")
    alarm.close()
    assert "BEGIN IMMEDIATE" not in began
    journal.move()
    assert on_record(world) == ["resident.page"]
    assert journal.counters()["looks_waiting_bytes"] == 0.0


def test_looks_are_in_the_table_in_their_order_with_all_that_was_known(world: World, journal: LookJournal) -> None:
    for number in range(450):
        look(world, journal, f"look.{number}")
    journal.move()
    assert on_record(world) == [f"look.{number}" for number in range(450)]
    with world.sessions() as session:
        row = session.query(Audit).first()
        assert row is not None
        assert (row.user_id, row.resident_id, row.address, row.detail) == ("u-desk", "r-ours", "10.0.0.7", {})


@pytest.mark.parametrize("moved", [False, True])
def test_a_kill_loses_no_look_and_doubles_none(
    world: World, journal: LookJournal, tmp_path: Path, *, moved: bool
) -> None:
    """Before the lines are moved; or after, but before their file is gone."""
    look(world, journal, "first")
    look(world, journal, "second")
    saved = shutil.copytree(tmp_path / "looks", tmp_path / "saved")
    if moved:
        journal.move()
    again = LookJournal(saved, world.sessions)
    look(world, again, "third")
    again.move()
    assert on_record(world) == ["first", "second", "third"]
    assert list(saved.iterdir()) == []


def test_a_kill_between_two_parts_of_a_file_goes_on_with_the_next_part(
    world: World, journal: LookJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(450):
        look(world, journal, str(number))
    saved = shutil.copytree(tmp_path / "looks", tmp_path / "saved")
    monkeypatch.setattr("api.look_journal.time.sleep", lambda _: (_ for _ in ()).throw(OSError("killed")))
    journal.move()
    assert len(on_record(world)) == 200
    monkeypatch.undo()
    LookJournal(saved, world.sessions).move()
    assert on_record(world) == [str(number) for number in range(450)]


def test_a_line_that_the_power_cut_off_is_counted_and_stops_no_other(world: World, tmp_path: Path) -> None:
    first = LookJournal(tmp_path / "looks", world.sessions)
    look(world, first, "whole")
    (path,) = (tmp_path / "looks").iterdir()
    path.write_bytes(path.read_bytes() + b'{"at_ms":17')
    again = LookJournal(tmp_path / "looks", world.sessions)
    again.move()
    assert on_record(world) == ["whole"]
    assert again.counters()["looks_torn"] == 1.0


def test_nothing_is_shown_when_a_look_cannot_be_put_on_record(
    world: World, store: SqliteStoreQuery, tmp_path: Path
) -> None:
    full = LookJournal(tmp_path / "looks", world.sessions, most_bytes=10)
    with serve(world, store, looks=full) as site, site.program("desk") as desk:
        answer = desk.get("/api/v1/residents/r-ours")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "张小三" not in answer.text
    assert full.counters()["looks_refused"] == 1.0


def test_reading_goes_on_when_there_is_room_again(world: World, tmp_path: Path) -> None:
    narrow = LookJournal(tmp_path / "looks", world.sessions, most_bytes=200)
    look(world, narrow, "first")
    with pytest.raises(UnavailableError):
        look(world, narrow, "second")
    narrow.move()
    look(world, narrow, "third")
    narrow.move()
    assert on_record(world) == ["first", "third"]


def test_whoever_stops_the_pages_leaves_no_look_behind(world: World, store: SqliteStoreQuery, tmp_path: Path) -> None:
    looks = LookJournal(tmp_path / "looks", world.sessions)
    with serve(world, store, looks=looks) as site, site.program("desk") as desk:
        assert desk.get("/api/v1/residents/r-ours").status_code == 200
    assert on_record(world) == ["resident.read"]
    assert list((tmp_path / "looks").iterdir()) == []


def test_a_database_that_takes_nothing_is_told_by_how_long_looks_wait(world: World, tmp_path: Path) -> None:
    now = [100.0]
    slow = LookJournal(tmp_path / "looks", world.sessions, steady_s=lambda: now[0])
    look(world, slow)
    with engine_of(world.sessions).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO away")
    now[0] += 90
    slow.move()
    assert slow.counters()["looks_wait_s"] == pytest.approx(89.5)
    with engine_of(world.sessions).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO audit")
    slow.move()
    assert slow.counters()["looks_wait_s"] == 0.0
    assert on_record(world) == ["resident.page"]


def test_only_we_can_read_what_waits(world: World, journal: LookJournal, tmp_path: Path) -> None:
    look(world, journal)
    (path,) = (tmp_path / "looks").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_full_disk_shows_nothing_and_leaves_no_half_line(
    world: World, journal: LookJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(world, journal, "first")
    real = os.write
    with monkeypatch.context() as full:
        full.setattr("api.look_journal.os.write", lambda file, line: real(file, line[:10]))
        with pytest.raises(UnavailableError):
            look(world, journal, "second")
    look(world, journal, "third")
    journal.move()
    assert on_record(world) == ["first", "third"]
    assert journal.counters()["looks_torn"] == 0.0
