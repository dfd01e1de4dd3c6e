"""A device that changes hands or is revoked says nothing any more: what it reported of its former resident ends.

Never in silence where somebody may need help: a call for help, and whatever is urgent, stays open and goes on being
told; its history says that the device is gone.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.members import members_of, reporting
from alerts.episodes.paging import stop_paging
from alerts.episodes.recovery import latches, resolve
from alerts.finding import Condition
from alerts.tables import Alert, AlertEvent, AlertMember
from anhu.contract.priority import Priority
from anhu.registry.tables import Device

_MOST_AT_ONCE = 200
MOVED, REVOKED = "moved", "revoked"
"""Why a device no longer speaks for a resident, as ``data["reason"]`` of the line ``left``."""


def end_what_left(session: Session, *, now_ms: int) -> int:
    """End the membership of devices that watch the alert's resident no longer; return of how many. [ms].

    Asked of the database itself, so that it does not matter who changed the directory, nor whether an engine ran then.
    """
    elsewhere = or_(Device.enabled.is_(False), Device.resident_id.is_distinct_from(Alert.resident_id))
    gone = session.execute(
        select(Alert.id, Device.id, Device.enabled)
        .join(AlertMember, AlertMember.alert_id == Alert.id)
        .join(Device, Device.id == AlertMember.device_id)
        .where(Alert.is_open, AlertMember.recovered_at_ms.is_(None), elsewhere)
        .limit(_MOST_AT_ONCE)
    ).all()
    reasons = {(alert_id, device_id): MOVED if enabled else REVOKED for alert_id, device_id, enabled in gone}
    for alert in lock_alerts(session, Alert.id.in_({alert_id for alert_id, _ in reasons}), Alert.is_open):
        _leave(
            session, alert, {device: why for (alert_id, device), why in reasons.items() if alert_id == alert.id}, now_ms
        )
    return len(reasons)


def _leave(session: Session, alert: Alert, why: dict[str, str], now_ms: int) -> None:
    members = members_of(session, alert)
    for row in reporting(members):
        if row.device_id in why:
            row.recovered_at_ms = now_ms
            data = {"device_id": row.device_id, "room": row.room, "reason": why[row.device_id]}
            session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="left", data=data))
    still_needed = latches(alert) or alert.priority >= Priority.HIGH
    if not still_needed and not reporting(members) and not alert.unlisted:
        alert.condition = Condition.GONE
        if alert.response == Response.UNACKED:
            stop_paging(session, alert.id)
            resolve(alert, now_ms)
    session.flush()
