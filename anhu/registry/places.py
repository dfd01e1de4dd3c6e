"""Buildings, floors, rooms and beds of a centre, and who lies where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.bindings import follow_place
from anhu.registry.errors import TakenError
from anhu.registry.people_tables import Place, Stay
from anhu.registry.rows import add_new, change, existing
from anhu.registry.tables import Centre, Resident


class PlaceKind(StrEnum):
    """What a place is; each stands in one of those before it."""

    BUILDING = "building"
    FLOOR = "floor"
    ROOM = "room"
    """A ward's room, or a home in which several may live."""
    BED = "bed"


_ORDER = list(PlaceKind)
_INHABITED = frozenset({PlaceKind.ROOM, PlaceKind.BED})


def create_place(session: Session, *, centre_id: str, kind: str, name: str, parent_id: str | None = None) -> Place:
    """Add a place. Raises `FieldError`, `MissingRowError`, `TakenError` for a name that stands beside it already."""
    existing(session, Centre, centre_id)
    if kind not in _ORDER:
        expected = ", ".join(_ORDER)
        raise FieldError("kind", kind, f"one of {expected}", zh=f"以下之一：{expected}")
    parent = existing(session, Place, parent_id) if parent_id else None
    _check_inside(centre_id, kind, parent)
    row = Place(id=new_id("p"), centre_id=centre_id, parent_id=parent_id or None, kind=kind, name=name, in_use=True)
    row.full_name = _full_name(parent, name)
    _require_own_name(session, row, name)
    return add_new(session, row, row.id)


def _check_inside(centre_id: str, kind: str, parent: Place | None) -> None:
    if parent is None:
        if kind == PlaceKind.BED:
            raise FieldError("parent_id", "", "the room in which the bed stands", zh="床位所在的房间")
        return
    if parent.centre_id != centre_id or _ORDER.index(PlaceKind(parent.kind)) >= _ORDER.index(PlaceKind(kind)):
        wider = _ORDER[: _ORDER.index(PlaceKind(kind))]
        expected = f"a {' or '.join(wider)} of the same centre" if wider else "nothing around it"
        raise FieldError("parent_id", parent.full_name, expected, zh="同一中心内更大的场所")


def rename_place(session: Session, place_id: str, name: str) -> Place:
    """Call a place something else; all below it are called after it. Raises as `create_place`."""
    row = existing(session, Place, place_id, lock=True)
    _require_own_name(session, row, name)
    change(session, row, {"name": name}, frozenset({"name"}))
    _renamed(session, row, existing(session, Place, row.parent_id) if row.parent_id else None)
    return row


def _renamed(session: Session, row: Place, parent: Place | None) -> None:
    row.full_name = _full_name(parent, row.name)
    session.flush()
    for below in session.scalars(select(Place).where(Place.parent_id == row.id)).all():
        _renamed(session, below, row)


def close_place(session: Session, place_id: str) -> Place:
    """Take a place out of use. Raises `TakenError` while somebody lies there or below."""
    row = existing(session, Place, place_id, lock=True)
    inside = _inside(session, row)
    lying = select(Resident.name).join(Stay, Stay.resident_id == Resident.id)
    lying = lying.where(Stay.until_ms.is_(None), Stay.place_id.in_([one.id for one in inside])).limit(1)
    if (name := session.scalar(lying)) is not None:
        raise TakenError("place", f"{row.full_name}: {name}")
    for one in inside:
        one.in_use = False
    session.flush()
    return row


def reopen_place(session: Session, place_id: str) -> Place:
    """Use a place again, and those around it."""
    row = existing(session, Place, place_id, lock=True)
    one: Place | None = row
    while one is not None:
        one.in_use = True
        one = session.get(Place, one.parent_id) if one.parent_id else None
    session.flush()
    return row


def _inside(session: Session, row: Place) -> list[Place]:
    found = [row]
    for one in found:
        found.extend(session.scalars(select(Place).where(Place.parent_id == one.id)))
    return found


def move_resident(session: Session, resident_id: str, place_id: str | None, *, now_ms: int) -> Stay | None:
    """Lay a resident somewhere, from now on; None: nowhere of ours. What was before ends now.

    Raises
    ------
    FieldError
        For a place of another centre, one out of use, one that nobody lies in.
    TakenError
        For a bed in which somebody lies, who is named.
    """
    resident = existing(session, Resident, resident_id, lock=True)
    place = existing(session, Place, place_id, lock=True) if place_id else None
    now = session.scalar(select(Stay).where(Stay.resident_id == resident_id, Stay.until_ms.is_(None)))
    if place is not None and now is not None and now.place_id == place.id:
        return now
    if place is not None:
        _check_free(session, resident, place)
    if now is not None:
        now.until_ms = now_ms
        session.flush()
        _let_devices_follow(session, now.place_id, now_ms)
    if place is None:
        return None
    bed_id = place.id if place.kind == PlaceKind.BED else None
    row = Stay(id=new_id("s"), resident_id=resident_id, place_id=place.id, bed_id=bed_id, from_ms=now_ms)
    add_new(session, row, row.id)
    _let_devices_follow(session, place.id, now_ms)
    return row


def _let_devices_follow(session: Session, place_id: str, now_ms: int) -> None:
    """Let what stands at a place, and in the room around it, watch who lies there now. [ms]."""
    place = existing(session, Place, place_id)
    for one in (place.id, place.parent_id):
        if one is not None:
            follow_place(session, one, now_ms=now_ms)


def _check_free(session: Session, resident: Resident, place: Place) -> None:
    if place.kind not in _INHABITED or not place.in_use or place.centre_id != resident.centre_id:
        expected = "a bed or a home in use, of the resident's own centre"
        raise FieldError("place_id", place.full_name, expected, zh="老人所属中心内使用中的床位或住处")
    if place.kind != PlaceKind.BED:
        return
    lying = select(Resident.name).join(Stay, Stay.resident_id == Resident.id)
    name = session.scalar(lying.where(Stay.bed_id == place.id, Stay.until_ms.is_(None)))
    if name is not None:
        raise TakenError("bed", f"{place.full_name}: {name}")


def beds_of(session: Session, resident_ids: Sequence[str]) -> Mapping[str, str]:
    """Return resident -> where he or she lies now, from the building down; those who lie nowhere of ours left out."""
    wanted = select(Stay.resident_id, Place.full_name).join(Place, Place.id == Stay.place_id)
    rows = session.execute(wanted.where(Stay.resident_id.in_(resident_ids), Stay.until_ms.is_(None)))
    return {row[0]: row[1] for row in rows}


def _full_name(parent: Place | None, name: str) -> str:
    return f"{parent.full_name} {name.strip()}" if parent is not None else name.strip()


def _require_own_name(session: Session, row: Place, name: str) -> None:
    beside = select(Place.id).where(Place.centre_id == row.centre_id, Place.name == name.strip(), Place.id != row.id)
    if session.scalar(beside.where(Place.parent_id.is_not_distinct_from(row.parent_id)).limit(1)) is not None:
        raise TakenError("place", _full_name(None, name))
