"""The list of threads, and how much of them somebody has not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from anhu.registry.care_tables import CareMessage, MessageMark
from anhu.registry.database import reading
from anhu.registry.tables import Resident, User
from api.dependencies import Dependencies
from api.schemas.care import ThreadLineView, UnreadView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_residents
from api.visit import ResidentVisit, Visit, visit_many

MOST = 100
_SHOWN_CHARS = 80


def unread_of(deps: Dependencies, viewer: Viewer) -> UnreadView:
    """Return numbers only: they stand on every page, and are no look at anybody's data."""
    require(viewer, Permission.READ_HEALTH)
    counted = select(func.count(), func.count(CareMessage.resident_id.distinct())).select_from(CareMessage)
    with reading(deps.sessions)() as session:
        messages, residents = session.execute(_unread(counted, viewer)).one()
    return UnreadView(messages=messages, residents=residents)


def list_threads(deps: Dependencies, viewer: Viewer) -> list[ThreadLineView]:
    """Return the visible residents' threads, those with unread messages first, then the newest."""
    with visit_many(deps, viewer, "message.threads") as visit:
        unread = unread_by_resident(visit)
        newest = (
            select(func.max(CareMessage.id).label("id"))
            .join(Resident, Resident.id == CareMessage.resident_id)
            .where(visible_residents(viewer))
            .group_by(CareMessage.resident_id)
        ).subquery()
        rows = visit.session.execute(
            select(CareMessage, Resident.name, User.name)
            .join(newest, newest.c.id == CareMessage.id)
            .join(Resident, Resident.id == CareMessage.resident_id)
            .join(User, User.id == CareMessage.user_id)
            .where(visible_residents(viewer))
            .order_by(CareMessage.id.desc())
        ).all()
        lines = [_line(*row, unread=unread.get(row[0].resident_id, 0)) for row in rows]
        shown = sorted(lines, key=lambda one: one.unread == 0)[:MOST]
        visit.detail["residents"] = sorted(one.resident_id for one in shown)
        return shown


def unread_in(visit: ResidentVisit) -> int:
    """Return how many messages of the visited resident the viewer has not read."""
    mark = visit.session.get(MessageMark, (visit.viewer.user_id, visit.resident_id))
    own = (CareMessage.resident_id == visit.resident_id, CareMessage.user_id != visit.viewer.user_id)
    after = CareMessage.id > (mark.read_id if mark else 0)
    return visit.session.scalar(select(func.count()).where(*own, after)) or 0


def unread_by_resident(visit: Visit) -> Mapping[str, int]:
    """Return resident -> how many messages the viewer has not read, of those whom the viewer may see."""
    counted = select(CareMessage.resident_id, func.count()).group_by(CareMessage.resident_id)
    return {row[0]: row[1] for row in visit.session.execute(_unread(counted, visit.viewer))}


def _unread(query: Select[*tuple[Any, ...]], viewer: Viewer) -> Select[*tuple[Any, ...]]:
    mark = and_(MessageMark.resident_id == CareMessage.resident_id, MessageMark.user_id == viewer.user_id)
    return (
        query.join(Resident, Resident.id == CareMessage.resident_id)
        .outerjoin(MessageMark, mark)
        .where(visible_residents(viewer), CareMessage.user_id != viewer.user_id, _is_after_mark())
    )


def _is_after_mark() -> ColumnElement[bool]:
    return or_(MessageMark.read_id.is_(None), CareMessage.id > MessageMark.read_id)


def _line(row: CareMessage, resident_name: str, name: str, *, unread: int) -> ThreadLineView:
    text = row.text if len(row.text) <= _SHOWN_CHARS else f"{row.text[:_SHOWN_CHARS]}…"
    return ThreadLineView(
        resident_id=row.resident_id,
        resident_name=resident_name,
        unread=unread,
        last_at_ms=row.at_ms,
        last_name=name,
        last_text=text,
    )
