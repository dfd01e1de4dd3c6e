"""To whom, to which bed, to which room a device is given; one at a bed watches whoever lies there."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.binding_history import present_binding
from anhu.registry.device_tables import DeviceBinding
from anhu.registry.devices import assign_device
from anhu.registry.people_tables import Place, Stay
from anhu.registry.rows import existing
from anhu.registry.tables import Device

_STANDS_IN = frozenset({"room", "bed"})


def bind_device(
    session: Session, device_id: str, *, resident_id: str, place_id: str, now_ms: int, by: str = ""
) -> Device:
    """Give a device to a resident, to a bed or a room, or to neither: returned. [ms].

    Raises
    ------
    FieldError
        For a place in which nobody lies, one in which several do and none is named, or one where the named does not.
    MissingRowError
        If device, resident or place do not exist.
    """
    if place_id:
        resident_id = _whom_it_watches(session, existing(session, Place, place_id), resident_id)
    return assign_device(session, device_id, resident_id or None, now_ms=now_ms, place_id=place_id or None, by=by)


def follow_place(session: Session, place_id: str, *, now_ms: int) -> list[str]:
    """Give what stands at a bed or in a room to who lies there now; return the devices that changed hands. [ms]."""
    here = _lying(session, place_id)
    moved = []
    standing = select(DeviceBinding).where(DeviceBinding.place_id == place_id, DeviceBinding.until_ms.is_(None))
    for binding in session.scalars(standing.order_by(DeviceBinding.device_id)).all():
        if binding.resident_id in here or (binding.resident_id is None and not here):
            continue
        # Of several who share a room nobody can be chosen without asking: the device calls for none of them.
        given = here[0] if len(here) == 1 else None
        if given != binding.resident_id:
            assign_device(session, binding.device_id, given, now_ms=now_ms, place_id=place_id)
            moved.append(binding.device_id)
    return moved


def place_of(session: Session, device_id: str) -> Place | None:
    """Return where a device stands; None for one that is worn, or nowhere."""
    binding = present_binding(session, device_id)
    return session.get(Place, binding.place_id) if binding is not None and binding.place_id else None


def _whom_it_watches(session: Session, place: Place, resident_id: str) -> str:
    if place.kind not in _STANDS_IN or not place.in_use:
        raise FieldError("place_id", place.full_name, "a room or a bed in use", zh="使用中的房间或床位")
    here = _lying(session, place.id)
    if resident_id:
        if resident_id not in here:
            raise FieldError("resident_id", "…", f"who lies in {place.full_name}", zh=f"住在 {place.full_name} 的人")
        return resident_id
    if len(here) > 1:
        raise FieldError("resident_id", "", "for whom of the room it calls", zh="该房间住有多人，请选择为谁报警")
    return here[0] if here else ""


def _lying(session: Session, place_id: str) -> list[str]:
    """Return who lies at a place or, if it is a room, in a bed of it."""
    at = select(Place.id).where((Place.id == place_id) | (Place.parent_id == place_id))
    wanted = select(Stay.resident_id).where(Stay.until_ms.is_(None), Stay.place_id.in_(at))
    return list(session.scalars(wanted.order_by(Stay.resident_id)))
