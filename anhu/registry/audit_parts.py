"""The audit of a city lies in parts, one a month: on PostgreSQL a table for each, made months ahead.

What no month has been made for lies in one part more, so that nothing is refused for want of a table; who keeps the
parts moves it, and `anhu doctor` says that it was needed. SQLite has one table.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

AHEAD = 3
"""How many months are ready before they begin."""
_LOCK = 7_311_845_927
_BOUNDS = re.compile(r"FROM \((?:'(-?\d+)'|MINVALUE)\) TO \('(-?\d+)'\)")


class Month(NamedTuple):
    """A month by UTC."""

    year: int
    number: int

    @property
    def begins_ms(self) -> int:
        """When it begins. [ms]."""
        return int(datetime(self.year, self.number, 1, tzinfo=UTC).timestamp()) * 1_000

    @property
    def table(self) -> str:
        """Which table holds it."""
        return f"audit_{self.year:04}_{self.number:02}"

    def later(self, months: int) -> Month:
        """Return the month so many later."""
        years, number = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, number + 1)


class Parts(NamedTuple):
    """How the audit lies.

    Attributes
    ----------
    until_ms : int, optional
        Until when there are tables; None where it is one table. [ms]
    beside : bool
        Whether rows lie where no month was made for them.
    """

    until_ms: int | None
    beside: bool = False


def month_of(at_ms: int) -> Month:
    """Return the month of a time. [ms]."""
    at = datetime.fromtimestamp(at_ms / 1_000, tz=UTC)
    return Month(at.year, at.month)


def parts_of(session: Session) -> Parts:
    """Return how the audit lies."""
    if session.get_bind().dialect.name != "postgresql":
        return Parts(None)
    until_ms = _until_ms(session)
    if until_ms is None:
        return Parts(None)
    beside = session.scalar(text("SELECT 1 FROM audit_other LIMIT 1"))
    return Parts(until_ms, beside is not None)


def keep_parts(session: Session, now_ms: int) -> int:
    """Make the months that are missing, what lies beside them included; return how many. [ms]."""
    if session.get_bind().dialect.name != "postgresql" or _until_ms(session) is None:
        return 0
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
        return 0  # somebody else is at it
    made, until_ms = 0, _until_ms(session) or 0
    month = month_of(until_ms)
    newest = month_of(now_ms).later(AHEAD)
    while month <= newest:
        _make(session, month)
        made += 1
        month = month.later(1)
    return made


def _make(session: Session, month: Month) -> None:
    """Make a month's table and attach it: unlike making it as a part, that keeps nobody from writing."""
    name, bounds = month.table, {"begins": month.begins_ms, "ends": month.later(1).begins_ms}
    session.execute(text(f'CREATE TABLE "{name}" (LIKE audit INCLUDING DEFAULTS)'))
    beside = "DELETE FROM audit_other WHERE at_ms >= :begins AND at_ms < :ends RETURNING *"
    moved = f'WITH moved AS ({beside}) INSERT INTO "{name}" SELECT * FROM moved'  # noqa: S608 - our own name
    session.execute(text(moved), bounds)
    session.execute(
        text(f'ALTER TABLE audit ATTACH PARTITION "{name}" FOR VALUES FROM ({bounds["begins"]}) TO ({bounds["ends"]})')
    )


def _until_ms(session: Session) -> int | None:
    """Return until when there are parts without a gap; None where there are none. [ms]."""
    found = session.scalars(
        text(
            "SELECT pg_get_expr(part.relpartbound, part.oid) FROM pg_inherits"
            " JOIN pg_class AS part ON part.oid = inhrelid WHERE inhparent = to_regclass('audit')"
        )
    )
    ends = [int(bounds[2]) for one in found if (bounds := _BOUNDS.search(one))]
    return max(ends, default=None)
