"""How a relative reads it: is mother well, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.episodes.lifecycle import Response
from anhu.contract.clock import HOUR_MS
from anhu.contract.priority import Priority
from api.schemas.alerts import AlertView
from api.schemas.observations import EventView, LatestView
from api.web.latest import Tile, tiles
from api.web.wording import Wording

QUIET_MS = 12 * HOUR_MS
_MOTION = frozenset({"motion", "contact", "presence", "bed", "chair", "medication", "property_exit"})
_TOLD = frozenset({"high", "medium"})


@dataclass(frozen=True, slots=True)
class Wellbeing:
    """One sentence about today.

    Attributes
    ----------
    state : str
        ``well``; ``waiting`` (an alarm nobody answered yet); ``attention`` (an alarm that is answered); ``quiet``
        (nothing was heard for twelve hours).
    last_motion_ms : int
        When somebody was last seen moving at home; 0 when not known. [ms]
    """

    state: str
    text: str
    last_motion_ms: int
    today: Sequence[Tile]


def wellbeing(
    name: str,
    latest: Sequence[LatestView],
    events: Sequence[EventView],
    open_alerts: Sequence[AlertView],
    wording: Wording,
) -> Wellbeing:
    """Return today in words; alerts about batteries and the like do not worry relatives."""
    told = [alert for alert in open_alerts if alert.priority in _TOLD]
    state = _state(latest, events, told, wording.now_ms)
    worst = max(told, key=lambda alert: Priority[alert.priority.upper()], default=None)
    text = wording.t(
        f"family.{state}_text",
        name=name,
        kind=wording.kind(worst.kind) if worst else "",
        since=wording.ago(worst.started_at_ms) if worst else "",
    )
    moved = [event.observed_at_ms for event in events if event.kind in _MOTION and event.state == "on"]
    today = tiles(latest, wording, since_ms=wording.start_of_today_ms())
    return Wellbeing(state=state, text=text, last_motion_ms=max(moved, default=0), today=today)


def _state(latest: Sequence[LatestView], events: Sequence[EventView], told: Sequence[AlertView], now_ms: int) -> str:
    if any(alert.response == Response.UNACKED for alert in told):
        return "waiting"
    if told:
        return "attention"
    heard = [one.observed_at_ms for one in latest] + [event.observed_at_ms for event in events]
    return "well" if heard and now_ms - max(heard) < QUIET_MS else "quiet"
