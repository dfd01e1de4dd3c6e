"""One look at somebody's data: one check who may see it, one reading of the database, one line in the audit.

::

    with visit_resident(deps, viewer, resident_id, "resident.page") as visit:
        person = people.person_of(visit)     # the database, to read
    latest = observations.latest_of(visit)   # the time-series store, only now

The block reads in a transaction that no writer waits for. When it is left the audit row is written, in a file
(`api.look_journal`) or a short transaction of its own, and only then may the store be asked: nobody waits for the store
while the database is held.
Nothing is shown without its row: when it cannot be written, leaving the block raises and what was read goes nowhere.
A look that is refused raises before anything is read, and leaves no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

from alerts.tables import Alert
from anhu.registry.database import reading
from anhu.registry.tables import Audit, Device
from api.dependencies import Dependencies
from api.security.audit import audit_row
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alert, visible_device, visible_resident
from ingest.store.port import StoreQuery


class VisitOrderError(Exception):
    """The program wrote during a visit, or asked the database after it or the store during it: its author's mistake."""


class Visit:
    """A look at several residents' data, or at nobody's: the service filters with `api.security.visibility`.

    Attributes
    ----------
    viewer : Viewer
        Who looks.
    now_ms : int
        When. [ms]
    resident_id, object_id : str
        Whom or what the audit names; empty when several, then ``detail["residents"]`` names them.
    detail : dict
        What else the audit keeps; filled in during the visit.
    channels : mapping
        As of `Dependencies`.
    """

    def __init__(self, deps: Dependencies, viewer: Viewer, session: Session) -> None:
        self.viewer = viewer
        self.channels = deps.channels
        self.now_ms = deps.clock.now_ms()
        self.resident_id = ""
        self.object_id = ""
        self.detail: dict[str, Any] = {}
        self._session: Session | None = session
        self._store: StoreQuery | None = None

    @property
    def session(self) -> Session:
        """The database, to read. Raises `VisitOrderError` after the visit."""
        if self._session is None:
            raise VisitOrderError("the database is read during a visit")
        return self._session

    @property
    def store(self) -> StoreQuery:
        """The time-series store. Raises `VisitOrderError` before the audit row is written."""
        if self._store is None:
            raise VisitOrderError("the store is asked after a visit, when it is on record")
        return self._store

    def end_reading(self) -> None:
        """Let go of the database."""
        self._session = None

    def begin_asking(self, store: StoreQuery) -> None:
        """Take the store: the visit is on record."""
        self._store = store


class ResidentVisit(Visit):
    """A look at one resident, whom the viewer may see."""


class AlertVisit(ResidentVisit):
    """A look at one alert of one resident, whom the viewer may see."""

    alert: Alert


class DeviceVisit(Visit):
    """A look at one device, which the viewer may see."""

    device: Device


VisitT = TypeVar("VisitT", bound=Visit)


@contextmanager
def visit_many(
    deps: Dependencies, viewer: Viewer, action: str, *, permission: Permission = Permission.READ_HEALTH
) -> Iterator[Visit]:
    """Look at what the viewer may see of several residents. Raises `ForbiddenError`."""
    with _reading(deps, viewer, action, Visit, permission) as visit:
        yield visit


@contextmanager
def visit_resident(deps: Dependencies, viewer: Viewer, resident_id: str, action: str) -> Iterator[ResidentVisit]:
    """Look at one resident. Raises `ForbiddenError`; `NotFoundError` for a stranger's as if it were not there."""
    with _reading(deps, viewer, action, ResidentVisit, Permission.READ_HEALTH) as visit:
        visit.resident_id = visible_resident(visit.session, viewer, resident_id).id
        yield visit


@contextmanager
def visit_alert(
    deps: Dependencies,
    viewer: Viewer,
    alert_id: str,
    action: str,
    *,
    permission: Permission = Permission.READ_HEALTH,
) -> Iterator[AlertVisit]:
    """Look at one alert. Raises `ForbiddenError`; `NotFoundError` for a stranger's as if it were not there."""
    with _reading(deps, viewer, action, AlertVisit, permission) as visit:
        visit.alert = visible_alert(visit.session, viewer, alert_id)
        visit.resident_id = visit.alert.resident_id
        visit.object_id = visit.alert.id
        yield visit


@contextmanager
def visit_device(
    deps: Dependencies, viewer: Viewer, device_id: str, action: str, *, permission: Permission
) -> Iterator[DeviceVisit]:
    """Look at one device. Raises `ForbiddenError`; `NotFoundError` for a stranger's as if it were not there."""
    with _reading(deps, viewer, action, DeviceVisit, permission) as visit:
        visit.device = visible_device(visit.session, viewer, device_id)
        visit.resident_id = visit.device.resident_id or ""
        visit.object_id = visit.device.id
        yield visit


@contextmanager
def _reading(
    deps: Dependencies, viewer: Viewer, action: str, kind: type[VisitT], permission: Permission
) -> Iterator[VisitT]:
    """Read in one transaction; then put the look on record, outside of it."""
    require(viewer, permission)
    with reading(deps.sessions)() as session:
        event.listen(session, "before_flush", _refuse_writing)
        visit = kind(deps, viewer, session)
        yield visit
        session.flush()
    visit.end_reading()
    _put_on_record(deps, visit, action)
    visit.begin_asking(deps.store)


def _put_on_record(deps: Dependencies, visit: Visit, action: str) -> None:
    row = audit_row(
        visit.viewer,
        action,
        now_ms=visit.now_ms,
        resident_id=visit.resident_id,
        object_id=visit.object_id,
        detail=visit.detail,
    )
    if deps.looks is not None:
        deps.looks.write(row)
        return
    with deps.sessions.begin() as session:
        session.add(Audit(**row))


def _refuse_writing(*_about_to_flush: object) -> None:
    """Fail aloud: what is changed during a visit would be lost without a word."""
    raise VisitOrderError("a visit only reads; a change is a transaction of its own")
