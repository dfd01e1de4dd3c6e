"""Two dispatchers on one PostgreSQL, one killed in the middle: every message arrives, and none under two keys."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Evidence, Finding
from anhu.contract.priority import Priority
from anhu.outbox.tables import UNDECIDED, Outbox
from anhu.registry.contacts import create_contact
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident
from notify.channels.webhook.fake import WebhookServer
from tests.smoke.city_process import CityProcess, environment

_CALLS, _ON_THEIR_WAY, _MOST_TIMES = 80, 32, 2
_PATIENCE_S = 240.0


@pytest.fixture
def desk() -> Iterator[WebhookServer]:
    with WebhookServer() as started:
        started.delay_s = 0.2
        yield started


@pytest.fixture
def sessions(postgres_url: str) -> Iterator[sessionmaker[Session]]:
    upgrade(postgres_url)
    made = open_sessions(postgres_url)
    yield made
    close_sessions(made)


def _call(sessions: sessionmaker[Session], desk: WebhookServer) -> None:
    """Let residents of ten centres call for help; each centre's desk is told."""
    now_ms = time.time_ns() // 1_000_000
    with sessions.begin() as session:
        for centre in range(10):
            create_centre(session, name="Desk", centre_id=f"c-{centre}")
            address = desk.address(desk.port, f"desk-{centre}")
            create_contact(session, owner_kind="centre", owner_id=f"c-{centre}", channel="webhook", address=address)
        for n in range(_CALLS):
            create_resident(session, name="Li", now_ms=now_ms, resident_id=f"r-{n}", centre_id=f"c-{n % 10}")
        sos = Finding("sos", Condition.PRESENT, now_ms, now_ms, 1.0, Priority.HIGH, Evidence())
        apply_findings(session, [ResidentFinding(f"r-{n}", "", sos) for n in range(_CALLS)], now_ms=now_ms)


def _until(is_so: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.1)


def test_one_is_killed_and_nothing_is_lost_or_told_under_another_key(
    tmp_path: Path, postgres_url: str, sessions: sessionmaker[Session], desk: WebhookServer
) -> None:
    _call(sessions, desk)
    told = {**environment(postgres_url), "ANHU_WEBHOOK_PRIVATE": "true"}
    both = [CityProcess("dispatcher", tmp_path / name, told) for name in ("a", "b")]
    try:
        for one in both:
            one.start()
        _until(lambda: len(desk.calls) > _CALLS // 4, "nothing is sent")
        both[0].send(signal.SIGKILL)

        def all_are_sent() -> bool:
            with sessions.begin() as session:
                return session.scalar(select(func.count()).where(Outbox.state.in_(UNDECIDED))) == 0

        _until(all_are_sent, "some are not sent")
    finally:
        for one in both:
            one.end()
    came = Counter(desk.keys())
    with sessions.begin() as session:
        about = {row.idempotency_key: row.subject_id for row in session.scalars(select(Outbox))}
    assert came.keys() <= about.keys()
    assert len({about[key] for key in came}) == _CALLS
    again = [key for key, times in came.items() if times > 1]
    assert len(again) <= _ON_THEIR_WAY  # what was on its way when it was killed, under the same key
    assert max(came.values()) <= _MOST_TIMES
