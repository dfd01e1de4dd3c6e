"""Messages between family, desk and team, one thread a resident. No alarm channel: what sounds like help raises one."""

from __future__ import annotations

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from alerts.engine.help_in_message import sounds_like_help
from anhu.contract.clock import DAY_MS, MINUTE_MS, SECOND_MS
from anhu.registry.care_tables import CareMessage, MessageMark
from anhu.registry.roles import Role
from anhu.registry.tables import User
from api.dependencies import Dependencies
from api.errors import TooManyRequestsError
from api.schemas.care import MessageView, NewMessage, ThreadView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident
from api.services.message_help import raise_help
from api.services.message_news import tell_readers
from api.services.said_once import check_same_resident, told_once
from api.visit import ResidentVisit, visit_resident

PAGE = 50
MOST_A_MINUTE = 10
MOST_A_DAY = 200


def read_thread(deps: Dependencies, viewer: Viewer, resident_id: str, *, before: int | None = None) -> ThreadView:
    """Return a part of a resident's thread."""
    with visit_resident(deps, viewer, resident_id, "message.read") as visit:
        return thread_of(visit, before=before)


def thread_of(visit: ResidentVisit, *, before: int | None = None) -> ThreadView:
    """Return the newest messages of the visited resident, or those before one, the newest last."""
    wanted = _with_names().where(CareMessage.resident_id == visit.resident_id)
    if before is not None:
        wanted = wanted.where(CareMessage.id < before)
    rows = visit.session.execute(wanted.order_by(CareMessage.id.desc()).limit(PAGE + 1)).all()
    mark = visit.session.get(MessageMark, (visit.viewer.user_id, visit.resident_id))
    return ThreadView(
        resident_id=visit.resident_id,
        messages=[_view(*row) for row in reversed(rows[:PAGE])],
        read_id=mark.read_id if mark else 0,
        more=len(rows) > PAGE,
    )


def write_message(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewMessage) -> MessageView:
    """Add a message; one that sounds like help raises an alarm for the desk.

    Raises
    ------
    TooManyRequestsError
        For whoever writes too much; never for what sounds like help.
    """
    require(viewer, Permission.TAKE_PART)
    return told_once(lambda: _write(deps, viewer, resident_id, given))


def _write(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewMessage) -> MessageView:
    now_ms = deps.clock.now_ms()
    # A colleague at the desk who asks "did she fall?" calls nobody: the desk is who would be called.
    calls = () if viewer.role is Role.DESK else sounds_like_help(given.text)
    with deps.sessions.begin() as session:
        resident = visible_resident(session, viewer, resident_id)
        same_key = select(CareMessage).where(CareMessage.user_id == viewer.user_id, CareMessage.key == given.key)
        if (found := session.scalar(same_key)) is not None:
            check_same_resident(found.resident_id, resident.id)
            return _view(found, viewer.name, viewer.role)
        if not calls:
            _check_rate(session, viewer, now_ms)
        row = CareMessage(
            resident_id=resident.id,
            user_id=viewer.user_id,
            at_ms=now_ms - given.said_ago_s * SECOND_MS,
            text=given.text,
            key=given.key,
            alert_id=raise_help(session, viewer, resident, calls, now_ms=now_ms) if calls else "",
        )
        session.add(row)
        session.flush()
        _mark(session, viewer, resident.id, row.id, now_ms)
        tell_readers(session, viewer, resident, row.id, now_ms=now_ms, time_zone=deps.time_zone)
        detail = {"chars": len(given.text), "alert_id": row.alert_id}
        record(
            session,
            viewer,
            "message.write",
            now_ms=now_ms,
            resident_id=resident.id,
            object_id=str(row.id),
            detail=detail,
        )
        return _view(row, viewer.name, viewer.role)


def mark_read(deps: Dependencies, viewer: Viewer, resident_id: str, message_id: int) -> None:
    """Note how far the caller has read; it never goes back."""
    require(viewer, Permission.TAKE_PART)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        visible_resident(session, viewer, resident_id)
        newest = select(func.max(CareMessage.id)).where(CareMessage.resident_id == resident_id)
        read_id = min(message_id, session.scalar(newest) or 0)
        if _mark(session, viewer, resident_id, read_id, now_ms):
            record(session, viewer, "message.mark", now_ms=now_ms, resident_id=resident_id, object_id=str(read_id))


def _mark(session: Session, viewer: Viewer, resident_id: str, read_id: int, now_ms: int) -> bool:
    mark = session.get(MessageMark, (viewer.user_id, resident_id))
    if mark is None:
        session.add(MessageMark(user_id=viewer.user_id, resident_id=resident_id, read_id=read_id, at_ms=now_ms))
        return True
    if read_id <= mark.read_id:
        return False
    mark.read_id, mark.at_ms = read_id, now_ms
    return True


def _check_rate(session: Session, viewer: Viewer, now_ms: int) -> None:
    for most, within_ms in ((MOST_A_MINUTE, MINUTE_MS), (MOST_A_DAY, DAY_MS)):
        wanted = select(func.count()).where(
            CareMessage.user_id == viewer.user_id, CareMessage.at_ms > now_ms - within_ms
        )
        if (session.scalar(wanted) or 0) >= most:
            raise TooManyRequestsError(
                "too many messages; if it is urgent, call", retry_after_s=within_ms / most / 1_000
            )


def _with_names() -> Select[CareMessage, str, str]:
    return select(CareMessage, User.name, User.role).join(User, User.id == CareMessage.user_id)


def _view(row: CareMessage, name: str, role: str) -> MessageView:
    return MessageView(
        id=row.id,
        resident_id=row.resident_id,
        at_ms=row.at_ms,
        user_id=row.user_id,
        name=name,
        role=role,
        text=row.text,
        alert_id=row.alert_id,
    )
