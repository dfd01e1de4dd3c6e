"""The platform itself: its parts."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Time, View, at


class Component(View):
    """One part of the platform and its last words."""

    name: str = Field(examples=["alerts"])
    instance: str = Field(default="", description="Which of those of this name.", examples=["node-7-1f0a93c2"])
    at_ms: Time = at("at")
    counters: dict[str, float]


class BeatView(View):
    """One call that the platform made of itself; how long it took to be at each place, null where it never was."""

    at_ms: Time = at("at")
    door_ms: int | None = Field(description="Acknowledged: on disk. [ms]")
    alert_ms: int | None = Field(description="An alert in the database. [ms]")
    phone_ms: int | None = Field(description="At the telephone. [ms]")
    partition: int = Field(default=0, description="Of the LOG, through which it went.")


class HeartbeatView(View):
    """The calls of the last day."""

    calls: int
    arrived: int
    half_ms: int | None = Field(description="Half of those that arrived took no longer. [ms]")
    slowest_ms: int | None = Field(description="[ms]")
    failing_since_ms: Time | None = at("failing_since")
    last: BeatView | None


class PlatformView(View):
    """How the platform is."""

    now_ms: Time = at("now")
    database: str = Field(examples=["sqlite"])
    store: str = Field(description="Name and version, or empty when it does not answer.")
    components: list[Component]
    open_alerts: int
    unanswered_high: int = Field(description="Open alerts of high priority that nobody has acknowledged.")
    notifications: dict[str, int] = Field(description="Messages of the last day by state.")
    heartbeat: HeartbeatView
