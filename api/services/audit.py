"""Who did what: accesses to health data and settings."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from anhu.registry.database import reading
from anhu.registry.tables import Audit, Resident, User
from api.dependencies import Dependencies
from api.schemas.audit import AuditView
from api.schemas.base import Page
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_residents
from api.services.paging import decode_cursor, encode_cursor

_FOUND_AT_MOST = 200
_WATCHING = ("alert.watch", "alert.stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which accesses are listed; what is empty narrows nothing.

    Attributes
    ----------
    user_id, resident_id : str
        An identity, or a part of a name.
    action : str
        What its action begins with: ``alert``, ``alert.read``.
    since_ms, until_ms : int, optional
        From, and before. [ms]
    without_watching : bool
        Whether what open pages ask by themselves, again and again, is left out.
    """

    user_id: str = ""
    resident_id: str = ""
    action: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    without_watching: bool = False


def list_audit(
    deps: Dependencies, viewer: Viewer, *, wanted: AuditFilter, cursor: str = "", limit: int = 50
) -> Page[AuditView]:
    """Return a page of accesses, newest first."""
    require(viewer, Permission.ADMINISTER)
    who, whom = aliased(User), aliased(Resident)
    query = (
        select(Audit, who.name, whom.name)
        .outerjoin(who, who.id == Audit.user_id)
        .outerjoin(whom, whom.id == Audit.resident_id)
        .order_by(Audit.at_ms.desc(), Audit.id.desc())
        .limit(limit + 1)
    )
    if before := decode_cursor(cursor, int, int):
        at_ms, last = before
        query = query.where(Audit.at_ms <= at_ms, or_(Audit.at_ms < at_ms, Audit.id < last))
    with reading(deps.sessions)() as session:
        rows = session.execute(_narrowed(session, query, viewer, wanted)).all()
    items = [_view(row, user or "", resident or "") for row, user, resident in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].at_ms, items[-1].id) if len(rows) > limit else None)


def note_export(deps: Dependencies, viewer: Viewer, wanted: AuditFilter) -> None:
    """Put on record that somebody took a copy of the log, and of which part."""
    require(viewer, Permission.ADMINISTER)
    told = {"user_id": wanted.user_id, "action": wanted.action, "resident": wanted.resident_id}
    with deps.sessions.begin() as session:
        record(session, viewer, "audit.export", now_ms=deps.clock.now_ms(), detail=told)


def _narrowed(
    session: Session, query: Select[Audit, str, str], viewer: Viewer, wanted: AuditFilter
) -> Select[Audit, str, str]:
    if wanted.user_id:
        named = _holding(User.name, wanted.user_id) | _holding(User.login, wanted.user_id)
        query = query.where(Audit.user_id.in_(_found(session, select(User.id).where(named), wanted.user_id)))
    if wanted.resident_id:
        seen = select(Resident.id).where(_holding(Resident.name, wanted.resident_id), visible_residents(viewer))
        query = query.where(Audit.resident_id.in_(_found(session, seen, wanted.resident_id)))
    if wanted.action:
        query = query.where(Audit.action.startswith(wanted.action, autoescape=True))
    if wanted.without_watching:
        query = query.where(Audit.action.not_in(_WATCHING))
    if wanted.since_ms is not None:
        query = query.where(Audit.at_ms >= wanted.since_ms)
    return query if wanted.until_ms is None else query.where(Audit.at_ms < wanted.until_ms)


def _found(session: Session, query: Select[str], text: str) -> list[str]:
    """Return whose a text may be: asked before the log is, which then is read by an index."""
    return [text, *session.scalars(query.limit(_FOUND_AT_MOST))]


def _holding(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    return column.contains(text, autoescape=True)


def _view(row: Audit, user_name: str, resident_name: str) -> AuditView:
    return AuditView(
        id=row.id,
        at_ms=row.at_ms,
        user_id=row.user_id,
        user_name=user_name,
        action=row.action,
        resident_id=row.resident_id,
        resident_name=resident_name,
        object_id=row.object_id,
        address=row.address,
        detail=row.detail,
    )
