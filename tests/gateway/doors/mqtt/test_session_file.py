"""The file of sessions: what it gives back, and what it does when it cannot be read or written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anhu.contract.clock import SECOND_MS, ManualClock
from gateway.doors.mqtt.session import Session
from gateway.doors.mqtt.session_file import SessionFile


@contextmanager
def _opened(file: Path, clock: ManualClock) -> Iterator[tuple[SessionFile, list[Session]]]:
    kept = SessionFile(file, clock)
    sessions = kept.open(100.0)
    yield kept, sessions
    kept.close()


def _ended_in_between(file: Path, passed_s: int) -> list[Session]:
    async def play() -> list[Session]:
        clock = ManualClock(1_000_000)
        with _opened(file, clock) as (kept, _):
            session = Session(("dev-1", "c1"))
            session.subscriptions["#"], session.expiry_s = 1, 60
            session.expires_at_s = asyncio.get_running_loop().time() + 60
            kept.changed(session)
        clock.forward(passed_s * SECOND_MS)
        with _opened(file, clock) as (_, sessions):
            return sessions

    return asyncio.run(play())


def test_a_session_grows_old_while_nobody_runs(tmp_path: Path) -> None:
    [session] = _ended_in_between(tmp_path / "a.db", 50)
    assert session.expires_at_s == pytest.approx(110, abs=1.1)
    assert _ended_in_between(tmp_path / "b.db", 61) == []


def test_what_cannot_be_written_is_written_later(tmp_path: Path) -> None:
    async def play() -> list[Session]:
        clock, file = ManualClock(1_000_000), tmp_path / "a.db"
        with _opened(file, clock) as (kept, _):
            lock = sqlite3.connect(file, isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            session = Session(("dev-1", "c1"))
            session.subscriptions["#"], session.expiry_s = 1, 60
            kept.changed(session)
            kept.write()
            assert (kept.failed_writes, kept.is_behind) == (1, True)
            lock.execute("ROLLBACK")
            lock.close()
            kept.write()
            assert not kept.is_behind
        with _opened(file, clock) as (_, sessions):
            return sessions

    assert [one.subscriptions for one in asyncio.run(play())] == [{"#": 1}]


def test_a_file_that_is_none_costs_the_sessions_only(tmp_path: Path) -> None:
    file = tmp_path / "sessions.db"
    file.write_bytes(b"x" * 5_000)
    with _opened(file, ManualClock(1_000_000)) as (kept, sessions):
        assert sessions == []
        assert kept.failed_writes == 1
