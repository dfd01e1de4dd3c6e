"""Limits of one resident that differ from the rules' own: who set them, why, until when."""

from __future__ import annotations

from sqlalchemy import or_, select

from alerts import own_limits
from alerts.tables import ResidentLimit
from anhu.contract.clock import DAY_MS
from anhu.registry.tables import User
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.limits import LimitView, NewLimit
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident
from api.visit import ResidentVisit, visit_resident


def list_limits(deps: Dependencies, viewer: Viewer, resident_id: str) -> list[LimitView]:
    """Return the limits in force, the last one set of each name."""
    with visit_resident(deps, viewer, resident_id, "limit.list") as visit:
        return limits_of(visit)


def limits_of(visit: ResidentVisit) -> list[LimitView]:
    """Return the visited resident's limits in force, the last one set of each name."""
    rows = visit.session.execute(
        select(ResidentLimit, User.name)
        .outerjoin(User, User.id == ResidentLimit.set_by)
        .where(
            ResidentLimit.resident_id == visit.resident_id,
            or_(ResidentLimit.until_ms.is_(None), ResidentLimit.until_ms > visit.now_ms),
        )
        .order_by(ResidentLimit.name, ResidentLimit.set_at_ms, ResidentLimit.version)
    )
    in_force = {row.name: _view(row, name or "") for row, name in rows}
    return list(in_force.values())


def set_limit(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewLimit) -> LimitView:
    """Set a limit, in force at once. Raises `FieldError` for a name or value that no rule allows."""
    require(viewer, Permission.SET_LIMITS)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        visible_resident(session, viewer, resident_id)
        row = own_limits.set_limit(
            session,
            resident_id=resident_id,
            name=given.name,
            value=given.value,
            set_by=viewer.user_id,
            now_ms=now_ms,
            until_ms=None if given.days is None else now_ms + given.days * DAY_MS,
            reason=given.reason,
        )
        detail = {"name": given.name}
        record(session, viewer, "limit.set", now_ms=now_ms, resident_id=resident_id, object_id=row.id, detail=detail)
        return _view(row, viewer.name)


def end_limit(deps: Dependencies, viewer: Viewer, resident_id: str, limit_id: str) -> None:
    """Let a limit end now; the rule's own counts again."""
    require(viewer, Permission.SET_LIMITS)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        visible_resident(session, viewer, resident_id)
        row = session.get(ResidentLimit, limit_id)
        if row is None or row.resident_id != resident_id:
            raise NotFoundError(f"no limit {limit_id!r}")
        own_limits.end_limit(session, limit_id, now_ms=now_ms)
        record(session, viewer, "limit.end", now_ms=now_ms, resident_id=resident_id, object_id=limit_id)


def _view(row: ResidentLimit, set_by_name: str) -> LimitView:
    return LimitView(
        id=row.id,
        resident_id=row.resident_id,
        name=row.name,
        value=row.value,
        reason=row.reason,
        set_by=row.set_by,
        set_by_name=set_by_name,
        set_at_ms=row.set_at_ms,
        until_ms=row.until_ms,
    )
