"""What alarms cost and what they are worth: alerts per resident-week and how many were true, by rule, from outcomes.

A rule's worth is counted from the outcome that a person gave when closing: true, false, device fault; a test or a drill
counts for nothing, and neither does what went away unanswered. A drill that says so itself is left out altogether.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Outcome
from alerts.kinds import DRILLS, KINDS
from alerts.tables import Alert
from anhu.contract.clock import DAY_MS
from anhu.contract.priority import Priority
from anhu.registry.tables import Resident

WEEK_MS = 7 * DAY_MS
PER_RESIDENT_WEEK = 1.0
"""The budget: a resident should not make more than one alert a week that pages somebody."""
_JUDGED_AT_LEAST = 10
_PPV_AT_LEAST = 0.2
_SHARE_OF_BUDGET = 0.5


class RuleBudget(NamedTuple):
    """One kind of alert over a span of time.

    Attributes
    ----------
    raised, paging : int
        Alerts; those of medium or high priority.
    true, false, device_fault, practice, unanswered : int
        By outcome; practice is test and drill, unanswered went away by itself or is still open.
    per_resident_week : float
        Paging alerts.
    ppv : float or None
        True among true, false and device fault; None while nothing was judged.
    noisy : bool
        Judged often enough and rarely true, or alone half of the budget: to be looked at.
    """

    kind: str
    raised: int
    paging: int
    true: int
    false: int
    device_fault: int
    practice: int
    unanswered: int
    per_resident_week: float
    ppv: float | None
    noisy: bool


class Budget(NamedTuple):
    """All rules together, noisiest first."""

    residents: int
    weeks: float
    per_resident_week: float
    ppv: float | None
    rules: Sequence[RuleBudget]


def alarm_budget(
    session: Session, *, since_ms: int, until_ms: int, alerts: ColumnElement[bool], residents: ColumnElement[bool]
) -> Budget:
    """Count the alerts raised in a span, by rule. [ms].

    Parameters
    ----------
    alerts, residents : SQL conditions
        Which rows the asker may see.
    """
    watched = session.scalar(select(func.count()).select_from(Resident).where(Resident.active, residents)) or 0
    weeks = max(until_ms - since_ms, 1) / WEEK_MS
    query = (
        select(Alert.kind, Alert.outcome, Alert.priority, func.count().label("alerts"))
        .where(Alert.raised_at_ms >= since_ms, Alert.raised_at_ms < until_ms, Alert.kind.not_in(DRILLS), alerts)
        .group_by(Alert.kind, Alert.outcome, Alert.priority)
    )
    counted: dict[str, list[tuple[str, bool, int]]] = {}
    for row in session.execute(query):
        counted.setdefault(row.kind, []).append((row.outcome, row.priority >= Priority.MEDIUM, row.alerts))
    rules = [_rule(kind, rows, max(watched, 1) * weeks) for kind, rows in counted.items()]
    rules.sort(key=lambda rule: (-rule.noisy, -rule.per_resident_week, rule.kind))
    judged = sum(r.true + r.false + r.device_fault for r in rules)
    return Budget(
        residents=watched,
        weeks=weeks,
        per_resident_week=sum(r.per_resident_week for r in rules),
        ppv=sum(r.true for r in rules) / judged if judged else None,
        rules=rules,
    )


def _rule(kind: str, rows: Iterable[tuple[str, bool, int]], resident_weeks: float) -> RuleBudget:
    by_outcome: dict[str, int] = {}
    paging = 0
    for outcome, pages, n in rows:
        by_outcome[outcome] = by_outcome.get(outcome, 0) + n
        paging += n if pages else 0
    true, false = by_outcome.get(Outcome.TRUE, 0), by_outcome.get(Outcome.FALSE, 0)
    fault = by_outcome.get(Outcome.DEVICE_FAULT, 0)
    practice = by_outcome.get(Outcome.TEST, 0) + by_outcome.get(Outcome.DRILL, 0)
    judged = true + false + fault
    ppv = true / judged if judged else None
    load = paging / resident_weeks
    unlikely = judged >= _JUDGED_AT_LEAST and ppv is not None and ppv < _PPV_AT_LEAST
    heavy = paging >= _JUDGED_AT_LEAST and load > _SHARE_OF_BUDGET * PER_RESIDENT_WEEK
    latches = kind in KINDS and KINDS[kind].latches
    raised = sum(by_outcome.values())
    return RuleBudget(
        kind=kind,
        raised=raised,
        paging=paging,
        true=true,
        false=false,
        device_fault=fault,
        practice=practice,
        unanswered=raised - judged - practice,
        per_resident_week=load,
        ppv=ppv,
        noisy=unlikely or (heavy and not latches),
    )
