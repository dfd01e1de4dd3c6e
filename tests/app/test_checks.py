"""What `anhu doctor` says of messages and channels."""

from __future__ import annotations

import dataclasses
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from anhu.contract.clock import SystemClock
from anhu.outbox.tables import Outbox
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.tables import Contact
from app import status
from app.check_result import CheckVerdict
from app.checks import outbox
from app.door_checks import channel_servers
from app.process_checks import processes
from app.settings import Settings
from notify.channels.email.fake import SmtpServer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data=tmp_path)
    upgrade(made.database)
    return made


def message(kind: str, state: str, **more: Any) -> Outbox:  # noqa: ANN401 - any column
    return Outbox(
        idempotency_key=os.urandom(8).hex(), subject_kind=kind, subject_id="x", contact_id="k-1", reason="due",
        priority=1, state=state, due_at_ms=1, created_at_ms=1, **more,
    )  # fmt: skip


def test_messages_that_nobody_can_send_are_a_failure(settings: Settings) -> None:
    sessions = open_sessions(settings.database)
    with sessions.begin() as session:
        session.add(Contact(id="k-1", owner_kind="centre", owner_id="c", channel="webhook", address="x"))
        session.flush()
        session.add_all([message("alert", "pending"), message("alert", "sent"), message("referral", "sent")])
    assert [(r.verdict, r.detail) for r in outbox(settings, SystemClock())] == [(CheckVerdict.OK, "1 wait")]
    with sessions.begin() as session:
        session.add_all([message("referral", "pending"), message("referral", "failed_temporary")])
    close_sessions(sessions)
    fine, broken = outbox(settings, SystemClock())
    assert fine.verdict is CheckVerdict.OK
    assert broken.verdict is CheckVerdict.FAILED
    assert "2 messages wait about a referral" in broken.detail
    assert broken.advice


def test_what_a_channel_sends_through_is_tried(settings: Settings) -> None:
    assert list(channel_servers(settings, SystemClock())) == []
    with SmtpServer() as server:
        made = Settings(data=settings.data, channels=dict(settings.channels, email=SmtpServer.settings(server.port)))
        (found,) = channel_servers(made, SystemClock())
        assert (found.verdict, found.what) == (CheckVerdict.OK, "channel email")
        picky = dataclasses.replace(SmtpServer.settings(server.port), smtp_starttls=True)
        made = Settings(data=settings.data, channels=dict(settings.channels, email=picky))
        (found,) = channel_servers(made, SystemClock())
        assert found.verdict is CheckVerdict.FAILED, "it answers, and would never take a message"
        assert "STARTTLS" in found.detail
        assert not server.mails
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    made = Settings(data=settings.data, channels=dict(settings.channels, email=SmtpServer.settings(port)))
    (found,) = channel_servers(made, SystemClock())
    assert found.verdict is CheckVerdict.FAILED
    assert "ANHU_SMTP_HOST" in found.advice


def test_what_the_door_cannot_write_down_is_said(settings: Settings) -> None:
    clock = SystemClock()
    status.write(settings.data / "status", "gateway", {"sessions_unwritten": 1.0, "notes_unwritten": 2.0}, clock)
    warned, _ = (r for r in processes(settings, clock) if r.what == "process gateway")
    assert warned.verdict is CheckVerdict.WARNING
    assert "the sessions of devices" in warned.detail
    assert "what devices say in vain" in warned.detail


@pytest.mark.parametrize(
    ("process", "counter", "words"),
    [
        ("ingest", "stuck_s", "refused what it is given for 300 s"),
        ("gateway", "present_unwritten", "cannot write down"),
        ("alerts", "log_away_ms", "has not heard the LOG's brokers for 300 s"),
        ("api", "looks_wait_s", "who looked at whose data waits for the database since 300 s"),
    ],
)
def test_a_process_that_can_only_try_again_is_red(settings: Settings, process: str, counter: str, words: str) -> None:
    clock = SystemClock()
    many = 300_000.0 if counter.endswith("_ms") else 300.0
    status.write(settings.data / "status", process, {counter: many}, clock)
    [found] = [r for r in processes(settings, clock) if r.what == f"process {process}"]
    assert found.verdict is CheckVerdict.FAILED
    assert words in found.detail
    status.write(settings.data / "status", process, {counter: 0.0}, clock)
    [fine] = [r for r in processes(settings, clock) if r.what == f"process {process}"]
    assert fine.verdict is CheckVerdict.OK
