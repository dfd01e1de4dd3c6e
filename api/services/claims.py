"""The code on a device's box: whoever installs the device says it, and whose the device becomes."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.bindings import place_of
from anhu.registry.claim_codes import claim_codes, device_of, shown_code, typed_code
from anhu.registry.database import reading
from anhu.registry.errors import MissingRowError
from anhu.registry.people_tables import Place
from anhu.registry.product_tables import Product
from anhu.registry.tables import Device, Resident
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.qr import qr_rows
from api.schemas.devices import Binding, Claim, ClaimView, DeviceView, LabelView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_devices, visible_places, visible_residents
from api.services.bindings import bound
from api.services.device_views import one_view

MOST_LABELS = 500
_STANDS_IN = ("room", "bed")


def read_claim(deps: Dependencies, viewer: Viewer, text: str) -> ClaimView:
    """Return what a code stands for. Raises `FieldError` for one that is on no box of ours."""
    require(viewer, Permission.BIND_DEVICES)
    with reading(deps.sessions)() as session:
        row = _claimed(session, text)
        product = session.get(Product, row.product_id) if row.product_id else None
        seen = select(Device.id).where(Device.id == row.id, Device.resident_id.is_not(None), visible_devices(viewer))
        is_taken = row.resident_id is not None or place_of(session, row.id) is not None
        return ClaimView(
            device_id=row.id,
            claim_code=shown_code(typed_code(text)),
            model=row.model,
            product_name=product.name if product else "",
            alarms=row.alarms,
            state="revoked" if not row.enabled else "taken" if is_taken else "free",
            own=session.scalar(seen) is not None,
        )


def claim_device(deps: Dependencies, viewer: Viewer, given: Claim) -> DeviceView:
    """Bind a free device by the code on its box.

    Raises
    ------
    ConflictError
        If somebody has it: it is returned first, by those who see whose it is. Or if it was shut out.
    FieldError, NotFoundError
        For a code that is on no box, a resident whom the caller does not see, a bed of another centre.
    """
    require(viewer, Permission.BIND_DEVICES)
    if not given.resident_id and not given.place_id:
        raise FieldError("resident_id", "", "a resident, a bed or a room", zh="服务对象、床位或房间")
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = _claimed(session, given.code, lock=True)
        if not row.enabled:
            raise ConflictError("this device was shut out", zh="该设备已停用")
        if row.resident_id is not None or place_of(session, row.id) is not None:
            raise ConflictError("somebody has this device; it must be returned first", zh="该设备已有人使用，请先归还")
        where = Binding(resident_id=given.resident_id, place_id=given.place_id)
        return one_view(viewer, bound(session, viewer, row.id, where, now_ms=now_ms), now_ms)


def places_to_bind(deps: Dependencies, viewer: Viewer) -> list[tuple[str, str]]:
    """Return the beds and rooms at which the viewer may put a device: identity and full name."""
    require(viewer, Permission.BIND_DEVICES)
    with reading(deps.sessions)() as session:
        wanted = select(Place.id, Place.full_name).where(
            Place.in_use, Place.kind.in_(_STANDS_IN), visible_places(session, viewer)
        )
        return [(row[0], row[1]) for row in session.execute(wanted.order_by(Place.full_name).limit(2_000))]


def residents_to_bind(deps: Dependencies, viewer: Viewer) -> list[tuple[str, str]]:
    """Return to whom the viewer may give a device: identity and name."""
    require(viewer, Permission.BIND_DEVICES)
    with reading(deps.sessions)() as session:
        wanted = select(Resident.id, Resident.name).where(Resident.active, visible_residents(viewer))
        return [(row[0], row[1]) for row in session.execute(wanted.order_by(Resident.name, Resident.id).limit(2_000))]


def make_labels(deps: Dependencies, viewer: Viewer, device_ids: list[str]) -> list[LabelView]:
    """Return what is printed on the boxes of visible devices, codes made for those that have none. Nothing secret."""
    require(viewer, Permission.PROVISION)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        wanted = select(Device.id, Device.model, Product.name).outerjoin(Product, Product.id == Device.product_id)
        asked = device_ids[:MOST_LABELS]
        rows = session.execute(wanted.where(Device.id.in_(asked), visible_devices(viewer)).order_by(Device.id)).all()
        codes = claim_codes(session, [row[0] for row in rows], now_ms)
        record(session, viewer, "device.labels", now_ms=now_ms, detail={"count": len(rows)})
    return [_label(deps, row[0], row[2] or row[1], codes[row[0]]) for row in rows]


def _label(deps: Dependencies, device_id: str, name: str, code: str) -> LabelView:
    url = f"{deps.public_url}/claim?code={shown_code(code)}"
    return LabelView(device_id=device_id, product_name=name, claim_code=shown_code(code), url=url, qr=qr_rows(url))


def _claimed(session: Session, text: str, *, lock: bool = False) -> Device:
    try:
        device_id = device_of(session, typed_code(text))
    except MissingRowError:
        raise FieldError("code", text[:40], "a code that is on a box of ours", zh="盒上的领用码，请核对") from None
    return session.get_one(Device, device_id, with_for_update={"key_share": True} if lock else None)
