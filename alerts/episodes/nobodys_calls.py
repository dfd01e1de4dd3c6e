"""What becomes of a call for help of a device that no resident has: every desk shows it, and somebody is told.

A resident who is not active any more raises no alert. Whoever presses their button may lie on a floor all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from alerts.engine.calls_of_nobody import CALLS, SHUT_OUT, UNASSIGNED, Call
from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition
from alerts.kinds import KINDS
from alerts.subject import NOBODYS_CALL
from alerts.tables import NobodysCall
from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.priority import Priority
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.outbox.subject import SubjectRef
from anhu.outbox.writing import Draft, put
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.quarantine_tables import UnassignedReading
from anhu.registry.roles import Role
from anhu.registry.tables import Contact, Device, Resident, User

SHOWN_MS = DAY_MS
"""For how long a call is shown when nobody gives the device to a resident or switches it off. [ms]"""
_AGAIN_MS = 10 * MINUTE_MS
"""Pressed again within this, nobody is told again. [ms]"""
_UNKNOWN = "unknown_vendor_event"
_NUMBERS = frozenset(row.code for row in QUANTITIES.values() if row.kind is Kind.SCALAR)


def write_down(session: Session, calls: Mapping[str, Call], now_ms: int) -> int:
    """Write calls down, and to those who can find out whose they are; return how many messages that makes. [ms]."""
    messages = 0
    for device_id, call in sorted(calls.items()):
        if call.what == UNASSIGNED and _is_number(call.kind) and is_ignored(session, device_id, call.about):
            continue  # somebody said that this sensor is none of ours
        row = session.get(NobodysCall, device_id, with_for_update=True)
        if row is None:
            row = NobodysCall(device_id=device_id, kind=call.kind, at_ms=call.at_ms, told_ms=None)
            session.add(row)
        elif call.at_ms <= row.at_ms:
            continue  # read once more after a restart
        row.kind, row.at_ms, row.about, row.what = call.kind, call.at_ms, call.about, call.what
        if row.told_ms is None or not 0 <= now_ms - row.told_ms < _AGAIN_MS:
            row.told_ms = now_ms
            session.flush()
            messages += put(session, [_draft(row, contact, now_ms) for contact in _told(session)], now_ms=now_ms)
    session.flush()
    return messages


def write_down_found(session: Session, one: ResidentFinding, now_ms: int) -> bool:
    """Write down what was found of a resident who is not registered or not active, if it is a call. [ms]."""
    finding = one.finding
    is_unknown = finding.evidence.quantity == _UNKNOWN and finding.kind in KINDS and KINDS[finding.kind].latches
    is_call = finding.kind in CALLS or is_unknown
    if not one.device_id or not is_call or finding.condition is Condition.GONE:
        return False
    kind = _UNKNOWN if is_unknown else finding.kind
    write_down(session, {one.device_id: Call(kind, one.newest_ms)}, now_ms)
    return True


def what_of(call: NobodysCall) -> str:
    """Return what it is of.

    A number of an ``unassigned`` user or sensor, or a call of one that is only ``heard``; a ``stranger``; a device
    that is ``shut_out``; or one that is ``nobodys``.
    """
    if _is_number(call.kind):
        return "unassigned"
    if call.what == UNASSIGNED:
        return "heard"
    if call.what == SHUT_OUT:
        return "shut_out"
    return "stranger" if call.about else "nobodys"


def settle_call(session: Session, device_id: str, what: str = "") -> None:
    """Take that somebody has found out: the desks show it no longer. With `what` only a call that is of that."""
    which = [NobodysCall.device_id == device_id, *([NobodysCall.what == what] if what else [])]
    session.execute(delete(NobodysCall).where(*which))


def open_calls(session: Session, now_ms: int) -> Sequence[tuple[NobodysCall, Device | None]]:
    """Return calls of devices that still nobody has, the newest first, each with what is known of the device. [ms]."""
    has_nobody = Device.enabled & (Resident.id.is_(None) | Resident.active.is_(False))
    is_number = (NobodysCall.what == UNASSIGNED) & NobodysCall.kind.in_(_NUMBERS) & Device.enabled
    query = (
        select(NobodysCall, Device)
        .outerjoin(Device, Device.id == NobodysCall.device_id)
        .outerjoin(Resident, Resident.id == Device.resident_id)
        .where(NobodysCall.at_ms > now_ms - SHOWN_MS)
        .where(
            or_(
                Device.id.is_(None),
                has_nobody,
                is_number,  # of somebody else than the resident that the device itself is given to
                (NobodysCall.what == SHUT_OUT) & ~Device.enabled,
            )
        )
        .order_by(NobodysCall.at_ms.desc())
        .limit(100)
    )
    return [(row, device) for row, device in session.execute(query)]


def _is_number(kind: str) -> bool:
    return kind in _NUMBERS


def is_ignored(session: Session, device_id: str, slot: str) -> bool:
    """Tell whether somebody said of a sensor, or of a user of a device, that what it measures is none of ours."""
    which = (UnassignedReading.device_id == device_id, UnassignedReading.slot == slot, UnassignedReading.ignored)
    return session.scalar(select(UnassignedReading.id).where(*which).limit(1)) is not None


def _draft(row: NobodysCall, contact: Contact, now_ms: int) -> Draft:
    return Draft(
        key=f"{NOBODYS_CALL}:{row.device_id}:{now_ms}:{contact.id}",
        subject=SubjectRef(NOBODYS_CALL, row.device_id),
        contact_id=contact.id,
        reason="called",
        priority=Priority.HIGH,
        resident_id=None,
        due_at_ms=None,
        data={},
    )


def _told(session: Session) -> Sequence[Contact]:
    """Return the contacts of administrators, who know whose it should be; of every centre when they have none."""
    usable = (Contact.enabled, Contact.channel != CALL_ONLY)
    administrators = select(User.id).where(User.role == Role.ADMIN, User.enabled)
    owned = (Contact.owner_kind == "user", Contact.owner_id.in_(administrators))
    found = session.scalars(select(Contact).where(*usable, *owned).order_by(Contact.id)).all()
    return found or session.scalars(select(Contact).where(*usable, Contact.owner_kind == "centre")).all()
