"""Whether what is measured of a resident reaches the charts at present, and since when it does not."""

from __future__ import annotations

from sqlalchemy import func, select

from anhu.registry.series_tables import ResidentStore, StoreProgress
from api.visit import ResidentVisit


def behind_since_ms(visit: ResidentVisit) -> int:
    """Return since when the store of the visited resident's county has not taken everything; 0: it has. [ms].

    What came since then is in the LOG, and in the newest values; charts and lists of events end there.
    """
    home = (
        select(ResidentStore.store)
        .where(ResidentStore.resident_id == visit.resident_id)
        .order_by(ResidentStore.since_ms.desc())
        .limit(1)
        .scalar_subquery()
    )
    since = select(func.min(StoreProgress.since_ms)).where(StoreProgress.store == home)
    return visit.session.scalar(since) or 0
