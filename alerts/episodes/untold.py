"""Nobody can be told: a state of an open alert, apart from "nobody has answered in time".

An alert that pages is in it while no message of its present round has reached anybody and none still may at its first
attempt: there is no contact at all, or each failed, for now or for good, or has waited too long for its turn
(`alerts.episodes.reaching` decides). It is entered and left in the alert's history, with the reason of each contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.episodes.locking import lock_alerts
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority

_AGAIN_HIGH_MS, _AGAIN_MS = MINUTE_MS, 5 * MINUTE_MS


class Why(NamedTuple):
    """Why a contact was not told."""

    contact_id: str
    channel: str
    owner_kind: str
    owner_id: str
    reason: str


def enter(session: Session, alert: Alert, why: Sequence[Why], now_ms: int) -> None:
    """Enter the state, or renew its reasons; none: there is no contact at all. [ms]."""
    told: list[dict[str, Any]] = [one._asdict() for one in {one.contact_id: one for one in why}.values()]
    if alert.untold_since_ms is None:
        alert.untold_since_ms = now_ms
        plan_again(alert, now_ms)
        session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="nobody_told", data={"why": told}))
    alert.untold_why = told
    session.flush()


def leave(alert: Alert) -> None:
    """Leave the state, for somebody answered or it is over: that is a line of history of its own."""
    alert.untold_since_ms = alert.untold_again_ms = None
    alert.untold_why = []


def told_again(session: Session, alert_id: str, now_ms: int) -> None:
    """End the state, where it is: a message has reached somebody. [ms]."""
    alert = next(iter(lock_alerts(session, Alert.id == alert_id, Alert.untold_since_ms.is_not(None))), None)
    if alert is None:
        return
    data = {"since_ms": alert.untold_since_ms}
    session.add(AlertEvent(alert_id=alert_id, at_ms=now_ms, what="told_again", data=data))
    leave(alert)
    session.flush()


def plan_again(alert: Alert, now_ms: int) -> None:
    """Have everything tried again, a high one every minute. [ms]."""
    alert.untold_again_ms = now_ms + (_AGAIN_HIGH_MS if alert.priority >= Priority.HIGH else _AGAIN_MS)


def untold_count(session: Session) -> int:
    """Count the open alerts that nobody can be told of."""
    return session.scalar(select(func.count()).select_from(Alert).where(Alert.untold_again_ms.is_not(None))) or 0
