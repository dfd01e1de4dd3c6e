"""Open alerts of a version that runs nowhere any more: nobody would ever say that they are over.

They are not ended, because somebody may need help: they stay open and go on being told, their history says what
happened, and from now on the version that decides may end them, or a person.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes.locking import lock_alerts
from alerts.tables import Alert, AlertEvent, AlertMember

REPLACED = "replaced"
"""As ``data["reason"]`` of the line ``left``."""


def let_anybody_end(session: Session, running: Collection[str], now_ms: int) -> int:
    """Let other versions end what those that no longer run have raised; return of how many. [ms].

    Parameters
    ----------
    running : collection of str
        Every version that decides or runs in the shadow, as evidence names it. A detector that has none is left alone.
    """
    query = (
        select(AlertMember)
        .join(Alert, Alert.id == AlertMember.alert_id)
        .where(Alert.is_open, AlertMember.recovered_at_ms.is_(None), AlertMember.decided_by != "")
        .where(AlertMember.decided_by.not_in(running))
    )
    names = {one.rpartition(" ")[0] for one in running}
    wanted = {row.alert_id for row in session.scalars(query) if row.decided_by.rpartition(" ")[0] in names}
    still_open = {row.id for row in lock_alerts(session, Alert.id.in_(wanted), Alert.is_open)} if wanted else set()
    again = session.scalars(query.execution_options(populate_existing=True))  # another shard may have been faster
    members = [row for row in again if row.alert_id in still_open and row.decided_by.rpartition(" ")[0] in names]
    for row in members:
        data = {"device_id": row.device_id, "room": row.room, "reason": REPLACED, "decided_by": row.decided_by}
        session.add(AlertEvent(alert_id=row.alert_id, at_ms=now_ms, what="left", data=data))
        row.decided_by = ""
    session.flush()
    return len(members)
