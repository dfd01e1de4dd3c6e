"""The alarm budget of the residents that the asker may see."""

from __future__ import annotations

from alerts.episodes.budget import PER_RESIDENT_WEEK, alarm_budget
from anhu.contract.clock import DAY_MS
from anhu.registry.database import reading
from api.dependencies import Dependencies
from api.schemas.budget import BudgetView, RuleBudgetView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alerts, visible_residents

_USUAL_MS = 28 * DAY_MS


def budget(deps: Dependencies, viewer: Viewer, *, since_ms: int | None, until_ms: int | None) -> BudgetView:
    """Return alerts per resident-week and what became of them, by rule; the last four weeks if not said. [ms]."""
    require(viewer, Permission.READ_PLATFORM)
    until = deps.clock.now_ms() if until_ms is None else until_ms
    since = until - _USUAL_MS if since_ms is None else since_ms
    with reading(deps.sessions)() as session:
        counted = alarm_budget(
            session,
            since_ms=since,
            until_ms=until,
            alerts=visible_alerts(viewer),
            residents=visible_residents(viewer),
        )
    return BudgetView(
        since_ms=since,
        until_ms=until,
        residents=counted.residents,
        budget_per_resident_week=PER_RESIDENT_WEEK,
        per_resident_week=round(counted.per_resident_week, 3),
        ppv=None if counted.ppv is None else round(counted.ppv, 3),
        noisy=[rule.kind for rule in counted.rules if rule.noisy],
        rules=[RuleBudgetView(**rule._asdict()) for rule in counted.rules],
    )
