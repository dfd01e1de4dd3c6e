"""Writes down when devices were last heard: a few statements, however many devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import case, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from anhu.registry.device_tables import DeviceSeen
from anhu.registry.tables import Device

_AT_ONCE = 500
Row: TypeAlias = tuple[str, int, float | None, float | None, str | None, int, int, int]
"""Device, when it was heard (0: not), battery [%], signal [dBm], its line (``on``, why it ended, None), since when;
of when battery and signal are, if they count only where the device was not heard since (0: they count)."""


def write_heard(session: Session, rows: Sequence[Row]) -> int:
    """Write down what is new of devices; return of how many. Those that are not registered are left out."""
    written = 0
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        known = _heard_before(session, [row[0] for row in part])
        of_known = [row for row in sorted(part, key=lambda row: row[0]) if row[0] in known]
        for has_line in (False, True):
            values = [_values(row, known[row[0]]) for row in of_known if (row[4] is not None) is has_line]
            if values:
                _put(session, values, has_line=has_line)
                written += len(values)
    return written


def _heard_before(session: Session, device_ids: Sequence[str]) -> dict[str, int]:
    """Return when those that are registered were heard, as it is written; 0: never. [ms]."""
    seen = select(Device.id, DeviceSeen.seen_ms).outerjoin(DeviceSeen, DeviceSeen.device_id == Device.id)
    return {row[0]: row[1] or 0 for row in session.execute(seen.where(Device.id.in_(device_ids)))}


def _values(row: Row, heard_ms: int) -> dict[str, Any]:
    device_id, seen_ms, battery, signal, line, line_ms, battery_ms, signal_ms = row
    is_over = line not in (None, "on")
    return {
        "device_id": device_id,
        "seen_ms": seen_ms,
        "battery_percent": None if 0 < battery_ms < heard_ms else battery,
        "signal_dbm": None if 0 < signal_ms < heard_ms else signal,
        "ended_ms": line_ms if is_over else None,
        "ended_why": (line or "") if is_over else "",
    }


def _put(session: Session, values: Sequence[dict[str, Any]], *, has_line: bool) -> None:
    on_postgres = session.get_bind().dialect.name == "postgresql"
    insert = (postgresql.insert if on_postgres else sqlite.insert)(DeviceSeen).values(values)
    given = insert.excluded
    changes = {
        "seen_ms": case((given.seen_ms > DeviceSeen.seen_ms, given.seen_ms), else_=DeviceSeen.seen_ms),
        "battery_percent": func.coalesce(given.battery_percent, DeviceSeen.battery_percent),
        "signal_dbm": func.coalesce(given.signal_dbm, DeviceSeen.signal_dbm),
        **({"ended_ms": given.ended_ms, "ended_why": given.ended_why} if has_line else {}),
    }
    session.execute(insert.on_conflict_do_update(index_elements=["device_id"], set_=changes))
