"""Who did what: accesses to health data and settings."""

from __future__ import annotations

from sqlalchemy import select

from anhu.registry.database import reading
from anhu.registry.tables import Audit
from api.dependencies import Dependencies
from api.schemas.audit import AuditView
from api.schemas.base import Page
from api.security.roles import Permission, Viewer, require
from api.services.paging import decode_cursor, encode_cursor


def list_audit(
    deps: Dependencies,
    viewer: Viewer,
    *,
    resident_id: str = "",
    user_id: str = "",
    since_ms: int | None = None,
    until_ms: int | None = None,
    cursor: str = "",
    limit: int = 50,
) -> Page[AuditView]:
    """Return a page of accesses, newest first."""
    require(viewer, Permission.ADMINISTER)
    query = select(Audit).order_by(Audit.id.desc()).limit(limit + 1)
    if resident_id:
        query = query.where(Audit.resident_id == resident_id)
    if user_id:
        query = query.where(Audit.user_id == user_id)
    if since_ms is not None:
        query = query.where(Audit.at_ms >= since_ms)
    if until_ms is not None:
        query = query.where(Audit.at_ms < until_ms)
    if before := decode_cursor(cursor, int):
        query = query.where(Audit.id < before[0])
    with reading(deps.sessions)() as session:
        rows = session.scalars(query).all()
        items = [AuditView.model_validate(row, from_attributes=True) for row in rows[:limit]]
        return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None)
