"""Of strangers for whom there was no room: how many messages passed by, source by source."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.registry.quarantine_tables import QuarantineOverflow
from gateway.stranger import PassedBy

MOST_OVERFLOWS = 1_000


def note_passed(session: Session, passed: Sequence[PassedBy]) -> None:
    """Count what passed by; sources beyond the room for them are counted together."""
    for one in sorted(passed):
        source, values = one.source, {"last_said": one.last_said, "last_ms": one.last_ms}
        row = session.get(QuarantineOverflow, source)
        if (
            row is None
            and (session.scalar(select(func.count()).select_from(QuarantineOverflow)) or 0) >= MOST_OVERFLOWS
        ):
            source = "others"
            row = session.get(QuarantineOverflow, source)
        if row is None:
            session.add(QuarantineOverflow(source=source, messages=one.messages, **values))
        else:
            row.messages += one.messages
            row.last_said, row.last_ms = one.last_said, one.last_ms
        session.flush()
