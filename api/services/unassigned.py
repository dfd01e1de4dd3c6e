"""What is nobody's until somebody says whose it is: of unknown users of shared devices, of sensors heard by radio."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from alerts.engine.calls_of_nobody import NO_SLOT, UNASSIGNED
from alerts.episodes.nobodys_calls import settle_call
from anhu.contract.identity import child_device_id, spelled
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Undecoded, decode_as_written
from anhu.registry import devices
from anhu.registry.database import reading
from anhu.registry.payload_vault import opened
from anhu.registry.quarantine_tables import UnassignedReading
from anhu.registry.sealing import WrongKeyError
from anhu.registry.tables import Device
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.quarantine import Assignment, MeasuredView, UnassignedView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident, visible_unassigned
from api.visit import visit_many

SHOWN = 200


def list_unassigned(deps: Dependencies, viewer: Viewer) -> list[UnassignedView]:
    """Return what waits, calls for help first, then abnormal ones, then the newest."""
    require(viewer, Permission.RESPOND)
    with visit_many(deps, viewer, "unassigned.list") as visit:
        waiting = select(UnassignedReading).where(visible_unassigned(viewer), UnassignedReading.settled_ms.is_(None))
        order = (
            UnassignedReading.is_call.desc(),
            UnassignedReading.abnormal.desc(),
            UnassignedReading.received_at_ms.desc(),
        )
        rows = visit.session.scalars(waiting.order_by(*order).limit(SHOWN)).all()
        return [_view(row, _record(deps, row)) for row in rows]


def count_unassigned(deps: Dependencies, viewer: Viewer) -> int:
    """Return how many wait, for the menu."""
    if not viewer.may(Permission.RESPOND):
        return 0
    with reading(deps.sessions)() as session:
        waiting = (visible_unassigned(viewer), UnassignedReading.settled_ms.is_(None))
        return session.scalar(select(func.count()).select_from(UnassignedReading).where(*waiting)) or 0


def assign_reading(deps: Dependencies, viewer: Viewer, reading_id: str, given: Assignment) -> None:
    """Say whose a measurement is: it is stored with its own time within seconds.

    ``from_now_on`` binds the user of the device to the resident, and everything of that user that waits is theirs.
    """
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = _visible(session, viewer, reading_id)
        resident = visible_resident(session, viewer, given.resident_id)
        same = [UnassignedReading.id == row.id]
        if given.from_now_on and row.slot != NO_SLOT:
            _bind(session, row, resident.id, now_ms)
            same = [UnassignedReading.device_id == row.device_id, UnassignedReading.slot == row.slot]
        waiting = update(UnassignedReading).where(*same, UnassignedReading.settled_ms.is_(None))
        session.execute(waiting.values(resident_id=resident.id, settled_ms=now_ms, settled_by=viewer.user_id))
        _settle(session, row)
        detail = {"device": row.device_id, "slot": row.slot, "from_now_on": given.from_now_on}
        record(
            session,
            viewer,
            "unassigned.assign",
            now_ms=now_ms,
            resident_id=resident.id,
            object_id=row.id,
            detail=detail,
        )


def dismiss_reading(deps: Dependencies, viewer: Viewer, reading_id: str, *, from_now_on: bool = False) -> None:
    """Say that a measurement is nobody's: a visitor's, a try. It stays in the log of what was measured, as nobody's.

    ``from_now_on``: a neighbour's. No measurement of that sensor, or user, waits for the next 30 days; its calls
    for help do, and are told.
    """
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = _visible(session, viewer, reading_id)
        same = [UnassignedReading.id == row.id]
        from_now_on = from_now_on and row.slot != NO_SLOT
        if from_now_on:
            same = [UnassignedReading.device_id == row.device_id, UnassignedReading.slot == row.slot]
        values = {"settled_ms": now_ms, "settled_by": viewer.user_id, "replayed_ms": now_ms, "ignored": from_now_on}
        session.execute(update(UnassignedReading).where(*same, UnassignedReading.settled_ms.is_(None)).values(**values))
        _settle(session, row)
        detail = {"device": row.device_id, "slot": row.slot, "from_now_on": from_now_on}
        record(session, viewer, "unassigned.dismiss", now_ms=now_ms, object_id=row.id, detail=detail)


def _visible(session: Session, viewer: Viewer, reading_id: str) -> UnassignedReading:
    waiting = (UnassignedReading.id == reading_id, UnassignedReading.settled_ms.is_(None))
    found = session.scalar(select(UnassignedReading).where(*waiting, visible_unassigned(viewer)))
    if found is None:
        raise NotFoundError(f"no measurement {reading_id!r} waits")
    return found


def _settle(session: Session, row: UnassignedReading) -> None:
    """Let the desks show no longer what was not normal, or a call, once nothing of that waits."""
    waits = (UnassignedReading.device_id == row.device_id, UnassignedReading.settled_ms.is_(None))
    if session.scalar(select(UnassignedReading.id).where(*waits, UnassignedReading.abnormal).limit(1)) is None:
        settle_call(session, row.device_id, UNASSIGNED)
    calls = (UnassignedReading.slot == row.slot, UnassignedReading.is_call)
    if session.scalar(select(UnassignedReading.id).where(*waits, *calls).limit(1)) is None:
        settle_call(session, child_device_id(row.device_id, row.slot), UNASSIGNED)


def _bind(session: Session, row: UnassignedReading, resident_id: str, now_ms: int) -> None:
    """Make a user of a shared device a resident; whoever was that user before is it no longer."""
    name = spelled(row.slot)
    known = session.scalar(
        select(Device).where(Device.parent_id == row.device_id, Device.child_name == name, Device.enabled)
    )
    if known is not None:
        devices.assign_device(session, known.id, resident_id, now_ms=now_ms)
        return
    parent = session.get_one(Device, row.device_id)
    devices.create_device(
        session,
        device_id=child_device_id(parent.id, row.slot),
        codec=parent.codec,
        now_ms=now_ms,
        resident_id=resident_id,
        parent_id=parent.id,
        child_name=name,
        model=parent.model if parent.shared else "",
        vendor=parent.vendor if parent.shared else "",
    )


def _record(deps: Dependencies, row: UnassignedReading) -> bytes:
    """Return what stands in a row; nothing where the key that it was sealed with is lost."""
    try:
        return opened(deps.payloads, row.record, row.id, sealed=row.sealed)
    except WrongKeyError:
        return b""


def _view(row: UnassignedReading, record: bytes) -> UnassignedView:
    found = decode_as_written(record) if record else None
    seen: Sequence[Observation] = () if found is None or isinstance(found, Undecoded) else found.observations
    return UnassignedView(
        id=row.id,
        device_id=row.device_id,
        slot=row.slot,
        measured=[_measured(one) for one in seen],
        abnormal=row.abnormal,
        is_call=row.is_call,
        readable=found is not None,
        observed_at_ms=min((one.observed_at_ms for one in seen), default=row.received_at_ms),
        received_at_ms=row.received_at_ms,
    )


def _measured(one: Observation) -> MeasuredView:
    if isinstance(one, Scalar):
        return MeasuredView(quantity=one.quantity, value=one.value)
    return MeasuredView(quantity=one.quantity, state=one.state if isinstance(one, Event) else "")
