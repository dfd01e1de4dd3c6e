"""Service requests: a meal, a repair, an escort, a visit; asked for, taken, done or cancelled with an outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.contract.identity import new_id
from anhu.registry.care_tables import ServiceRequest
from anhu.registry.tables import Resident, User
from api.dependencies import Dependencies
from api.errors import ConflictError, ForbiddenError, NotFoundError, TooManyRequestsError
from api.schemas.care import NewRequest, RequestState, RequestView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident, visible_residents
from api.services.said_once import check_same_resident, told_once
from api.visit import ResidentVisit, Visit, visit_many, visit_resident

MOST = 200
MOST_OPEN = 30
"""So many of one resident may be open: more is a mistake, or a program that went wild."""
_WAITING = (RequestState.OPEN, RequestState.TAKEN)
_ENDED_SHOWN_MS = 7 * DAY_MS


def list_requests(deps: Dependencies, viewer: Viewer, *, ended: bool = False) -> list[RequestView]:
    """Return the visible residents' requests: those that wait, the overdue first; or those of the last week."""
    with visit_many(deps, viewer, "request.list") as visit:
        query = _joined().where(visible_residents(viewer))
        if ended:
            query = query.where(ServiceRequest.ended_at_ms > visit.now_ms - _ENDED_SHOWN_MS)
            query = query.order_by(ServiceRequest.ended_at_ms.desc())
        else:
            query = _waiting_first(query)
        found = _views(visit, query.limit(MOST))
        visit.detail["residents"] = sorted({one.resident_id for one in found})
        return found


def read_requests(deps: Dependencies, viewer: Viewer, resident_id: str) -> list[RequestView]:
    """Return one resident's requests."""
    with visit_resident(deps, viewer, resident_id, "request.read") as visit:
        return requests_of(visit)


def requests_of(visit: ResidentVisit) -> list[RequestView]:
    """Return the visited resident's requests: those that wait, then those that ended within a week."""
    mine = _joined().where(ServiceRequest.resident_id == visit.resident_id)
    ended = mine.where(ServiceRequest.ended_at_ms > visit.now_ms - _ENDED_SHOWN_MS)
    ended = ended.order_by(ServiceRequest.ended_at_ms.desc())
    return [*_views(visit, _waiting_first(mine).limit(MOST)), *_views(visit, ended.limit(20))]


def ask_service(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewRequest) -> RequestView:
    """Ask for something. Raises `TooManyRequestsError` when too much waits for this resident already."""
    require(viewer, Permission.TAKE_PART)
    return told_once(lambda: _ask(deps, viewer, resident_id, given))


def _ask(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewRequest) -> RequestView:
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        resident = visible_resident(session, viewer, resident_id)
        same_key = (ServiceRequest.asked_by == viewer.user_id, ServiceRequest.key == given.key)
        row = session.scalar(select(ServiceRequest).where(*same_key))
        if row is None:
            _check_room(session, resident.id)
            row = ServiceRequest(
                id=new_id("q"),
                resident_id=resident.id,
                kind=given.kind,
                text=given.text,
                state=RequestState.OPEN,
                asked_by=viewer.user_id,
                asked_at_ms=now_ms,
                due_at_ms=None if given.due_in_h is None else now_ms + given.due_in_h * HOUR_MS,
                key=given.key,
            )
            session.add(row)
            session.flush()
            detail = {"kind": given.kind}
            record(
                session, viewer, "request.ask", now_ms=now_ms, resident_id=resident.id, object_id=row.id, detail=detail
            )
        check_same_resident(row.resident_id, resident.id)
        return _one(session, viewer, row.id, now_ms)


def take_request(deps: Dependencies, viewer: Viewer, request_id: str) -> RequestView:
    """Say that the viewer sees to it. Raises `ConflictError` when somebody does already, or it is over."""

    def take(row: ServiceRequest, now_ms: int) -> None:
        _check_state(row, (RequestState.OPEN,))
        row.state, row.taken_by, row.taken_at_ms = RequestState.TAKEN, viewer.user_id, now_ms

    require(viewer, Permission.RESPOND)
    return _step(deps, viewer, request_id, "request.take", take)


def finish_request(deps: Dependencies, viewer: Viewer, request_id: str, *, outcome: str) -> RequestView:
    """Say that it is done, and how."""
    require(viewer, Permission.RESPOND)
    return _step(deps, viewer, request_id, "request.done", _ending(viewer, RequestState.DONE, outcome))


def cancel_request(deps: Dependencies, viewer: Viewer, request_id: str, *, outcome: str) -> RequestView:
    """Say that it will not be done, and why; a relative may take back an own one."""
    require(viewer, Permission.TAKE_PART)
    end = _ending(viewer, RequestState.CANCELLED, outcome)

    def cancel(row: ServiceRequest, now_ms: int) -> None:
        if not viewer.may(Permission.RESPOND) and row.asked_by != viewer.user_id:
            raise ForbiddenError("it was asked for by somebody else")
        end(row, now_ms)

    return _step(deps, viewer, request_id, "request.cancel", cancel)


def _ending(viewer: Viewer, state: RequestState, outcome: str) -> Callable[[ServiceRequest, int], None]:
    def end(row: ServiceRequest, now_ms: int) -> None:
        _check_state(row, _WAITING)
        row.state, row.ended_by, row.ended_at_ms, row.outcome = state, viewer.user_id, now_ms, outcome

    return end


def _step(
    deps: Dependencies, viewer: Viewer, request_id: str, action: str, step: Callable[[ServiceRequest, int], None]
) -> RequestView:
    now_ms = deps.clock.now_ms()
    wanted = (
        select(ServiceRequest)
        .join(Resident, Resident.id == ServiceRequest.resident_id)
        .where(ServiceRequest.id == request_id, visible_residents(viewer))
        .with_for_update(of=ServiceRequest)
    )
    with deps.sessions.begin() as session:
        row = session.scalar(wanted)
        if row is None:
            raise NotFoundError(f"no request {request_id!r}")
        step(row, now_ms)
        record(session, viewer, action, now_ms=now_ms, resident_id=row.resident_id, object_id=row.id)
        session.flush()
        return _one(session, viewer, row.id, now_ms)


def _check_state(row: ServiceRequest, allowed: tuple[RequestState, ...]) -> None:
    if row.state not in allowed:
        raise ConflictError(f"the request is {row.state}")


def _check_room(session: Session, resident_id: str) -> None:
    waiting = (ServiceRequest.resident_id == resident_id, ServiceRequest.state.in_(_WAITING))
    if (session.scalar(select(func.count()).where(*waiting)) or 0) >= MOST_OPEN:
        raise TooManyRequestsError(f"{MOST_OPEN} requests wait already: call the centre")


_Row: TypeAlias = tuple[ServiceRequest, str, str, str | None, str | None]
_Rows: TypeAlias = Select[ServiceRequest, str, str, str | None, str | None]
_ASKED, _TAKEN, _ENDED = (aliased(User, name=name) for name in ("asked", "taken", "ended"))


def _joined() -> _Rows:
    return (
        select(ServiceRequest, Resident.name, _ASKED.name, _TAKEN.name, _ENDED.name)
        .join(Resident, Resident.id == ServiceRequest.resident_id)
        .join(_ASKED, _ASKED.id == ServiceRequest.asked_by)
        .outerjoin(_TAKEN, _TAKEN.id == ServiceRequest.taken_by)
        .outerjoin(_ENDED, _ENDED.id == ServiceRequest.ended_by)
    )


def _waiting_first(query: _Rows) -> _Rows:
    due = func.coalesce(ServiceRequest.due_at_ms, ServiceRequest.asked_at_ms + 7 * DAY_MS)
    return query.where(ServiceRequest.state.in_(_WAITING)).order_by(due, ServiceRequest.id)


def _views(visit: Visit, query: _Rows) -> list[RequestView]:
    return [_view(visit.viewer, visit.now_ms, row) for row in visit.session.execute(query)]


def _one(session: Session, viewer: Viewer, request_id: str, now_ms: int) -> RequestView:
    return _view(viewer, now_ms, session.execute(_joined().where(ServiceRequest.id == request_id)).one())


def _view(viewer: Viewer, now_ms: int, found: _Row) -> RequestView:
    row, resident_name, asked, taken, ended = found
    return RequestView(
        id=row.id,
        resident_id=row.resident_id,
        resident_name=resident_name,
        kind=row.kind,
        text=row.text,
        state=row.state,
        asked_by_name=asked,
        asked_by_me=row.asked_by == viewer.user_id,
        asked_at_ms=row.asked_at_ms,
        due_at_ms=row.due_at_ms,
        overdue=row.state in _WAITING and row.due_at_ms is not None and row.due_at_ms < now_ms,
        taken_by_name=taken or "",
        taken_at_ms=row.taken_at_ms,
        ended_by_name=ended or "",
        ended_at_ms=row.ended_at_ms,
        outcome=row.outcome,
    )
