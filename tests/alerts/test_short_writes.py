"""Findings in short transactions: a kill between two of them loses nothing, and nothing is there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition, Finding
from alerts.keeper import Keeper
from alerts.merging import in_order_of_need, merged
from alerts.short_writes import LONGEST_S, MOST_AT_ONCE
from alerts.tables import Alert, AlertEvent, AlertMember, ConsumerRest, ConsumerState, Escalation
from anhu.contract.clock import ManualClock
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.database import engine_of
from anhu.registry.residents import create_resident
from tests.town import empty_url, sessions, town

T0 = 1_795_300_000_000
KINDS = ("water_leak", "battery_low", "heart_rate_high", "sos", "smoke")
RESIDENTS = 30
Sessions = sessionmaker[Session]
_ANEW = frozenset({"id", "_sa_instance_state"})
__all__ = ["empty_url", "sessions", "town"]


@pytest.fixture
def street(town: Sessions) -> Sessions:
    with town.begin() as session:
        for number in range(RESIDENTS):
            create_resident(session, name="N", now_ms=T0, resident_id=f"n-{number}", centre_id="c-1")
    return town


def busy_second(seed: int) -> list[ResidentFinding]:
    """Return many things that begin and end, each device's in its order."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(900):
        kind = KINDS[chance.integers(len(KINDS))]
        priority = Priority.HIGH if kind in {"sos", "smoke"} else Priority.MEDIUM
        condition = Condition.GONE if kind != "sos" and chance.random() < 0.4 else Condition.PRESENT
        one = Finding(kind, condition, T0 + number * 50, T0 + number * 50, 1.0, priority)
        found.append(ResidentFinding(f"n-{chance.integers(RESIDENTS)}", f"d-{chance.integers(3)}", one))
    return in_order_of_need(merged(found))


def kept(made: Sessions) -> list[tuple[object, ...]]:
    """Return what is stored, without the identities that are made anew each time."""
    with made.begin() as session:
        names = {
            alert.id: (alert.resident_id, alert.kind, alert.raised_at_ms) for alert in session.scalars(select(Alert))
        }
        rows: list[tuple[object, ...]] = []
        for table in (Alert, AlertMember, AlertEvent):
            for row in session.scalars(select(table)):
                values = {key: names.get(str(value), value) for key, value in vars(row).items()}
                rows.append(
                    (table.__tablename__, *(f"{key}={values[key]}" for key in sorted(values) if key not in _ANEW))
                )
        rows += [("outbox", row.reason, row.resident_id) for row in session.scalars(select(Outbox))]
    return sorted(rows, key=repr)


def keeper(made: Sessions, steady_s: Callable[[], float] = lambda: 0.0) -> Keeper:
    return Keeper(made, ManualClock(T0), "alerts", Counter(), steady_s=steady_s)


def write_all(made: Sessions, found: list[ResidentFinding], position: int) -> list[int]:
    """Write everything; return how many findings each transaction took."""
    one, rest = keeper(made), list(found)
    one.find_position()
    parts = []
    while rest:
        before = len(rest)
        one.store(rest, position)
        parts.append(before - len(rest))
    return parts


def test_a_transaction_takes_so_many_and_no_more(street: Sessions) -> None:
    parts = write_all(street, busy_second(1), 10)
    assert len(parts) >= 2
    assert max(parts) <= MOST_AT_ONCE


def test_a_transaction_that_has_lasted_long_takes_no_further_finding(street: Sessions) -> None:
    now = iter(range(100_000))
    slow = keeper(street, lambda: next(now) * LONGEST_S / 3)
    rest = busy_second(1)
    before = len(rest)
    slow.store(rest, 10)
    assert before - len(rest) == 3


@pytest.mark.parametrize("parts", [1, 2])
def test_a_kill_between_two_transactions_loses_nothing_and_doubles_nothing(street: Sessions, parts: int) -> None:
    found = busy_second(parts)
    killed, rest = keeper(street), list(found)
    for _ in range(parts):
        killed.store(rest, 10)
    assert rest
    assert keeper(street).find_position() == 10, "what was read is not read again"
    resumed = kept(street)
    with street.begin() as session:
        assert session.scalars(select(ConsumerRest)).all() == []
        for table in (AlertMember, AlertEvent, Escalation, Outbox, Alert, ConsumerState):
            session.execute(delete(table))
    write_all(street, found, 10)
    assert resumed == kept(street)


def test_an_alarm_by_itself_costs_no_statement_more(street: Sessions) -> None:
    said: list[str] = []
    one, rest = keeper(street), busy_second(1)[:1]
    event.listen(engine_of(street), "before_cursor_execute", lambda *told: said.append(told[2]))
    one.store(rest, 10)
    assert not [statement for statement in said if "consumer_rest" in statement]


def test_a_rest_that_cannot_be_read_is_counted_and_does_not_stop_the_start(street: Sessions) -> None:
    counts: Counter[str] = Counter()
    killed = keeper(street)
    killed.store(busy_second(1), 10)
    with street.begin() as session:
        session.scalars(select(ConsumerRest)).one().findings = b"\xc1"
    again = Keeper(street, ManualClock(T0), "alerts", counts)
    assert again.find_position() == 10
    assert counts["unreadable_rests"] == 1
