"""What was refused of devices: its vendor, and those who see its resident, see why, without a shell."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select

from anhu.contract.printable import printable
from anhu.registry.product_tables import Product
from anhu.registry.roles import Role
from anhu.registry.tables import Device
from api.dependencies import Dependencies
from api.schemas.base import Page
from api.schemas.refusals import MappingView, RefusalView
from api.security.roles import Permission, Viewer
from api.security.visibility import visible_devices, visible_products
from api.services.paging import decode_cursor, encode_cursor
from api.visit import Visit, visit_many
from ingest.letter import DeadLetter, Filter, Stage

_SHOWN_BYTES = 240
_NO_ID = 2**62


def list_refusals(
    deps: Dependencies, viewer: Viewer, *, device_id: str = "", cursor: str = "", limit: int = 50
) -> Page[RefusalView]:
    """Return refused messages of the visible devices, newest first."""
    with visit_many(deps, viewer, "refusal.list", permission=Permission.READ_REFUSALS) as visit:
        visit.object_id = device_id
        which = _asked(visit, device_id)
    if deps.letters is None:
        return Page(items=[], next_cursor=None)
    after = decode_cursor(cursor, int)
    letters = deps.letters.page(which, before_id=int(after[0]) if after else _NO_ID, limit=limit + 1)
    more = encode_cursor(letters[limit - 1].letter_id) if len(letters) > limit else None
    return Page(items=[_view(letter) for letter in letters[:limit]], next_cursor=more)


def list_mapping(deps: Dependencies, viewer: Viewer, *, device_id: str = "", limit: int = 100) -> list[MappingView]:
    """Return why messages of the visible devices are refused and which words nobody mapped, the most frequent first."""
    with visit_many(deps, viewer, "refusal.mapping", permission=Permission.READ_REFUSALS) as visit:
        visit.object_id = device_id
        which = _asked(visit, device_id)
    if deps.letters is None:
        return []
    return [
        MappingView(device_id=device_id, reason=printable(reason), count=count, example_id=newest)
        for device_id, reason, count, newest in deps.letters.reasons(which, limit=limit)
    ]


def _asked(visit: Visit, device_id: str) -> Filter:
    """Return which letters the viewer may see: an admin all, others those of the devices that they see.

    What a device sent when it was another resident's stays that one's.
    """
    asked = Filter(device_id=device_id, stage=Stage.DECODE)
    if visit.viewer.role is Role.ADMIN:
        return asked
    seen = _seen(visit, device_id)
    if visit.viewer.role is Role.VENDOR:
        its_own = visit.session.scalars(select(Product.id).where(visible_products(visit.viewer)))
        return asked._replace(devices=[row[0] for row in seen], pushes=[f"/push/{one}" for one in its_own])
    return asked._replace(devices=[row[0] for row in seen], residents=list({"", *(row[1] for row in seen if row[1])}))


def _seen(visit: Visit, device_id: str) -> Sequence[Row[str, str | None]]:
    """Return the devices that the viewer sees, and whose: the one that is asked for, or all."""
    query = select(Device.id, Device.resident_id).where(visible_devices(visit.viewer))
    if device_id:
        query = query.where(Device.id == device_id)
    return visit.session.execute(query).all()


def _view(letter: DeadLetter) -> RefusalView:
    field, got, _ = letter.reason.partition(": got ")
    return RefusalView(
        id=letter.letter_id,
        device_id=letter.device_id,
        received_at_ms=letter.received_at_ms,
        codec=letter.codec,
        door=letter.door,
        route=printable(letter.route),
        field=printable(field) if got else "",
        reason=printable(letter.reason),
        payload=printable(letter.payload[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")),
        payload_bytes=len(letter.payload),
        replayed=letter.replayed_at_ms is not None,
    )
