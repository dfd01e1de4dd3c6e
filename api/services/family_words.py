"""What relatives say: I am going, I am here, I spoke with her. Others see it; no alarm is answered or closed by it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alerts.episodes.relatives import write_down
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.registry.care_tables import FamilyWord
from anhu.registry.roles import Role
from anhu.registry.tables import FamilyLink, User
from api.dependencies import Dependencies
from api.errors import ForbiddenError
from api.schemas.care import FamilySays, FamilyWordView, NewFamilyWord
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident
from api.services.said_once import check_same_resident, told_once
from api.visit import ResidentVisit, Visit

SHOWN_MS = 12 * HOUR_MS
"""So long others see who goes. [ms]"""
_MOST = 20
_ARRIVES = frozenset({FamilySays.GOING})


def say(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewFamilyWord) -> FamilyWordView:
    """Write down what a relative says, and into the history of every alarm that is open.

    Raises
    ------
    ForbiddenError
        For anybody else: the desk has its own steps.
    """
    require(viewer, Permission.TAKE_PART)
    if viewer.role is not Role.FAMILY:
        raise ForbiddenError("relatives say this; the desk answers the alarm")
    return told_once(lambda: _say(deps, viewer, resident_id, given))


def _say(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewFamilyWord) -> FamilyWordView:
    now_ms = deps.clock.now_ms()
    said_at_ms = now_ms - given.said_ago_s * SECOND_MS
    with deps.sessions.begin() as session:
        resident = visible_resident(session, viewer, resident_id)
        same_key = (FamilyWord.user_id == viewer.user_id, FamilyWord.key == given.key)
        row = session.scalar(select(FamilyWord).where(*same_key))
        if row is None:
            comes = given.minutes is not None and given.what in _ARRIVES
            row = FamilyWord(
                resident_id=resident.id,
                user_id=viewer.user_id,
                what=given.what,
                at_ms=said_at_ms,
                arrives_at_ms=said_at_ms + (given.minutes or 0) * MINUTE_MS if comes else None,
                note=given.note,
                key=given.key,
            )
            session.add(row)
            session.flush()
            _note(session, viewer, row, now_ms)
        check_same_resident(row.resident_id, resident.id)
        return _one(session, row.id)


def _note(session: Session, viewer: Viewer, row: FamilyWord, now_ms: int) -> None:
    data: dict[str, int] = {"said_at_ms": row.at_ms} if now_ms - row.at_ms > MINUTE_MS else {}
    if row.arrives_at_ms is not None:
        data["arrives_at_ms"] = row.arrives_at_ms
    noted = write_down(session, row.resident_id, row.what, actor=viewer.user_id, now_ms=now_ms, note=row.note, **data)
    detail = {"what": row.what, "alerts": noted}
    record(
        session, viewer, "family.say", now_ms=now_ms, resident_id=row.resident_id, object_id=str(row.id), detail=detail
    )


def words_of(visit: ResidentVisit) -> list[FamilyWordView]:
    """Return what relatives of the visited resident said in the last hours, the newest first."""
    wanted = _joined().where(FamilyWord.resident_id == visit.resident_id, FamilyWord.at_ms > visit.now_ms - SHOWN_MS)
    rows = visit.session.execute(wanted.order_by(FamilyWord.at_ms.desc(), FamilyWord.id.desc()).limit(_MOST))
    return [_view(*row) for row in rows]


def words_about(visit: Visit, resident_ids: Collection[str]) -> list[FamilyWordView]:
    """Return what relatives of several visited residents said in the last hours, the newest first."""
    lately = FamilyWord.at_ms > visit.now_ms - SHOWN_MS
    wanted = _joined().where(FamilyWord.resident_id.in_(resident_ids), lately)
    rows = visit.session.execute(wanted.order_by(FamilyWord.at_ms.desc(), FamilyWord.id.desc()))
    return [_view(*row) for row in rows]


def newest_of_each(words: list[FamilyWordView]) -> list[FamilyWordView]:
    """Return the last word of each relative, of a list that has the newest first: who said "not going" goes not."""
    found: dict[str, FamilyWordView] = {}
    for word in words:
        found.setdefault(word.user_id, word)
    return list(found.values())


def _joined() -> Select[FamilyWord, str, str | None]:
    link = (FamilyWord.user_id == FamilyLink.user_id) & (FamilyWord.resident_id == FamilyLink.resident_id)
    return (
        select(FamilyWord, User.name, FamilyLink.relation)
        .join(User, User.id == FamilyWord.user_id)
        .outerjoin(FamilyLink, link)
    )


def _one(session: Session, word_id: int) -> FamilyWordView:
    return _view(*session.execute(_joined().where(FamilyWord.id == word_id)).one())


def _view(row: FamilyWord, name: str, relation: str | None) -> FamilyWordView:
    return FamilyWordView(
        id=row.id,
        resident_id=row.resident_id,
        user_id=row.user_id,
        name=name,
        relation=relation or "",
        what=row.what,
        at_ms=row.at_ms,
        arrives_at_ms=row.arrives_at_ms,
        note=row.note,
    )


def notes_of(visit: ResidentVisit, *, since_ms: int) -> dict[str, str]:
    """Return alert -> what the staff wrote for the family when it was closed, of the visited resident. [ms]."""
    closed = (
        select(AlertEvent.alert_id, AlertEvent.data)
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .where(Alert.resident_id == visit.resident_id, AlertEvent.what == "closed", AlertEvent.at_ms >= since_ms)
    )
    rows = visit.session.execute(closed.order_by(AlertEvent.id))
    return {alert_id: str(data["family_note"]) for alert_id, data in rows if data.get("family_note")}
