"""Keeps the figures of a month that is over; a correction is a further revision, never another text of the first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from alerts.service_figures.cell import Counts, Key, as_rows
from alerts.service_figures.months import before, month_of, span_of
from alerts.service_figures.reading import cells_of
from alerts.service_figures.tables import ServiceMonth
from anhu.contract.clock import DAY_MS

GRACE_MS = 2 * DAY_MS
"""A month is frozen so long after its end: what is late has come, and what was open has an end. [ms]"""
_LOOKED_AT = 3
"""So many months back corrections are looked for."""


def freeze(session: Session, *, zone: tzinfo, now_ms: int) -> int:
    """Freeze the months that are over, where they are not, or are no longer true; return how many revisions. [ms]."""
    written = 0
    month = month_of(now_ms - GRACE_MS, zone)
    for _ in range(_LOOKED_AT):
        month = before(month, zone)
        written += _freeze_month(session, month, zone, now_ms)
    return written


def _freeze_month(session: Session, month: str, zone: tzinfo, now_ms: int) -> int:
    since_ms, until_ms = span_of(month, zone)
    by_centre = _by_centre(cells_of(session, since_ms=since_ms, until_ms=until_ms, alerts=true()))
    newest = {row.centre_id: row for row in newest_revisions(session, month)}
    written = 0
    for centre_id in sorted({*by_centre, *newest}):
        rows, known = as_rows(by_centre.get(centre_id, {})), newest.get(centre_id)
        if known is not None and known.cells == rows:
            continue
        revision = 1 if known is None else known.revision + 1
        row = ServiceMonth(month=month, centre_id=centre_id, revision=revision, made_at_ms=now_ms, cells=rows)
        session.add(row)
        written += 1
    session.flush()
    return written


def newest_revisions(session: Session, month: str) -> list[ServiceMonth]:
    """Return what is kept of a month, as it was last corrected."""
    last = (
        select(ServiceMonth.centre_id, func.max(ServiceMonth.revision).label("revision"))
        .where(ServiceMonth.month == month)
        .group_by(ServiceMonth.centre_id)
        .subquery()
    )
    same = (ServiceMonth.centre_id == last.c.centre_id) & (ServiceMonth.revision == last.c.revision)
    return list(session.scalars(select(ServiceMonth).join(last, same).where(ServiceMonth.month == month)))


def _by_centre(cells: Mapping[Key, Counts]) -> dict[str, dict[Key, Counts]]:
    parted: dict[str, dict[Key, Counts]] = {}
    for key, counts in cells.items():
        parted.setdefault(key.centre_id, {})[key] = counts
    return parted
