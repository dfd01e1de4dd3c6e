"""Devices that nobody registered: who they are, how often they speak, and their adoption. Never what they said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from alerts.episodes.nobodys_calls import settle_call
from anhu.contract.errors import FieldError
from anhu.contract.identity import device_id as checked_device_id
from anhu.registry import devices
from anhu.registry.database import reading
from anhu.registry.product_tables import Product
from anhu.registry.quarantine_tables import QuarantinedDevice, QuarantinedMessage, QuarantineOverflow
from anhu.registry.roles import Role
from api.dependencies import Dependencies
from api.errors import ForbiddenError, NotFoundError
from api.schemas.quarantine import Adoption, OverflowView, QuarantineView, StrangerView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident, visible_strangers
from api.visit import visit_many

SHOWN = 200
_STRANGERS = "stranger:"


def list_quarantine(deps: Dependencies, viewer: Viewer) -> QuarantineView:
    """Return who is in quarantine: a vendor is shown what its own products' cloud brought."""
    with visit_many(deps, viewer, "stranger.list", permission=Permission.MANAGE_PRODUCTS) as visit:
        session = visit.session
        order = (
            QuarantinedDevice.adopted_ms.is_not(None),
            QuarantinedDevice.last_call_ms.is_(None),
            QuarantinedDevice.last_call_ms.desc(),
            QuarantinedDevice.last_ms.desc(),
        )
        rows = session.scalars(select(QuarantinedDevice).where(visible_strangers(viewer)).order_by(*order).limit(SHOWN))
        found = rows.all()
        total = session.scalar(_counted(viewer)) or 0
        waiting, products = _waiting(session, found), _products(session, found)
        overflow: Sequence[QuarantineOverflow] = ()
        if viewer.role is Role.ADMIN:
            newest = select(QuarantineOverflow).order_by(QuarantineOverflow.last_ms.desc())
            overflow = session.scalars(newest.limit(SHOWN)).all()
    return QuarantineView(
        strangers=[_view(row, waiting.get(row.id, 0), products.get(row.product_id, "")) for row in found],
        total=total,
        overflow=[
            OverflowView(source=one.source, messages=one.messages, last_said=one.last_said, last_ms=one.last_ms)
            for one in overflow
        ],
    )


def count_strangers(deps: Dependencies, viewer: Viewer) -> int:
    """Return how many wait to be adopted, for the menu."""
    if not viewer.may(Permission.MANAGE_PRODUCTS):
        return 0
    with reading(deps.sessions)() as session:
        return session.scalar(_counted(viewer)) or 0


def adopt_stranger(deps: Dependencies, viewer: Viewer, stranger_id: str, given: Adoption) -> str:
    """Register a device from quarantine; what it said is replayed within seconds. Return its identity.

    Raises
    ------
    TakenError, FieldError, MissingRowError
        If it is registered already, or the codec or the resident do not exist.
    ForbiddenError
        If a vendor says whose it is.
    """
    require(viewer, Permission.MANAGE_PRODUCTS)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = _visible(session, viewer, stranger_id)
        codec = given.codec or row.codec
        if codec not in deps.codecs:
            raise FieldError("codec", codec, f"one of {', '.join(sorted(deps.codecs))}", zh="已安装的编解码器")
        if not _can_be_adopted(row):
            raise FieldError("id", row.said, "an identity of a device", zh="有效的设备编号")
        if given.resident_id:
            if viewer.role is Role.VENDOR:
                raise ForbiddenError("a vendor may not say whom a device belongs to")
            visible_resident(session, viewer, given.resident_id)
        made = devices.create_device(
            session,
            device_id=checked_device_id(row.id),
            codec=codec,
            now_ms=now_ms,
            resident_id=given.resident_id or None,
            room=given.room,
            product_id=row.product_id,
        )
        row.adopted_ms = now_ms
        detail = {"door": row.door, "calls": row.calls}
        resident_id = made.resident_id or ""
        record(
            session, viewer, "stranger.adopt", now_ms=now_ms, resident_id=resident_id, object_id=made.id, detail=detail
        )
        return made.id


def forget_stranger(deps: Dependencies, viewer: Viewer, stranger_id: str) -> None:
    """Forget a stranger and what it said; should it speak again, it is here again."""
    require(viewer, Permission.MANAGE_PRODUCTS)
    with deps.sessions.begin() as session:
        row = _visible(session, viewer, stranger_id)
        session.execute(delete(QuarantinedMessage).where(QuarantinedMessage.quarantined_id == row.id))
        session.delete(row)
        settle_call(session, row.id)
        detail = {"messages": row.messages, "calls": row.calls}
        record(session, viewer, "stranger.forget", now_ms=deps.clock.now_ms(), object_id=row.id, detail=detail)


def _visible(session: Session, viewer: Viewer, stranger_id: str) -> QuarantinedDevice:
    found = session.scalar(
        select(QuarantinedDevice).where(QuarantinedDevice.id == stranger_id, visible_strangers(viewer))
    )
    if found is None:
        raise NotFoundError(f"no stranger {stranger_id!r}")
    return found


def _counted(viewer: Viewer) -> Select[int]:
    waiting = (visible_strangers(viewer), QuarantinedDevice.adopted_ms.is_(None))
    return select(func.count()).select_from(QuarantinedDevice).where(*waiting)


def _waiting(session: Session, rows: Sequence[QuarantinedDevice]) -> Mapping[str, int]:
    wanted = select(QuarantinedMessage.quarantined_id, func.count()).where(
        QuarantinedMessage.quarantined_id.in_([row.id for row in rows])
    )
    return {row[0]: row[1] for row in session.execute(wanted.group_by(QuarantinedMessage.quarantined_id))}


def _products(session: Session, rows: Sequence[QuarantinedDevice]) -> Mapping[str, str]:
    wanted = select(Product.id, Product.name).where(Product.id.in_({row.product_id for row in rows}))
    return {row[0]: row[1] for row in session.execute(wanted)}


def _can_be_adopted(row: QuarantinedDevice) -> bool:
    return not row.id.startswith(_STRANGERS)


def _view(row: QuarantinedDevice, waiting: int, product_name: str) -> StrangerView:
    return StrangerView(
        id=row.id,
        said=row.said,
        door=row.door,
        route=row.route,
        product_id=row.product_id,
        product_name=product_name,
        codec=row.codec,
        address=row.address,
        messages=row.messages,
        waiting=waiting,
        calls=row.calls,
        replayed=row.replayed,
        can_be_adopted=_can_be_adopted(row),
        first_ms=row.first_ms,
        last_ms=row.last_ms,
        last_call_ms=row.last_call_ms,
        adopted_ms=row.adopted_ms,
    )
