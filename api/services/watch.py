"""What each page of somebody who answers alarms knows: how many are unanswered, whatever else the page shows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from anhu.contract.priority import Priority
from anhu.registry.database import reading
from api.dependencies import Dependencies
from api.schemas.alerts import PRIORITY_WORDS
from api.schemas.watch import CallView, WatchView
from api.security.roles import Permission, Viewer, require
from api.services.offers import offers_of
from api.services.open_alerts import OpenAlert, mark_of, newest_calls, open_alerts, watches_anybody
from api.visit import visit_many

NAMED = 3
"""How many of the unanswered are named, the most urgent first; behind them the one that called last."""


def read_watch(deps: Dependencies, viewer: Viewer, *, seen: str = "") -> WatchView:
    """Return the state of all open alerts that the viewer may see.

    It is asked for every few seconds: nobody is named, and nothing goes on record, while the mark is the one `seen`.
    """
    require(viewer, Permission.RESPOND)
    require(viewer, Permission.READ_HEALTH)
    with reading(deps.sessions)() as session:
        state = _state(session, viewer)
    if state.mark == seen:
        return state
    with visit_many(deps, viewer, "alert.watch", permission=Permission.RESPOND) as visit:
        state = _state(visit.session, viewer, named=NAMED)
        visit.detail["residents"] = sorted(
            {call.resident_id for call in state.calls} | {one.resident_id for one in state.offers}
        )
    return state


def _state(session: Session, viewer: Viewer, *, named: int = 0) -> WatchView:
    alerts = open_alerts(session, viewer)
    waiting = [alert for alert in alerts if alert.is_unanswered]
    newest = max(waiting, key=lambda alert: alert.newest_call, default=None)
    return WatchView(
        mark=mark_of(alerts),
        watches_anybody=bool(alerts) or watches_anybody(session, viewer),
        open=len(alerts),
        unanswered=len(waiting),
        level=PRIORITY_WORDS[waiting[0].priority] if waiting else "",
        newest_call=newest_calls(alerts),
        calls=_calls(_named(waiting, newest, named)),
        newest=_calls([newest])[0] if newest and named else None,
        offers=offers_of(session, viewer) if named else [],
    )


def _named(waiting: Sequence[OpenAlert], newest: OpenAlert | None, named: int) -> Sequence[OpenAlert]:
    first = waiting[:named]
    return [*first, newest] if named and newest and newest not in first else first


def _calls(alerts: Sequence[OpenAlert]) -> list[CallView]:
    return [
        CallView(
            alert_id=alert.id,
            kind=alert.kind,
            priority=PRIORITY_WORDS[Priority(alert.priority)],
            resident_id=alert.resident_id,
            resident_name=alert.resident_name,
            address=alert.address,
            started_at_ms=alert.started_at_ms,
        )
        for alert in alerts
    ]
