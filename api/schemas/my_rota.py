"""A member's own shifts, swaps and leave."""

from __future__ import annotations

from pydantic import Field

from anhu.registry.rota.swaps import SwapState
from api.schemas.base import Input, Time, View, at
from api.schemas.rota import LeaveView, MemberView

_DAY = Field(max_length=10, examples=["2026-11-30"])


class TurnView(View):
    """A part of a shift that somebody has."""

    user_id: str
    name: str
    shift_id: str
    shift: str
    day: str
    place: int
    start_ms: Time = at("start")
    end_ms: Time = at("end")


class SwapView(View):
    """A swap that was asked for."""

    id: str
    asker: str
    other: str
    asked_of_me: bool
    shift: str
    day: str
    back_shift: str
    back_day: str
    note: str
    state: SwapState
    asked_at_ms: Time = at("asked_at")


class MyRotaView(View):
    """What somebody has to do, and what waits for his answer."""

    owner: str
    owner_name: str
    time_zone: str
    turns: list[TurnView]
    others: list[TurnView] = Field(description="Shifts of the others, which one may ask for in return.")
    swaps: list[SwapView]
    leaves: list[LeaveView]
    members: list[MemberView]
    has_calendar: bool


class SwapInput(Input):
    """Ask somebody to take a shift, for one of his or for none."""

    shift_id: str = Field(max_length=64)
    day: str = _DAY
    other_id: str = Field(max_length=64)
    back_shift_id: str = Field(default="", max_length=64)
    back_day: str = Field(default="", max_length=10)
    note: str = Field(default="", max_length=200)


class LeaveInput(Input):
    """Be away, both days included."""

    from_day: str = _DAY
    until_day: str = _DAY
    note: str = Field(default="", max_length=200)
    user_id: str = Field(default="", max_length=64, description="Whose; one's own when left out. A lead may say it.")


class CalendarAddressView(View):
    """The address of one's calendar: it is shown once."""

    url: str
