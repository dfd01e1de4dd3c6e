"""The history of whose a device was: a row ends when the device is given on, and another begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from anhu.contract.identity import new_id
from anhu.registry.device_tables import DeviceBinding
from anhu.registry.tables import DeviceCommand, Resident

NEWEST_FIRST = (
    DeviceBinding.from_ms.desc(),
    DeviceBinding.until_ms.is_(None).desc(),
    DeviceBinding.until_ms.desc(),
    DeviceBinding.id,
)
"""Of two that began in the same millisecond, the one that ended later came after."""


class Wearing(NamedTuple):
    """A stretch of time in which a device was somebody's. `until_ms` is None for the present one. [ms]."""

    resident_id: str
    centre_id: str
    from_ms: int
    until_ms: int | None


def present_binding(session: Session, device_id: str) -> DeviceBinding | None:
    """Return the open binding of a device; None when it is nobody's and stands nowhere of ours."""
    return session.scalar(
        select(DeviceBinding).where(DeviceBinding.device_id == device_id, DeviceBinding.until_ms.is_(None))
    )


def note_binding(
    session: Session, device_id: str, resident_id: str | None, place_id: str | None, *, now_ms: int, by: str
) -> None:
    """End what was bound, and begin what is bound now; the same once more changes nothing. [ms]."""
    now = present_binding(session, device_id)
    if now is not None:
        if (now.resident_id, now.place_id) == (resident_id, place_id):
            return
        now.until_ms, now.ended_by = max(now_ms, now.from_ms), by
        session.flush()
    if resident_id or place_id:
        facts = {"resident_id": resident_id or None, "place_id": place_id or None, "from_ms": now_ms, "bound_by": by}
        session.add(DeviceBinding(id=new_id("bd"), device_id=device_id, **facts))
        session.flush()


def forget_commands(session: Session, device_id: str, now_ms: int) -> None:
    """Let end what was asked of a device for its former wearer: the next one must not be asked it. [ms]."""
    waiting = (DeviceCommand.device_id == device_id, DeviceCommand.delivered_at_ms.is_(None))
    session.execute(
        update(DeviceCommand).where(*waiting, DeviceCommand.expires_at_ms > now_ms).values(expires_at_ms=now_ms)
    )


def wearings(session: Session, device_ids: Sequence[str]) -> Mapping[str, Sequence[Wearing]]:
    """Return whose devices were and are, the newest first; those that were never passed on are left out."""
    rows = session.execute(
        select(
            DeviceBinding.device_id,
            DeviceBinding.resident_id,
            Resident.centre_id,
            DeviceBinding.from_ms,
            DeviceBinding.until_ms,
        )
        .outerjoin(Resident, Resident.id == DeviceBinding.resident_id)
        .where(DeviceBinding.device_id.in_(device_ids))
        .order_by(*NEWEST_FIRST)
    )
    found: dict[str, list[Wearing]] = {}
    for row in rows:
        one = Wearing(row.resident_id or "", row.centre_id or "", row.from_ms, row.until_ms)
        found.setdefault(row.device_id, []).append(one)
    return {device_id: all_of for device_id, all_of in found.items() if any(one.until_ms for one in all_of)}
