"""The one order in which everybody locks the rows of alerts, so that no two transactions wait for each other.

Alerts first, several by their identity; then their escalations; then their messages. Who holds an alert may wait for
the rest; who works on messages alone (`notify.due`) passes by what is locked, and waits for nobody. SQLite
has one writer at a time and locks no rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import SQLColumnExpression, select
from sqlalchemy.orm import Session

from alerts.tables import Alert


def lock_alerts(session: Session, *which: SQLColumnExpression[bool], skip_locked: bool = False) -> Sequence[Alert]:
    """Return alerts as they are now, and keep others from changing them until the transaction ends.

    Rows that only refer to them (history, receipts) may be added meanwhile: that waits for nothing.
    """
    return session.scalars(
        select(Alert)
        .where(*which)
        .order_by(Alert.id)
        .with_for_update(key_share=True, skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).all()
