"""What became of a test alarm."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from api.schemas.base import View


class DrillToldView(View):
    """What became of it at one contact; `after_s` is null when it did not get there. [s]."""

    contact_id: str
    owner: str = Field(examples=["centre:c-1"])
    channel: str
    after_s: float | None
    why: str


class DrillView(View):
    """A test alarm: still on its way, or what became of it. [s]."""

    resident_id: str
    is_running: bool
    alert_after_s: float | None = None
    told: Sequence[DrillToldView] = ()
    problem: str = ""
