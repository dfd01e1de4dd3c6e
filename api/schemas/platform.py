"""The platform itself: its parts."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Time, View, at


class Component(View):
    """One part of the platform and its last words."""

    name: str = Field(examples=["alerts"])
    at_ms: Time = at("at")
    counters: dict[str, float]


class PlatformView(View):
    """How the platform is."""

    now_ms: Time = at("now")
    database: str = Field(examples=["sqlite"])
    store: str = Field(description="Name and version, or empty when it does not answer.")
    components: list[Component]
    open_alerts: int
    unanswered_high: int = Field(description="Open alerts of high priority that nobody has acknowledged.")
    notifications: dict[str, int] = Field(description="Messages of the last day by state.")
