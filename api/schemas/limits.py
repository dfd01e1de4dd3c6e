"""Limits of one resident that differ from the rules' own."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, Time, View, at


class LimitView(View):
    """A limit of one resident that differs from the rule's."""

    id: str
    resident_id: str
    name: str = Field(examples=["heart_rate_high.high_bpm"])
    value: float = Field(examples=[130])
    reason: str
    set_by: str
    set_by_name: str = ""
    set_at_ms: Time = at("set_at")
    until_ms: Time | None = at("until")


class NewLimit(Input):
    """A limit to set; it replaces the one of the same name."""

    name: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", max_length=100, examples=["heart_rate_high.high_bpm"])
    value: float = Field(allow_inf_nan=False)
    reason: str = Field(min_length=1, max_length=300, examples=["Atrial fibrillation, known, rate-controlled"])
    days: int | None = Field(default=None, ge=1, le=3_650, description="How long it holds; for ever when left out.")
