"""Processes of several machines see each other through the database, and one that vanished is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from anhu.contract.clock import Clock, ManualClock, SystemClock
from anhu.contract.numbers import gauge
from anhu.contract.settings import Secret
from anhu.registry import process_statuses
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from app.check_result import CheckVerdict
from app.cli.admin import admin
from app.process_checks import processes
from app.settings import Settings
from app.status_board import StatusBoard, said_by_all

COUNTERS = {"backlog_bytes": 3.0}


@pytest.fixture
def machine(tmp_path: Path, postgres_copy: Callable[[Callable[[str], None]], str]) -> Callable[[str], Settings]:
    url = Secret(postgres_copy(upgrade))
    return lambda name: Settings(data=tmp_path / name, database_url=url, instance=name)


def say(settings: Settings, process: str, clock: Clock, *, leave: bool = False) -> StatusBoard:
    """Have a process say how it is, once; what is on its way to the database arrives."""

    async def run() -> StatusBoard:
        board = StatusBoard(settings, process, clock)
        board.write(COUNTERS, [gauge("anhu_here", "On this machine.", 1.0)])
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        await board.leave() if leave else board.close()
        return board

    return asyncio.run(run())


def test_every_machine_sees_the_processes_of_all(machine: Callable[[str], Settings]) -> None:
    clock = SystemClock()
    for name in ("node-1", "node-2"):
        say(machine(name), "alerts", clock)
    said = said_by_all(machine("node-3"), clock)
    assert [(one.process, one.instance, dict(one.counters)) for one in said] == [
        ("alerts", "node-1", COUNTERS),
        ("alerts", "node-2", COUNTERS),
    ]
    assert all(abs(clock.now_ms() - one.at_ms) < 10_000 for one in said)
    own = {one.instance: [family.name for family in one.families] for one in said_by_all(machine("node-1"), clock)}
    assert own == {"node-1": ["anhu_here"], "node-2": []}


def test_an_age_goes_by_the_databases_clock_whatever_a_machine_thinks(machine: Callable[[str], Settings]) -> None:
    say(machine("node-1"), "alerts", ManualClock(0))
    (said,) = said_by_all(machine("node-2"), clock := ManualClock(5_000_000))
    assert 0 <= clock.now_ms() - said.at_ms < 10_000


def test_who_ends_as_it_should_leaves_the_list_and_who_vanishes_stays_until_taken_off(
    machine: Callable[[str], Settings],
) -> None:
    clock, doctor = SystemClock(), machine("doctor")
    say(machine("ended"), "alerts", clock, leave=True)
    say(machine("gone"), "alerts", clock)
    say(machine("alive"), "alerts", clock)
    sessions = open_sessions(doctor.database)
    with sessions.begin() as session:
        session.execute(text("UPDATE process_status SET at_ms = at_ms - 60000 WHERE instance = 'gone'"))
    found = {one.what: one for one in processes(doctor, clock) if "alerts" in one.what}
    assert set(found) == {"process alerts gone", "process alerts alive"}
    assert found["process alerts alive"].verdict is CheckVerdict.OK
    assert found["process alerts gone"].verdict is CheckVerdict.WARNING
    assert "forget-process alerts gone" in found["process alerts gone"].advice
    with sessions.begin() as session:
        session.execute(text("UPDATE process_status SET at_ms = at_ms - 60000"))
    verdicts = [one.verdict for one in processes(doctor, clock) if "alerts" in one.what]
    assert verdicts == [CheckVerdict.FAILED, CheckVerdict.FAILED], "nobody does the work"
    environment = {"ANHU_DATABASE_URL": str(doctor.database_url)}
    arguments = ["forget-process", "--data", str(doctor.data), "alerts"]
    assert CliRunner().invoke(admin, [*arguments, "gone"], env=environment).exit_code == 0
    assert [one.instance for one in said_by_all(doctor, clock)] == ["alive"]
    assert CliRunner().invoke(admin, [*arguments, "gone"], env=environment).exit_code != 0
    close_sessions(sessions)


def test_without_the_database_the_files_are_written_and_read_and_it_is_counted(tmp_path: Path) -> None:
    away = Secret("postgresql://anhu:swordfish@127.0.0.1:1/anhu")
    settings, clock = Settings(data=tmp_path, database_url=away, instance="node-1"), SystemClock()
    board = say(settings, "gateway", clock)
    assert board.failed == 1
    (said,) = said_by_all(settings, clock)
    assert (said.process, said.instance, dict(said.counters)) == ("gateway", "node-1", COUNTERS)


def test_the_list_is_the_same_on_both_databases(tmp_path: Path, postgres_copy: Callable[..., str]) -> None:
    upgrade(sqlite := f"sqlite:///{tmp_path / 'anhu.db'}")
    for url in (sqlite, postgres_copy(upgrade)):
        sessions = open_sessions(url)
        with sessions.begin() as session:
            for pid, instance in ((1, "b"), (2, "a"), (3, "b")):
                process_statuses.put(session, "alerts", instance, pid=pid, counters=COUNTERS)
        with sessions.begin() as session:
            said = process_statuses.read(session)
            assert [(one.instance, one.pid, one.counters) for one in said] == [("a", 2, COUNTERS), ("b", 3, COUNTERS)]
            assert all(0 <= one.age_ms < 10_000 for one in said), said
            assert process_statuses.take_off(session, "alerts", "a")
            assert not process_statuses.take_off(session, "alerts", "a")
        close_sessions(sessions)
