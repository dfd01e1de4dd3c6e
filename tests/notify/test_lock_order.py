"""Engine, dispatchers, desk and a clock set back at once on PostgreSQL: nobody waits in a circle."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes import responses
from alerts.episodes.escalations import advance_escalations
from alerts.episodes.findings import apply_findings
from alerts.episodes.lifecycle import IllegalStepError
from alerts.finding import Condition, Finding
from alerts.tables import Alert
from anhu.contract.clock import HOUR_MS
from anhu.contract.priority import Priority
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.residents import create_resident
from notify.channels import capabilities
from notify.composer import Composer
from notify.due import DueMessages
from notify.leasing import Leasing
from notify.receipt_book import ReceiptBook
from notify.recipient_limits import RecipientLimits
from notify.subject import MessageStyle
from notify.subjects import subjects
from tests.api.world import NOW_MS, World, build

_RESIDENTS = tuple(f"r-{n}" for n in range(8))
_ROUNDS = 40
_DUE = DueMessages(subjects())
_LEASING = Leasing(_DUE, Composer(subjects(), capabilities(), MessageStyle("", ZoneInfo("UTC"))))
_BOOK = ReceiptBook(subjects())
_NO_LIMITS = RecipientLimits({})
Sessions = sessionmaker[Session]


def engine_round(sessions: Sessions, rng: random.Random, now_ms: int) -> None:
    """Find something about many residents, in any order: new, worse, or gone."""
    found = []
    for resident_id in rng.sample(_RESIDENTS, 6):
        for kind in ("heart_rate_high", "fall_suspected"):
            condition = rng.choice((Condition.PRESENT, Condition.PRESENT, Condition.GONE))
            priority = rng.choice((Priority.MEDIUM, Priority.HIGH))
            found.append(ResidentFinding(resident_id, "w", Finding(kind, condition, now_ms, now_ms, 1.0, priority)))
    with sessions.begin() as session:
        apply_findings(session, found, now_ms=now_ms)


def dispatcher_round(sessions: Sessions, rng: random.Random, now_ms: int) -> None:
    """Take steps and messages, and write down what became of each."""
    with sessions.begin() as session:
        advance_escalations(session, now_ms)
        jobs = _LEASING.lease(
            session,
            now_ms,
            until_ms=now_ms + 1,
            limit=8,
            min_priority=Priority.INFO,
            busy={},
            per_contact=8,
            spent=_NO_LIMITS.spent(session, now_ms),
        )
    for job in jobs:
        with sessions.begin() as session:
            if rng.random() < 0.6:
                _BOOK.failure(session, job, now_ms, reason="gone")
            else:
                _BOOK.retry(session, job, now_ms, due_at_ms=now_ms, reason="busy")


def desk_round(sessions: Sessions, rng: random.Random, now_ms: int) -> None:
    """Answer one alert, or close it."""
    with sessions.begin() as session:
        alert_id = rng.choice([*session.scalars(select(Alert.id).where(Alert.is_open)), ""])
        if not alert_id:
            return
        try:
            if rng.random() < 0.5:
                responses.acknowledge(session, alert_id, actor="u-desk", now_ms=now_ms)
            else:
                responses.close(session, alert_id, "true", actor="u-desk", now_ms=now_ms)
        except IllegalStepError:
            session.rollback()


def clock_round(sessions: Sessions, _: random.Random, now_ms: int) -> None:
    """Be set back."""
    with sessions.begin() as session:
        _DUE.clock_set_back(session, now_ms - HOUR_MS, 1)


def test_engine_dispatchers_desk_and_a_clock_set_back_never_wait_in_a_circle(
    postgres_database: Callable[[], str],
) -> None:
    sessions = open_sessions(postgres_database())
    world: World = build(sessions)
    for number in range(3):
        world.contact(f"http://127.0.0.1:9/{number}", owner="centre" if number else "team")
    with sessions.begin() as session:
        for resident_id in _RESIDENTS:
            create_resident(session, name="x", now_ms=NOW_MS, resident_id=resident_id, centre_id="ours", team_id="ours")
    met: list[str] = []
    together = threading.Barrier(5)

    def work(number: int, one_round: Callable[[Sessions, random.Random, int], None]) -> int:
        rng = random.Random(number)  # noqa: S311 - repeatable is what it must be
        together.wait()
        for turn in range(_ROUNDS):
            try:
                one_round(sessions, rng, NOW_MS + turn * HOUR_MS)
            except DBAPIError as error:
                met.append(str(error.orig))
        return _ROUNDS

    rounds = (engine_round, dispatcher_round, dispatcher_round, desk_round, clock_round)
    with ThreadPoolExecutor(len(rounds)) as threads:
        assert sum(threads.map(work, range(len(rounds)), rounds)) == _ROUNDS * len(rounds)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Alert))
    close_sessions(sessions)
    assert not met
