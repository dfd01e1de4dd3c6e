"""The list of devices: found, filtered and sorted by the database, a page at a time."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from anhu.registry.device_tables import DeviceClaim, DeviceSeen
from anhu.registry.tables import Device, DeviceNote, Resident
from api.dependencies import Dependencies
from api.schemas.devices import DeviceView
from api.security.roles import Permission, Viewer
from api.security.visibility import visible_devices
from api.services.counting import Counted, count_up_to
from api.services.device_views import LOW_BATTERY_PERCENT, device_views, silent_condition
from api.visit import visit_many
from ingest.letter import Filter, Stage

_MOST_PAGES = 2_000
_MOST_COUNTED = 1_000
"""Beyond this the page says that there are more."""
_MOST_REFUSED = 1_000


class State(StrEnum):
    """What the list can be narrowed to."""

    SILENT = "silent"
    LOW_BATTERY = "low_battery"
    UNBOUND = "unbound"
    REFUSED = "refused"
    """Something of it came to nothing, at the door or in its codec."""
    REVOKED = "revoked"


class Order(StrEnum):
    """What the list is sorted by."""

    ID = "id"
    SEEN = "seen"
    """Who is silent for longest comes first."""
    BATTERY = "battery"
    RESIDENT = "resident"


class Wanted(NamedTuple):
    """Which devices are asked for, and how; an empty text narrows nothing."""

    search: str = ""
    state: str = ""
    codec: str = ""
    product_id: str = ""
    order: str = Order.ID.value
    page: int = 1


class FoundDevices(NamedTuple):
    """One page of them.

    Attributes
    ----------
    pages : int
        How many pages; 0: there are more than are counted.
    has_more : bool
        Whether another page follows.
    """

    rows: list[DeviceView]
    total: Counted
    page: int
    pages: int
    has_more: bool


def find_devices(deps: Dependencies, viewer: Viewer, wanted: Wanted, *, limit: int) -> FoundDevices:
    """Return a page of the visible devices. A vendor finds none by its resident."""
    refused = _refused(deps) if wanted.state == State.REFUSED else []
    with visit_many(deps, viewer, "device.list", permission=Permission.READ_DEVICES) as visit:
        sees = viewer.may(Permission.READ_HEALTH)
        conditions = [visible_devices(viewer), *_narrowed(wanted, sees=sees, now_ms=visit.now_ms, refused=refused)]
        total = count_up_to(visit.session, _joined(select(Device.id), sees=sees).where(*conditions), _MOST_COUNTED)
        pages = 0 if total.has_more else max(1, -(-total.number // limit))
        page = min(max(1, wanted.page), pages or _MOST_PAGES)
        if wanted.search:
            conditions = [Device.id.in_(_all_found(conditions, sees=sees))]
        query = _joined(select(Device), sees=sees).where(*conditions).order_by(*_sorted_by(wanted.order, sees=sees))
        found = visit.session.scalars(query.limit(limit + 1).offset((page - 1) * limit)).all() if total.number else []
        rows = found[:limit]
        visit.detail["count"] = len(rows)
        return FoundDevices(device_views(visit, rows), total, page, pages, len(found) > limit)


def _all_found(conditions: list[ColumnElement[bool]], *, sees: bool) -> Select[str]:
    """Return what a search finds, found before it is sorted: else every device of a city is tried in order."""
    held = _joined(select(Device.id), sees=sees).where(*conditions).cte("held")
    return select(held.prefix_with("MATERIALIZED", dialect="postgresql").c.id)


def _joined(query: Select[Any], *, sees: bool) -> Select[Any]:
    query = query.select_from(Device).outerjoin(DeviceSeen, DeviceSeen.device_id == Device.id)
    return query.outerjoin(Resident, Resident.id == Device.resident_id) if sees else query


def _narrowed(wanted: Wanted, *, sees: bool, now_ms: int, refused: list[str]) -> list[ColumnElement[bool]]:
    found = []
    if wanted.search:
        found.append(_holds(wanted.search, sees=sees))
    if wanted.codec:
        found.append(Device.codec == wanted.codec)
    if wanted.product_id:
        found.append(Device.product_id == wanted.product_id)
    noted = Device.id.in_(select(DeviceNote.device_id))
    states = {
        State.SILENT: silent_condition(now_ms),
        State.LOW_BATTERY: and_(DeviceSeen.battery_percent <= LOW_BATTERY_PERCENT, Device.enabled),
        State.UNBOUND: and_(Device.resident_id.is_(None), Device.enabled),
        State.REFUSED: or_(noted, Device.id.in_(refused)),
        State.REVOKED: Device.enabled.is_(False),
    }
    if wanted.state in states:
        found.append(states[State(wanted.state)])
    return found


def _holds(search: str, *, sees: bool) -> ColumnElement[bool]:
    columns = [Device.id, Device.model, Device.vendor, Device.firmware, *([Resident.name] if sees else [])]
    code = "".join(one for one in search.upper() if one.isalnum())
    coded = Device.id.in_(select(DeviceClaim.device_id).where(DeviceClaim.code == code))
    return or_(coded, *(column.contains(search, autoescape=True) for column in columns))


def _sorted_by(order: str, *, sees: bool) -> list[Any]:
    if order == Order.SEEN:
        return [func.coalesce(DeviceSeen.seen_ms, 0), Device.id]
    if order == Order.BATTERY:
        return [func.coalesce(DeviceSeen.battery_percent, 1_000.0), Device.id]
    if order == Order.RESIDENT and sees:
        return [func.coalesce(Resident.name, ""), Device.id]
    return [Device.id]


def _refused(deps: Dependencies) -> list[str]:
    """Return of which devices a codec refused something lately; the list shows those among them that one may see."""
    if deps.letters is None:
        return []
    found = deps.letters.reasons(Filter(stage=Stage.DECODE), limit=_MOST_REFUSED)
    return sorted({device_id for device_id, *_ in found})
