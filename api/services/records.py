"""A resident's record as those see it who look after it; consents, bed, photo, ending."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.tables import Alert
from anhu.contract.errors import FieldError
from anhu.registry import care_records, consents, endings, identities, places
from anhu.registry.errors import StaleError
from anhu.registry.people_tables import CareRecord, Consent, Ending, Place, ResidentPhoto, Stay
from anhu.registry.tables import Device, User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.schemas.records import (
    ConsentView,
    EndingView,
    MedicineView,
    NewConsent,
    NewEnding,
    OpenAlertView,
    RecordView,
    Resumed,
    StayView,
)
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import managed_resident, visible_resident
from api.services.meanwhile import meanwhile
from api.services.record_writing import today_of
from api.services.relatives import relatives_of
from api.services.residents import one_resident
from api.visit import visit_resident

_STAYS = 50


def read_record(deps: Dependencies, viewer: Viewer, resident_id: str) -> RecordView:
    """Return all that is written down of a resident."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with visit_resident(deps, viewer, resident_id, "resident.record") as visit:
        return _record(visit.session, viewer, visit.resident_id)


def _record(session: Session, viewer: Viewer, resident_id: str) -> RecordView:
    known = session.get(CareRecord, resident_id)
    ended = endings.last_ending(session, resident_id)
    photo = session.scalar(select(ResidentPhoto.media_type).where(ResidentPhoto.resident_id == resident_id))
    owned = select(Device.id).where(Device.resident_id == resident_id).order_by(Device.id)
    is_open = select(Alert).where(Alert.resident_id == resident_id, Alert.is_open).order_by(Alert.priority.desc())
    return RecordView(
        resident=one_resident(session, viewer, resident_id),
        identity_last_four=identities.last_four(session, resident_id),
        conditions=known.conditions if known else [],
        medicines=[MedicineView(**one) for one in known.medicines] if known else [],
        allergies=known.allergies if known else [],
        consents=[_consent(one) for one in consents.consents_of(session, resident_id)],
        family=relatives_of(session, resident_id),
        stays=_stays(session, resident_id),
        devices=list(session.scalars(owned)),
        open_alerts=[
            OpenAlertView(id=one.id, kind=one.kind, priority=one.priority) for one in session.scalars(is_open)
        ],
        has_photo=photo is not None,
        ending=_ending(session, ended) if ended is not None else None,
    )


def give_consent(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewConsent) -> ConsentView:
    """Write down that somebody agreed to one purpose."""
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    values = given.model_dump(exclude={"given_on"})
    given_at_ms = _morning_ms(deps, given.given_on)
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        made = consents.give_consent(
            session,
            resident_id=resident_id,
            given_at_ms=given_at_ms,
            now_ms=now_ms,
            recorded_by=viewer.user_id,
            **values,
        )
        detail = {"purpose": given.purpose}
        record(
            session, viewer, "consent.give", now_ms=now_ms, resident_id=resident_id, object_id=made.id, detail=detail
        )
        return _consent(made)


def withdraw_consent(
    deps: Dependencies, viewer: Viewer, resident_id: str, consent_id: str, withdrawn_by: str
) -> ConsentView:
    """Write down that a consent was withdrawn; that relatives may see the resident ends with it at once."""
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        if session.scalar(select(Consent.resident_id).where(Consent.id == consent_id)) != resident_id:
            raise NotFoundError(f"no consent {consent_id!r} of {resident_id!r}")
        row = consents.withdraw_consent(session, consent_id, withdrawn_by=withdrawn_by, now_ms=now_ms)
        detail = {"purpose": row.purpose}
        record(
            session, viewer, "consent.withdraw", now_ms=now_ms, resident_id=resident_id, object_id=row.id, detail=detail
        )
        return _consent(row)


def move(deps: Dependencies, viewer: Viewer, resident_id: str, place_id: str) -> list[StayView]:
    """Lay a resident into a bed or a home, or nowhere of ours. Raises `TakenError`, `FieldError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        places.move_resident(session, resident_id, place_id or None, now_ms=now_ms)
        record(session, viewer, "resident.move", now_ms=now_ms, resident_id=resident_id, object_id=place_id)
        return _stays(session, resident_id)


def end_service(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewEnding) -> RecordView:
    """End a resident's service: devices become nobody's, the bed is free, open alarms stay open.

    Raises
    ------
    ConflictError
        While alarms are open and nobody said that he knows.
    """
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    values = given.model_dump(exclude={"despite_open_alerts"})
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        kinds = session.scalars(select(Alert.kind).where(Alert.resident_id == resident_id, Alert.is_open)).all()
        if kinds and not given.despite_open_alerts:
            raise ConflictError(f"alarms are open: {', '.join(sorted(kinds))}; close them, or say that you know")
        try:
            endings.end_service(
                session, resident_id, now_ms=now_ms, today=today_of(deps), by_user=viewer.user_id, **values
            )
        except StaleError as stale:
            raise meanwhile(session, stale) from None
        after = _record(session, viewer, resident_id)
        detail = {"fields": ["active"], "reason": given.reason, "revision": after.resident.revision}
        record(session, viewer, "resident.end", now_ms=now_ms, resident_id=resident_id, detail=detail)
        return after


def resume_service(deps: Dependencies, viewer: Viewer, resident_id: str, revision: int | None) -> Resumed:
    """Take an ending back; says what somebody else has by now."""
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        try:
            lost = endings.resume_service(session, resident_id, now_ms=now_ms, revision=revision)
        except StaleError as stale:
            raise meanwhile(session, stale) from None
        made = _record(session, viewer, resident_id)
        detail = {"fields": ["active"], "not_given_back": lost, "revision": made.resident.revision}
        record(session, viewer, "resident.resume", now_ms=now_ms, resident_id=resident_id, detail=detail)
        return Resumed(record=made, not_given_back=lost)


def set_photo(deps: Dependencies, viewer: Viewer, resident_id: str, content: bytes) -> None:
    """Keep a small picture; an empty one is forgotten. Raises `FieldError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        care_records.set_photo(session, resident_id, content)
        record(session, viewer, "resident.photo", now_ms=now_ms, resident_id=resident_id)


def read_photo(deps: Dependencies, viewer: Viewer, resident_id: str) -> tuple[str, bytes]:
    """Return a picture and its kind. Raises `NotFoundError` when there is none."""
    with visit_resident(deps, viewer, resident_id, "resident.photo_read") as visit:
        found = visit.session.get(ResidentPhoto, visible_resident(visit.session, viewer, resident_id).id)
        if found is None:
            raise NotFoundError(f"no photo of {resident_id!r}")
        return found.media_type, found.content


def _morning_ms(deps: Dependencies, day: str) -> int:
    try:
        return round(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(deps.time_zone)).timestamp() * 1_000)
    except (ValueError, OverflowError):
        raise FieldError("given_on", day, "a day YYYY-MM-DD", zh="日期 YYYY-MM-DD") from None


def _stays(session: Session, resident_id: str) -> list[StayView]:
    wanted = select(Stay, Place.full_name).join(Place, Place.id == Stay.place_id)
    rows = session.execute(wanted.where(Stay.resident_id == resident_id).order_by(Stay.from_ms.desc()).limit(_STAYS))
    return [
        StayView(place_id=stay.place_id, place=name, from_ms=stay.from_ms, until_ms=stay.until_ms)
        for stay, name in rows
    ]


def _consent(row: Consent) -> ConsentView:
    names = ("id", "purpose", "text_version", "given_by", "capacity", "given_at_ms", "withdrawn_at_ms", "withdrawn_by")
    return ConsentView(**{name: getattr(row, name) for name in names})


def _ending(session: Session, row: Ending) -> EndingView:
    by = session.scalar(select(User.name).where(User.id == row.by_user)) or row.by_user
    return EndingView(
        reason=row.reason, on_date=row.on_date, note=row.note, devices=row.devices, at_ms=row.at_ms, by=by
    )
