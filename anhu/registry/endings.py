"""How a resident's service ends, and how that is taken back.

The devices become nobody's: a call of theirs is then heard as such and never ascribed to somebody who is gone. The bed
is free. Open alarms stay open: somebody must close them. Everything measured and written stays.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.devices import assign_device
from anhu.registry.errors import TakenError
from anhu.registry.facts import check_text
from anhu.registry.people_tables import Ending, Place, Stay
from anhu.registry.places import move_resident
from anhu.registry.residents import update_resident
from anhu.registry.rows import add_new, existing
from anhu.registry.tables import Device, Resident

_LONGEST_NOTE = 1_000


class EndReason(StrEnum):
    """Why a service ends."""

    DEATH = "death"
    MOVED_AWAY = "moved_away"
    LEFT_SERVICE = "left_service"


def end_service(
    session: Session,
    resident_id: str,
    *,
    reason: str,
    on_date: str,
    note: str,
    now_ms: int,
    today: date,
    by_user: str,
    revision: int | None = None,
) -> Ending:
    """End a resident's service. Raises `FieldError`, `MissingRowError`, `StaleError`, `TakenError` if it has ended."""
    if reason not in list(EndReason):
        expected = ", ".join(EndReason)
        raise FieldError("reason", reason, f"one of {expected}", zh="去世、迁走或退出服务")
    _check_day(on_date, today)
    check_text("note", note, longest=_LONGEST_NOTE, lines=True)
    row = existing(session, Resident, resident_id, lock=True)
    if not row.active:
        raise TakenError("ending", resident_id)
    owned = session.scalars(select(Device.id).where(Device.resident_id == resident_id).order_by(Device.id)).all()
    stay = session.scalar(select(Stay).where(Stay.resident_id == resident_id, Stay.until_ms.is_(None)))
    update_resident(session, resident_id, {"active": False}, revision=revision)
    for device_id in owned:
        assign_device(session, device_id, None, now_ms=now_ms)
    move_resident(session, resident_id, None, now_ms=now_ms)
    made = Ending(
        id=new_id("e"),
        resident_id=resident_id,
        reason=reason,
        on_date=on_date,
        note=note,
        devices=list(owned),
        place_id=stay.place_id if stay else None,
        at_ms=now_ms,
        by_user=by_user,
    )
    return add_new(session, made, made.id)


def _check_day(text: str, today: date) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.max
    if day > today:
        raise FieldError("on_date", text, "a day YYYY-MM-DD that has come", zh="不晚于今天的日期 YYYY-MM-DD")


def last_ending(session: Session, resident_id: str) -> Ending | None:
    """Return how the service ended; None while it goes on."""
    wanted = select(Ending).where(Ending.resident_id == resident_id, Ending.undone_at_ms.is_(None))
    return session.scalar(wanted.order_by(Ending.at_ms.desc()).limit(1))


def resume_service(session: Session, resident_id: str, *, now_ms: int, revision: int | None = None) -> list[str]:
    """Take an ending back: devices and bed are given back where nobody else has them by now.

    Returns
    -------
    list of str
        What could not be given back: devices by identity, the bed by its name.
    """
    row = existing(session, Resident, resident_id, lock=True)
    if row.active:
        raise TakenError("service", resident_id)
    ended = last_ending(session, resident_id)
    update_resident(session, resident_id, {"active": True}, revision=revision)
    if ended is None:
        return []
    lost = [one for one in ended.devices if not _given_back(session, one, resident_id, now_ms)]
    if ended.place_id is not None:
        try:
            move_resident(session, resident_id, ended.place_id, now_ms=now_ms)
        except (TakenError, FieldError):
            lost.append(existing(session, Place, ended.place_id).full_name)
    ended.undone_at_ms = now_ms
    session.flush()
    return lost


def _given_back(session: Session, device_id: str, resident_id: str, now_ms: int) -> bool:
    device = session.get(Device, device_id, populate_existing=True)
    if device is None or device.resident_id not in (None, resident_id):
        return False
    if device.resident_id is None:
        assign_device(session, device_id, resident_id, now_ms=now_ms)
    return True
