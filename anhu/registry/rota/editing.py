"""Making and changing a rota: what the pages' forms and the API ask for, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.errors import MissingRowError
from anhu.registry.rota.looking import members_of, owned_rota, shift_of
from anhu.registry.rota.model import ON_RESTDAYS, ON_WORKDAYS, WEEKDAYS, Covers
from anhu.registry.rota.wall_clock import DAY_MINUTES
from anhu.registry.rota.workdays import Calendar
from anhu.registry.rota_tables import RotaChange, RotaRow, RotaShift
from anhu.registry.rows import add_new, check_facts, existing
from anhu.registry.time_zones import EXPECTED, is_time_zone

_YEARS = range(2000, 2100)
MOST_SHIFTS, MOST_WEEKS, MOST_IN_A_CREW, MOST_CHANGES = 40, 12, 20, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFacts:
    """What somebody says of a shift; texts as they were entered.

    Attributes
    ----------
    start_minute, end_minute : int
        Of the day. [min]
    crews : sequence of sequence of str
        One per week of the cycle, users in order.
    """

    name: str
    days: str
    start_minute: int
    end_minute: int
    crews: Sequence[Sequence[str]]
    anchor: str
    from_day: str = ""
    until_day: str = ""


def set_rota(
    session: Session, owner_kind: str, owner_id: str, *, time_zone: str, covers: Covers, calendar: Calendar
) -> RotaRow:
    """Give an owner a rota, or change what holds for the whole of it. Raises `FieldError`."""
    if not is_time_zone(time_zone):
        raise FieldError("time_zone", time_zone, EXPECTED, zh="IANA 时区名，如 Asia/Shanghai")
    row = owned_rota(session, owner_kind, owner_id).row
    if row is None:
        row = RotaRow(id=new_id("ro"), owner_kind=owner_kind, owner_id=owner_id, time_zone="", covers="", workdays="")
        session.add(row)
    row.time_zone, row.covers, row.workdays = time_zone, covers.value, calendar.value
    return touch(session, row)


def touch(session: Session, row: RotaRow) -> RotaRow:
    """Have its gaps looked for at once."""
    row.look_at_ms = 0
    session.flush()
    return row


def save_shift(session: Session, rota: RotaRow, facts: ShiftFacts, *, shift_id: str = "") -> RotaShift:
    """Add a shift, or change one as a whole. Raises `FieldError`, `MissingRowError`."""
    values = _checked(session, rota, facts)
    if shift_id:
        row = _shift_of_rota(session, rota, shift_id)
        for name, value in values.items():
            setattr(row, name, value)
        check_facts(row)
    else:
        count, last = session.execute(
            select(func.count(), func.max(RotaShift.position)).where(RotaShift.rota_id == rota.id)
        ).one()
        if count >= MOST_SHIFTS:
            raise FieldError("shifts", count + 1, f"at most {MOST_SHIFTS}", zh=f"最多 {MOST_SHIFTS} 个班次")
        row = RotaShift(id=new_id("sh"), rota_id=rota.id, position=(last or 0) + 1, **values)
        add_new(session, row, row.id)
    touch(session, rota)
    return row


def remove_shift(session: Session, rota: RotaRow, shift_id: str) -> None:
    """Take a shift away, and what was different on single days of it. Raises `MissingRowError`."""
    session.delete(_shift_of_rota(session, rota, shift_id))
    session.execute(delete(RotaChange).where(RotaChange.rota_id == rota.id, RotaChange.shift_id == shift_id))
    touch(session, rota)


def change_day(
    session: Session, rota: RotaRow, shift_id: str, day: str, crew: Sequence[str], *, set_by: str, now_ms: int
) -> RotaChange:
    """Give one shift of one day another crew, from now on; none: it is unstaffed. Raises `FieldError`. [ms]."""
    shift = _shift_of_rota(session, rota, shift_id)
    began = check_day("day", day)
    if not shift_of(shift).begins_on(began, Calendar(rota.workdays).workdays):
        raise FieldError("day", day, f"a day on which {shift.name} begins", zh=f"“{shift.name}”开始的日子")
    _check_crew(session, rota, crew)
    of_day = (RotaChange.rota_id == rota.id, RotaChange.shift_id == shift_id, RotaChange.day == str(began))
    if (session.scalar(select(func.count()).select_from(RotaChange).where(*of_day)) or 0) >= MOST_CHANGES:
        raise FieldError("day", day, f"a shift that was changed fewer than {MOST_CHANGES} times", zh="改动过多的班次")
    row = RotaChange(
        id=new_id("rc"),
        rota_id=rota.id,
        shift_id=shift_id,
        day=str(began),
        since_ms=now_ms,
        crew=list(dict.fromkeys(crew)),
        set_by=set_by,
        set_at_ms=now_ms,
    )
    session.add(row)
    touch(session, rota)
    return row


def check_day(field: str, text: str) -> date:
    """Return a day of the calendar. Raises `FieldError`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year not in _YEARS:
        raise FieldError(field, text, "a day such as 2026-11-30", zh="日期，如 2026-11-30")
    return day


def _shift_of_rota(session: Session, rota: RotaRow, shift_id: str) -> RotaShift:
    row = existing(session, RotaShift, shift_id, lock=True)
    if row.rota_id != rota.id:
        raise MissingRowError("rota_shift", shift_id)
    return row


def _checked(session: Session, rota: RotaRow, facts: ShiftFacts) -> dict[str, object]:
    if not facts.name.strip():
        raise FieldError("name", facts.name, "a name for the shift", zh="班次名称")
    for field in ("start_minute", "end_minute"):
        if not 0 <= getattr(facts, field) < DAY_MINUTES:
            raise FieldError(field, getattr(facts, field), "0 to 1439", zh="0 至 1439")
    if not 1 <= len(facts.crews) <= MOST_WEEKS:
        raise FieldError("crews", len(facts.crews), f"1 to {MOST_WEEKS} weeks", zh=f"1 至 {MOST_WEEKS} 周")
    for crew in facts.crews:
        _check_crew(session, rota, crew)
    spans = {field: _day_or_none(field, getattr(facts, field)) for field in ("from_day", "until_day")}
    if all(spans.values()) and spans["from_day"] > spans["until_day"]:
        raise FieldError("until_day", facts.until_day, "a day not before the first", zh="不早于首日的日期")
    return {
        "name": facts.name.strip(),
        "days": _days(facts.days),
        "start_minute": facts.start_minute,
        "end_minute": facts.end_minute,
        "crews": [list(dict.fromkeys(crew)) for crew in facts.crews],
        "anchor": str(check_day("anchor", facts.anchor)),
        **spans,
    }


def _days(text: str) -> str:
    if text in {ON_WORKDAYS, ON_RESTDAYS}:
        return text
    if not text or set(text) - set(WEEKDAYS):
        expected = f"weekdays such as 12345, or {ON_WORKDAYS} or {ON_RESTDAYS}"
        raise FieldError("days", text, expected, zh="星期（如 12345），或 work（工作日）、rest（休息日）")
    return "".join(sorted(set(text)))


def _day_or_none(field: str, text: str) -> str:
    return str(check_day(field, text)) if text else ""


def _check_crew(session: Session, rota: RotaRow, crew: Sequence[str]) -> None:
    if len(crew) > MOST_IN_A_CREW:
        raise FieldError("crew", len(crew), f"at most {MOST_IN_A_CREW} people", zh=f"最多 {MOST_IN_A_CREW} 人")
    members = set(members_of(session, rota.owner_kind, rota.owner_id))
    for one in crew:
        if one not in members:
            raise FieldError("crew", one, "an enabled member of this desk or team", zh="本值守台或团队的在用成员")
