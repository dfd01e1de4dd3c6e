from __future__ import annotations

import pytest
from sqlalchemy import select, true
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes import responses
from alerts.episodes.budget import Budget, alarm_budget
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Finding
from alerts.tables import Alert
from anhu.contract.priority import Priority

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


@pytest.mark.parametrize(
    ("outcome", "column", "ppv"),
    [
        ("true", "true", 1.0),
        ("false", "false", 0.0),
        ("device_fault", "device_fault", 0.0),
        ("test", "practice", None),
        ("drill", "practice", None),
    ],
)
def test_each_outcome_that_a_person_gives_is_counted_where_it_belongs(
    town: Sessions, outcome: str, column: str, ppv: float | None
) -> None:
    finding = Finding("bed_exit", Condition.PRESENT, T0, T0, 1.0, Priority.MEDIUM)
    with town.begin() as session:
        apply_findings(session, [ResidentFinding("r-1", "w-1", finding)], now_ms=T0)
    (open_one,) = counted(town).rules
    assert (open_one.unanswered, open_one.ppv) == (1, None)
    with town.begin() as session:
        alert_id = session.scalars(select(Alert.id)).one()
        responses.close(session, alert_id, outcome, actor="u-1", now_ms=T0 + 60_000)
    budget = counted(town)
    (rule,) = budget.rules
    assert getattr(rule, column) == 1
    assert rule.true + rule.false + rule.device_fault + rule.practice + rule.unanswered == rule.raised == 1
    assert (rule.ppv, budget.ppv, rule.paging) == (ppv, ppv, 1)


def test_what_went_away_by_itself_and_came_back_is_one_alert_that_nobody_judged(town: Sessions) -> None:
    for minute, condition in enumerate((Condition.PRESENT, Condition.GONE, Condition.PRESENT, Condition.GONE)):
        t = T0 + minute * 60_000
        finding = Finding("bed_exit", condition, t, t, 1.0, Priority.MEDIUM)
        with town.begin() as session:
            apply_findings(session, [ResidentFinding("r-1", "w-1", finding)], now_ms=t)
    (rule,) = counted(town).rules
    assert (rule.raised, rule.unanswered, rule.ppv) == (1, 1, None)


def test_alerts_outside_the_span_do_not_count(town: Sessions) -> None:
    with town.begin() as session:
        session.add(closed("sos", "true", WEEK_MS))
    assert list(counted(town).rules) == []


def test_a_drill_costs_nothing(town: Sessions) -> None:
    with town.begin() as session:
        session.add_all([closed("drill_call", "", 0, priority=3), closed("sos", "true", 0, priority=3)])
    budget = counted(town)
    assert [(rule.kind, rule.raised) for rule in budget.rules] == [("sos", 1)]
