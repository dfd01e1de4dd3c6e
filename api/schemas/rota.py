"""Rotas: who is on call, shifts, days that are different, gaps, hand-over notes."""

from __future__ import annotations

from pydantic import Field

from anhu.registry.rota.model import Covers
from anhu.registry.rota.on_call import Because
from anhu.registry.rota.stretches import GapKind
from anhu.registry.rota.workdays import Calendar
from api.schemas.base import Input, Time, View, at

_DAY = Field(max_length=10, examples=["2026-11-30"], description="A day of the rota's own calendar.")
_CREW = Field(max_length=20, description="Users in order: who is called first, second...")


class OwnerView(View):
    """A desk or a team."""

    id: str = Field(examples=["centre:c-1"])
    kind: str = Field(examples=["centre"])
    name: str
    own: bool = Field(description="You are a member there.")
    may_edit: bool


class OnCallMember(View):
    """Somebody who is on call."""

    user_id: str
    name: str
    duty: str
    shift: str = Field(description="Empty: not by a shift.")
    until_ms: Time | None = at("until")


class OnCallView(View):
    """Who is on call, in the order in which to call."""

    owner: str
    owner_name: str
    time_zone: str
    because: Because
    is_gap: bool = Field(description="Nobody is there who should be: everybody is called instead.")
    members: list[OnCallMember]
    next_members: list[OnCallMember] = Field(default=[], description="Who comes next, when the present shift ends.")
    next_ms: Time | None = at("next_at")
    unread_notes: int = 0


class PersonOnShift(View):
    """Somebody on a crew; `absent` says why he is not there: ``leave``, ``gone``; empty: he is."""

    user_id: str
    name: str
    absent: str = ""


class PartView(View):
    """A part of a shift with one crew."""

    start_ms: Time = at("start")
    end_ms: Time = at("end")
    crew: list[PersonOnShift]
    staffed: bool


class StintView(View):
    """One shift on one day."""

    shift_id: str
    name: str
    day: str
    start_ms: Time = at("start")
    end_ms: Time = at("end")
    changed: bool
    parts: list[PartView]


class RotaDay(View):
    """A day with the shifts that begin on it."""

    day: str
    start_ms: Time = at("start")
    is_workday: bool
    by_notice: bool = Field(description="The calendar of working days knows this year; else only the weekday counts.")
    stints: list[StintView]


class RotaGapView(View):
    """A time in which somebody is missing."""

    kind: GapKind
    start_ms: Time = at("start")
    end_ms: Time = at("end")
    shifts: list[str]
    absent: list[PersonOnShift]


class ShiftView(View):
    """A shift that comes back."""

    id: str
    name: str
    days: str
    start_minute: int
    end_minute: int
    crews: list[list[PersonOnShift]]
    anchor: str
    from_day: str
    until_day: str


class MemberView(View):
    """A member of the desk or team."""

    id: str
    name: str
    duty: str
    is_lead: bool


class LeaveView(View):
    """Somebody is away, both days included."""

    id: str
    user_id: str
    name: str
    from_day: str
    until_day: str
    note: str


class NoteView(View):
    """A hand-over note."""

    id: str
    shift: str
    text: str
    by: str
    at_ms: Time = at("at")
    read_by: str
    read_at_ms: Time | None = at("read_at")


class RotaView(View):
    """A week of a rota, its gaps of the next fourteen days, and what it is made of."""

    owner: OwnerView
    exists: bool = Field(description="False: there are no shifts, and everybody is on call.")
    time_zone: str
    covers: Covers
    calendar: Calendar
    calendar_until: int = Field(description="The last year of which the working days are known; 0: by the weekday.")
    calendar_ends: bool = Field(description="Shifts go by working days, and a day ahead is beyond that year.")
    on_call: OnCallView
    week: str
    days: list[RotaDay]
    gaps: list[RotaGapView]
    shifts: list[ShiftView]
    members: list[MemberView]
    leaves: list[LeaveView]
    notes: list[NoteView]


class RotaInput(Input):
    """What holds for a rota as a whole."""

    time_zone: str = Field(default="Asia/Shanghai", max_length=64, description="IANA name: shifts are by its clock.")
    covers: Covers = Covers.ALWAYS
    calendar: Calendar = Calendar.CHINA


class ShiftInput(Input):
    """A shift that comes back."""

    name: str = Field(min_length=1, max_length=40, examples=["夜班"])
    days: str = Field(max_length=7, examples=["12345"], description="ISO weekdays, or `work` or `rest`.")
    start_minute: int = Field(ge=0, lt=1440, description="Of the day.")
    end_minute: int = Field(ge=0, lt=1440, description="Not after the start: on the next day.")
    crews: list[list[str]] = Field(min_length=1, max_length=12, description="One per week of the cycle, in order.")
    anchor: str = Field(max_length=10, examples=["2026-11-30"], description="First day of a first week of the cycle.")
    from_day: str = Field(default="", max_length=10)
    until_day: str = Field(default="", max_length=10)


class DayInput(Input):
    """One shift of one day has another crew, from now on; nobody: it is unstaffed."""

    shift_id: str = Field(max_length=64)
    day: str = _DAY
    crew: list[str] = _CREW


class NoteInput(Input):
    """A hand-over note."""

    text: str = Field(min_length=1, max_length=2000)
