"""A doctor's day in lines: open alarms by urgency, abnormal values of today, what is due or overdue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sqlalchemy import or_, select

from alerts.tables import ResidentLimit
from anhu.contract.clock import DAY_MS
from anhu.registry.care_tables import ServiceRequest
from anhu.registry.tables import Resident, User
from api.dependencies import Dependencies
from api.schemas.care import RequestState
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_residents
from api.services.open_alerts import OpenAlert, open_alerts
from api.services.threads import unread_by_resident
from api.services.usual import Usual, usual_of
from api.visit import Visit, visit_many
from ingest.store.port import StoreUnavailableError

MOST_RESIDENTS = 2_000
MOST_ALARMS = 100
SOON_MS = 7 * DAY_MS
_WAITING = (RequestState.OPEN, RequestState.TAKEN)


@dataclass(frozen=True, slots=True)
class Known:
    """One resident of the list.

    Attributes
    ----------
    limits : mapping
        The resident's own limits in force, by name.
    """

    name: str
    flags: Sequence[str]
    limits: Mapping[str, float]
    zone: str


class Newest(NamedTuple):
    """The newest number of a quantity. [the quantity's unit, ms]."""

    quantity: str
    value: float
    quality: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class DueLine:
    """Something that is due.

    Attributes
    ----------
    what : str
        ``request``, ``limit`` or ``messages``.
    of : str
        Kind of request, name of the limit, or how many messages.
    due_at_ms : int or None
        None: at no certain time. [ms]
    """

    resident_id: str
    what: str
    of: str
    since_ms: int
    due_at_ms: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Worklist:
    """Everything that waits for somebody.

    Attributes
    ----------
    alarms : sequence of OpenAlert
        The most urgent first.
    total_alarms : int
        How many there are in all; fewer may be shown.
    are_all : bool
        Whether nobody was left out of `residents`.
    latest : mapping or None
        Resident -> newest numbers; None when the store cannot answer.
    usual : callable
        Resident, quantity -> what is usual; asks the store.
    """

    alarms: Sequence[OpenAlert]
    total_alarms: int
    answered_by: Mapping[str, str]
    residents: Mapping[str, Known]
    are_all: bool
    due: Sequence[DueLine]
    latest: Mapping[str, Sequence[Newest]] | None
    usual: Callable[[str, str], Usual | None]
    now_ms: int


def read_worklist(deps: Dependencies, viewer: Viewer) -> Worklist:
    """Return what waits in all that the viewer may see and answer."""
    require(viewer, Permission.RESPOND)
    with visit_many(deps, viewer, "worklist") as visit:
        alarms = open_alerts(visit.session, viewer)
        residents, are_all = _residents(visit)
        due = [*_requests(visit), *_ending_limits(visit), *_messages(visit, residents)]
        shown = alarms[:MOST_ALARMS]
        names = {alarm.assignee for alarm in shown if alarm.assignee}
        rows = visit.session.execute(select(User.id, User.name).where(User.id.in_(names)))
        answered_by = {row[0]: row[1] for row in rows}
        visit.detail["residents"] = sorted(residents)
    return Worklist(
        alarms=shown,
        total_alarms=len(alarms),
        answered_by=answered_by,
        residents=residents,
        are_all=are_all,
        due=[one for one in due if one.resident_id in residents],
        latest=_latest(visit, list(residents)),
        usual=partial(usual_of, visit),
        now_ms=visit.now_ms,
    )


def _latest(visit: Visit, resident_ids: Sequence[str]) -> Mapping[str, Sequence[Newest]] | None:
    try:
        found = visit.store.latest(resident_ids) if resident_ids else {}
    except StoreUnavailableError:
        return None
    return {
        resident_id: [Newest(code, one.value, one.quality, one.observed_at_ms) for code, one in points.items()]
        for resident_id, points in found.items()
    }


def _residents(visit: Visit) -> tuple[Mapping[str, Known], bool]:
    """Return the first residents, by name, and whether there are no more."""
    chosen = select(Resident).where(visible_residents(visit.viewer), Resident.active)
    found = visit.session.scalars(chosen.order_by(Resident.name, Resident.id).limit(MOST_RESIDENTS + 1)).all()
    rows = found[:MOST_RESIDENTS]
    limits: dict[str, dict[str, float]] = {}
    in_force = (
        select(ResidentLimit)
        .where(ResidentLimit.resident_id.in_([one.id for one in rows]))
        .where(or_(ResidentLimit.until_ms.is_(None), ResidentLimit.until_ms > visit.now_ms))
        .order_by(ResidentLimit.set_at_ms, ResidentLimit.version)
    )
    for row in visit.session.scalars(in_force):
        limits.setdefault(row.resident_id, {})[row.name] = row.value
    known = {one.id: Known(one.name, one.flags, limits.get(one.id, {}), one.time_zone) for one in rows}
    return known, len(found) == len(rows)


def _requests(visit: Visit) -> list[DueLine]:
    wanted = (
        select(ServiceRequest)
        .join(Resident, Resident.id == ServiceRequest.resident_id)
        .where(visible_residents(visit.viewer), ServiceRequest.state.in_(_WAITING))
        .where(or_(ServiceRequest.due_at_ms.is_(None), ServiceRequest.due_at_ms < visit.now_ms + SOON_MS))
        .order_by(ServiceRequest.due_at_ms, ServiceRequest.id)
        .limit(100)
    )
    return [
        DueLine(row.resident_id, "request", row.kind, row.asked_at_ms, row.due_at_ms, row.text)
        for row in visit.session.scalars(wanted)
    ]


def _ending_limits(visit: Visit) -> list[DueLine]:
    """Return own limits that end within a week: then the rule's own counts again, and nobody is asked."""
    wanted = (
        select(ResidentLimit)
        .join(Resident, Resident.id == ResidentLimit.resident_id)
        .where(visible_residents(visit.viewer), Resident.active)
        .where(ResidentLimit.until_ms.between(visit.now_ms, visit.now_ms + SOON_MS))
        .order_by(ResidentLimit.until_ms)
        .limit(100)
    )
    return [
        DueLine(row.resident_id, "limit", row.name, row.set_at_ms, row.until_ms, f"{row.value:g}")
        for row in visit.session.scalars(wanted)
    ]


def _messages(visit: Visit, residents: Collection[str]) -> list[DueLine]:
    return [
        DueLine(resident_id, "messages", str(count), 0, None)
        for resident_id, count in unread_by_resident(visit, residents).items()
    ]
