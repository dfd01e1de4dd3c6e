"""What people measured with shared devices that do not know whom: nobody's, until somebody says whose it is."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from alerts.episodes.nobodys_calls import settle_call
from anhu.contract.identity import child_device_id, spelled
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Undecoded, decode_as_written
from anhu.registry import devices
from anhu.registry.database import reading
from anhu.registry.quarantine_tables import UnassignedReading
from anhu.registry.tables import Device
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.quarantine import Assignment, MeasuredView, UnassignedView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident, visible_unassigned
from api.visit import visit_many

SHOWN = 200
NO_SLOT = "?"


def list_unassigned(deps: Dependencies, viewer: Viewer) -> list[UnassignedView]:
    """Return what waits, abnormal ones first, then the newest."""
    require(viewer, Permission.RESPOND)
    with visit_many(deps, viewer, "unassigned.list") as visit:
        waiting = select(UnassignedReading).where(visible_unassigned(viewer), UnassignedReading.settled_ms.is_(None))
        order = (UnassignedReading.abnormal.desc(), UnassignedReading.received_at_ms.desc(), UnassignedReading.id)
        return [_view(row) for row in visit.session.scalars(waiting.order_by(*order).limit(SHOWN))]


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
        _settle(session, row.device_id)
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


def dismiss_reading(deps: Dependencies, viewer: Viewer, reading_id: str) -> None:
    """Say that a measurement is nobody's: a visitor's, a try. It stays in the log of what was measured, as nobody's."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = _visible(session, viewer, reading_id)
        row.settled_ms, row.settled_by, row.replayed_ms = now_ms, viewer.user_id, now_ms
        session.flush()
        _settle(session, row.device_id)
        detail = {"device": row.device_id, "slot": row.slot}
        record(session, viewer, "unassigned.dismiss", now_ms=now_ms, object_id=row.id, detail=detail)


def _visible(session: Session, viewer: Viewer, reading_id: str) -> UnassignedReading:
    waiting = (UnassignedReading.id == reading_id, UnassignedReading.settled_ms.is_(None))
    found = session.scalar(select(UnassignedReading).where(*waiting, visible_unassigned(viewer)))
    if found is None:
        raise NotFoundError(f"no measurement {reading_id!r} waits")
    return found


def _settle(session: Session, device_id: str) -> None:
    """Let the desks show no longer that a shared device measured what is not normal, once nothing of that waits."""
    waits = (UnassignedReading.device_id == device_id, UnassignedReading.settled_ms.is_(None))
    if session.scalar(select(UnassignedReading.id).where(*waits, UnassignedReading.abnormal).limit(1)) is None:
        settle_call(session, device_id)


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
        model=parent.model,
        vendor=parent.vendor,
    )


def _view(row: UnassignedReading) -> UnassignedView:
    found = decode_as_written(row.record)
    seen: Sequence[Observation] = () if isinstance(found, Undecoded) else found.observations
    return UnassignedView(
        id=row.id,
        device_id=row.device_id,
        slot=row.slot,
        measured=[_measured(one) for one in seen],
        abnormal=row.abnormal,
        observed_at_ms=min((one.observed_at_ms for one in seen), default=row.received_at_ms),
        received_at_ms=row.received_at_ms,
    )


def _measured(one: Observation) -> MeasuredView:
    if isinstance(one, Scalar):
        return MeasuredView(quantity=one.quantity, value=one.value)
    return MeasuredView(quantity=one.quantity, state=one.state if isinstance(one, Event) else "")
