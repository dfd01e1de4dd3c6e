"""Service figures: how well calls were answered."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Time, View, at


class FigureView(View):
    """One group of alarms: those that agree in what was asked for."""

    centre_id: str = ""
    team_id: str = ""
    kind: str = ""
    model: str = Field(default="", description="Of the device.")
    priority: str = ""
    detector: str = Field(default="", description="Which detector raised it; empty where nobody wrote it down.")
    version: str = Field(default="", description="Of the detector.")
    firmware: str = Field(default="", description="Of the device, when it was raised.")
    alarms: int = Field(description="All but drills and tests.")
    late: int = Field(description="Reported long after the event; counted from when they were raised.")
    answered: int
    within_60_s: int
    within_180_s: int
    attended: int = Field(description="Somebody was with the resident.")
    within_45_min: int
    closed: int
    true: int
    false: int
    device_fault: int
    resolved: int = Field(description="Went away before anybody answered.")
    practice: int = Field(description="Drills and tests; in no other number.")
    true_share: float | None = Field(description="Of those judged. 0 to 1")
    true_low: float | None = Field(description="Lower end of its 95 % interval (Wilson).")
    true_high: float | None = Field(description="Upper end.")
    watched_weeks: float | None = Field(description="Person-weeks watched by who raised them; null: not counted.")
    per_week: float | None = Field(description="Alarms a person-week.")
    half_within_s: int | None = Field(description="Step within which half of the answered were. [s]")
    most_within_s: int | None = Field(description="Step within which 95 % of them were. [s]")


class FiguresView(View):
    """A month."""

    month: str = Field(examples=["2026-11"])
    frozen: bool = Field(description="Kept; a correction is a further revision.")
    revision: int = Field(description="The highest of the centres; 0: counted just now.")
    made_at_ms: Time | None = at("made_at")
    months: list[str] = Field(description="Which can be asked for, the newest first.")
    sum: FigureView
    groups: list[FigureView]
