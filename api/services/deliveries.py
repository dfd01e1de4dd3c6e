"""The delivery log: how much of each device came and was read, for who makes or looks after it; never whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import select

from anhu.contract.clock import HOUR_MS
from anhu.contract.printable import printable
from anhu.registry.device_tables import DeviceSeen
from anhu.registry.tables import Device
from api.dependencies import Dependencies
from api.schemas.deliveries import DeliveriesView, DeliveryHour, DeliveryView
from api.security.roles import Permission, Viewer
from api.security.visibility import visible_devices
from api.services.device_views import silent_condition
from api.visit import visit_many
from ingest.delivered import Deliveries
from ingest.letter import Filter, Stage

HOURS = 24
_MOST_DEVICES = 2_000
_MOST_SHOWN = 200
_MOST_LETTERS = 500
_Asked: TypeAlias = tuple[str, str, str | None, int | None, bool]


def list_deliveries(deps: Dependencies, viewer: Viewer, *, product_id: str = "", device_id: str = "") -> DeliveriesView:
    """Return what came of the visible devices in the last 24 hours; those with refused messages come first."""
    with visit_many(deps, viewer, "delivery.list", permission=Permission.READ_REFUSALS) as visit:
        visit.object_id = device_id or product_id
        asked = [visible_devices(viewer)]
        asked += [Device.product_id == product_id] if product_id else []
        asked += [Device.id == device_id] if device_id else []
        silent = silent_condition(visit.now_ms)
        rows = visit.session.execute(
            select(Device.id, Device.model, Device.product_id, DeviceSeen.seen_ms, silent)
            .outerjoin(DeviceSeen, DeviceSeen.device_id == Device.id)
            .where(*asked)
            .order_by(Device.id)
            .limit(_MOST_DEVICES + 1)
        ).all()
    first_ms = (visit.now_ms // HOUR_MS - HOURS + 1) * HOUR_MS
    ids = [row[0] for row in rows[:_MOST_DEVICES]]
    came = deps.deliveries.of(ids, since_ms=first_ms) if deps.deliveries is not None and ids else ()
    by_device, by_hour = _gathered(came, first_ms)
    reasons = _newest_reasons(deps, ids)
    views = [_view(row, by_device.get(row[0], []), reasons) for row in rows[:_MOST_DEVICES]]
    views.sort(key=lambda one: (-one.refused, -one.partly, one.device_id))
    return DeliveriesView(
        since_ms=first_ms,
        devices=len(views),
        silent=sum(one.silent for one in views),
        hours=by_hour,
        items=views[:_MOST_SHOWN],
        more=len(rows) > min(_MOST_DEVICES, _MOST_SHOWN),
    )


def _view(row: _Asked, hours: list[DeliveryHour], reasons: Mapping[str, tuple[int, str]]) -> DeliveryView:
    device_id, model, product_id, seen_ms, is_silent = row
    refused_ms, reason = reasons.get(device_id, (None, ""))
    return DeliveryView(
        device_id=device_id,
        model=model,
        product_id=product_id or "",
        seen_at_ms=seen_ms,
        silent=bool(is_silent),
        accepted=sum(one.accepted for one in hours),
        partly=sum(one.partly for one in hours),
        refused=sum(one.refused for one in hours),
        hours=hours,
        last_refused_at_ms=refused_ms,
        last_reason=reason,
    )


def _gathered(came: Sequence[Deliveries], first_ms: int) -> tuple[Mapping[str, list[DeliveryHour]], list[DeliveryHour]]:
    """Return the hours of each device, and of all together, of these every hour."""
    by_device: dict[str, list[DeliveryHour]] = {}
    totals = [[0, 0, 0] for _ in range(HOURS)]
    for one in came:
        counts = {"accepted": one.accepted, "partly": one.partly, "refused": one.refused}
        by_device.setdefault(one.device_id, []).append(DeliveryHour(hour_ms=one.hour_ms, **counts))
        n = (one.hour_ms - first_ms) // HOUR_MS
        if 0 <= n < HOURS:
            totals[n] = [before + more for before, more in zip(totals[n], counts.values(), strict=True)]
    whole = [
        DeliveryHour(hour_ms=first_ms + n * HOUR_MS, accepted=read, partly=partly, refused=refused)
        for n, (read, partly, refused) in enumerate(totals)
    ]
    return by_device, whole


def _newest_reasons(deps: Dependencies, ids: Sequence[str]) -> Mapping[str, tuple[int, str]]:
    """Return device -> when something of it was last refused, and why; of the newest refused messages of all."""
    if deps.letters is None or not ids:
        return {}
    which = Filter(stage=Stage.DECODE, devices=ids)
    found: dict[str, tuple[int, str]] = {}
    for letter in deps.letters.page(which, before_id=2**62, limit=_MOST_LETTERS):
        found.setdefault(letter.device_id, (letter.received_at_ms, printable(letter.reason)))
    return found
