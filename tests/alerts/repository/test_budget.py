from __future__ import annotations

import pytest
from sqlalchemy import true
from sqlalchemy.orm import Session, sessionmaker

from alerts.model import Alert
from alerts.repository.budget import Budget, alarm_budget

T0 = 1_795_300_000_000
WEEK_MS = 7 * 86_400_000
Sessions = sessionmaker[Session]


def closed(kind: str, outcome: str, number: int, *, priority: int = 2) -> Alert:
    return Alert(
        id=f"{kind}-{number}",
        resident_id="r-1",
        kind=kind,
        priority=priority,
        condition="gone",
        response="closed" if outcome else "unacked",
        started_at_ms=T0,
        raised_at_ms=T0 + number,
        last_at_ms=T0,
        outcome=outcome,
        is_open=False,
    )


def counted(town: Sessions) -> Budget:
    with town.begin() as session:
        return alarm_budget(session, since_ms=T0, until_ms=T0 + WEEK_MS, alerts=true(), residents=true())


def test_a_quiet_week_has_no_rules(town: Sessions) -> None:
    budget = counted(town)
    assert budget.residents > 0
    assert (budget.per_resident_week, budget.ppv, list(budget.rules)) == (0, None, [])


def test_worth_is_counted_from_outcomes_and_noisy_rules_come_first(town: Sessions) -> None:
    with town.begin() as session:
        outcomes = ["true"] + ["false"] * 10 + ["device_fault", "test", "drill", "resolved"]
        session.add_all(closed("bed_exit", outcome, i) for i, outcome in enumerate(outcomes))
        session.add_all(closed("sos", "true", i, priority=3) for i in range(3))
        session.add(closed("trend", "", 0, priority=1))
    budget = counted(town)
    bed, sos, trend = budget.rules
    assert (bed.kind, bed.noisy) == ("bed_exit", True)
    assert bed.ppv == pytest.approx(1 / 12)
    assert (bed.raised, bed.paging, bed.practice, bed.unanswered) == (15, 15, 2, 1)
    assert (sos.kind, sos.noisy, sos.ppv) == ("sos", False, 1.0)
    assert (trend.kind, trend.paging, trend.ppv, trend.unanswered) == ("trend", 0, None, 1)
    assert budget.per_resident_week == pytest.approx(18 / budget.residents)
    assert budget.ppv == pytest.approx(4 / 15)


def test_alerts_outside_the_span_do_not_count(town: Sessions) -> None:
    with town.begin() as session:
        session.add(closed("sos", "true", WEEK_MS))
    assert list(counted(town).rules) == []
