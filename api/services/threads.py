"""The list of threads, and how much of them somebody has not read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from anhu.contract.clock import DAY_MS
from anhu.registry.care_tables import CareMessage, MessageMark
from anhu.registry.database import reading
from anhu.registry.roles import Role
from anhu.registry.tables import Resident, User
from api.dependencies import Dependencies
from api.schemas.care import ThreadLineView, UnreadView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import sees_resident, visible_residents
from api.visit import ResidentVisit, Visit, visit_many

MOST = 100
MOST_COUNTED = 1_000
"""Of more unread messages than this nobody is told how many they are."""
_NEWS_MS = 30 * DAY_MS
"""How far back a desk, which sees a whole county's threads, is told of what it has not read. [ms]"""
_SHOWN_CHARS = 80
_Columns = TypeVarTuple("_Columns")


def unread_of(deps: Dependencies, viewer: Viewer) -> UnreadView:
    """Return numbers only: they stand on every page, and are no look at anybody's data."""
    require(viewer, Permission.READ_HEALTH)
    first = _news(select(CareMessage.resident_id), viewer, deps.clock.now_ms()).limit(MOST_COUNTED).subquery()
    counted = select(func.count(), func.count(first.c.resident_id.distinct())).select_from(first)
    with reading(deps.sessions)() as session:
        messages, residents = session.execute(counted).one()
    return UnreadView(messages=messages, residents=residents)


def list_threads(deps: Dependencies, viewer: Viewer) -> list[ThreadLineView]:
    """Return the visible residents' threads, those with unread messages first, then the newest."""
    with visit_many(deps, viewer, "message.threads") as visit:
        newest = _news(select(CareMessage.resident_id), viewer, visit.now_ms).order_by(CareMessage.id.desc())
        first = [*dict.fromkeys(visit.session.scalars(newest.limit(MOST_COUNTED)))][:MOST]
        lines = [*_last_messages(visit, CareMessage.resident_id.in_(first))] if first else []
        if len(lines) < MOST:
            known = {row.resident_id for row, *_ in lines}
            lines += [one for one in _last_messages(visit) if one[0].resident_id not in known][: MOST - len(lines)]
        shown = sorted(row.resident_id for row, *_ in lines)
        visit.detail["residents"] = shown
        unread = unread_by_resident(visit, shown)
        return [_line(*row, unread=unread.get(row[0].resident_id, 0)) for row in lines]


def _last_messages(visit: Visit, *which: ColumnElement[bool]) -> Sequence[Row[CareMessage, str, str]]:
    """Return the newest message of each visible resident, the newest first: found from the end, not from a whole."""
    later = aliased(CareMessage)
    is_last = not_(exists().where(later.resident_id == CareMessage.resident_id, later.id > CareMessage.id))
    wanted = (
        select(CareMessage, Resident.name, User.name)
        .join(Resident, Resident.id == CareMessage.resident_id)
        .join(User, User.id == CareMessage.user_id)
        .where(sees_resident(visit.viewer, CareMessage.resident_id), is_last, *which)
        .order_by(CareMessage.id.desc())
        .limit(MOST)
    )
    return visit.session.execute(wanted).all()


def unread_in(visit: ResidentVisit) -> int:
    """Return how many messages of the visited resident the viewer has not read."""
    mark = visit.session.get(MessageMark, (visit.viewer.user_id, visit.resident_id))
    own = (CareMessage.resident_id == visit.resident_id, CareMessage.user_id != visit.viewer.user_id)
    after = CareMessage.id > (mark.read_id if mark else 0)
    return visit.session.scalar(select(func.count()).where(*own, after)) or 0


def unread_by_resident(visit: Visit, among: Collection[str]) -> Mapping[str, int]:
    """Return resident -> how many messages the viewer has not read, of those among some whom the viewer may see."""
    counted = select(CareMessage.resident_id, func.count()).where(CareMessage.resident_id.in_(among))
    rows = visit.session.execute(_unread(counted.group_by(CareMessage.resident_id), visit.viewer))
    return {row[0]: row[1] for row in rows}


def _news(query: Select[*_Columns], viewer: Viewer, now_ms: int) -> Select[*_Columns]:
    """Return what a viewer is told of: all that is unread of few residents, and a month of a county's."""
    sees_few = viewer.role in (Role.FAMILY, Role.TEAM)
    return _unread(query, viewer).where(CareMessage.at_ms >= (0 if sees_few else now_ms - _NEWS_MS))


def _unread(query: Select[*_Columns], viewer: Viewer) -> Select[*_Columns]:
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
