"""How far an installation is set up: how many there are of everything, and what a new one still needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from alerts.kinds import DRILLS
from alerts.tables import Alert
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.database import reading
from anhu.registry.heartbeat import not_own
from anhu.registry.roles import Role
from anhu.registry.tables import Base, Centre, Contact, Device, Organisation, Resident, Team, User
from api.dependencies import Dependencies
from api.errors import UnavailableError
from api.schemas.drills import DrillView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require, require_session
from api.security.visibility import visible_alerts, visible_devices, visible_resident, visible_residents

_OFFERED = 50


class Setup(NamedTuple):
    """What a new installation has.

    Attributes
    ----------
    done : mapping
        Step -> whether it is done, in order.
    centre_id : str
        The first centre; empty: none yet.
    residents : list of tuple
        Identity and name of those for whom a drill may be made.
    """

    done: Mapping[str, bool]
    centre_id: str
    residents: list[tuple[str, str]]

    @property
    def is_complete(self) -> bool:
        """Whether everything is there."""
        return all(self.done.values())


def read_setup(deps: Dependencies, viewer: Viewer) -> Setup:
    """Return what is there, and what a new installation still needs."""
    require(viewer, Permission.ADMINISTER)
    watched = (Device.resident_id.is_not(None), Device.enabled, Device.model != "drill", visible_devices(viewer))
    with reading(deps.sessions)() as session:
        centre_id = session.scalar(select(Centre.id).where(Centre.closed_at_ms.is_(None)).order_by(Centre.id).limit(1))
        people = select(Resident.id, Resident.name).where(Resident.active, visible_residents(viewer))
        residents = [(row[0], row[1]) for row in session.execute(people.order_by(Resident.id).limit(_OFFERED))]
        done = {
            "centre": centre_id is not None,
            "desk": _has(session, User, User.role == Role.DESK, User.enabled, User.centre_id.is_not(None)),
            "contact": _has(session, Contact, Contact.enabled, Contact.channel != CALL_ONLY, not_own(Contact.owner_id)),
            "resident": bool(residents),
            "device": _has(session, Device, *watched),
            "drill": _has(session, Alert, Alert.kind.in_(DRILLS), visible_alerts(viewer)),
        }
    return Setup(done, centre_id or "", residents)


def count_rows(deps: Dependencies, viewer: Viewer) -> Mapping[str, int]:
    """Return how many of everything are in use."""
    require(viewer, Permission.ADMINISTER)
    everything: Mapping[str, tuple[type[Base], ColumnElement[bool]]] = {
        "organisations": (Organisation, Organisation.closed_at_ms.is_(None)),
        "centres": (Centre, Centre.closed_at_ms.is_(None)),
        "teams": (Team, Team.closed_at_ms.is_(None)),
        "users": (User, User.enabled.is_(True)),
        "residents": (Resident, Resident.active & visible_residents(viewer)),
        "devices": (Device, Device.enabled.is_(True) & visible_devices(viewer)),
        "contacts": (Contact, Contact.enabled.is_(True) & not_own(Contact.owner_id)),
    }
    with reading(deps.sessions)() as session:
        return {name: _count(session, table, condition) for name, (table, condition) in everything.items()}


def start_drill(deps: Dependencies, viewer: Viewer, resident_id: str) -> None:
    """Make a test alarm of a resident. Raises `ConflictError` while one runs, `UnavailableError` where none can be."""
    require(viewer, Permission.ADMINISTER)
    require_session(viewer)
    if deps.drill is None:
        raise UnavailableError("this process makes no drills: run `anhu doctor --alarm`")
    with deps.sessions.begin() as session:
        visible_resident(session, viewer, resident_id)
        record(session, viewer, "drill.start", now_ms=deps.clock.now_ms(), resident_id=resident_id)
    deps.drill.start(resident_id, viewer.login)


def last_drill(deps: Dependencies, viewer: Viewer) -> DrillView | None:
    """Return what became of the newest drill that was made from a page."""
    require(viewer, Permission.ADMINISTER)
    return deps.drill.last if deps.drill is not None else None


def _has(session: Session, table: type[Base], *conditions: ColumnElement[bool] | InstrumentedAttribute[bool]) -> bool:
    return bool(session.scalar(select(exists(select(literal(1)).select_from(table).where(*conditions)))))


def _count(session: Session, table: type[Base], *conditions: ColumnElement[bool] | InstrumentedAttribute[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
