"""Of two who change the same at once the second is told who was first, and what it was."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.clock import to_rfc3339
from anhu.registry.errors import StaleError
from anhu.registry.tables import Audit, User
from api.errors import ChangedMeanwhileError, Meanwhile

_MOST = 20


def meanwhile(session: Session, stale: StaleError) -> ChangedMeanwhileError:
    """Return the refusal, with the changes since the revision that was read, the newest first."""
    rows = session.execute(
        select(Audit.at_ms, Audit.detail, User.name)
        .outerjoin(User, User.id == Audit.user_id)
        .where(Audit.resident_id == stale.row_id, Audit.action.startswith("resident."))
        .order_by(Audit.id.desc())
        .limit(_MOST)
    )
    changes = [
        Meanwhile(name or "", at_ms, detail.get("fields", ()))
        for at_ms, detail, name in rows
        if int(detail.get("revision", 0)) > stale.read
    ]
    said = "; ".join(f"{one.name} at {to_rfc3339(one.at_ms)}: {', '.join(one.fields)}" for one in changes)
    return ChangedMeanwhileError(f"{stale} ({said})" if said else str(stale), stale.now, changes)
