"""Where a device last said it was, and how far to believe that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from anhu.contract.clock import MINUTE_MS
from api.schemas.observations import EventView
from api.web.wording import Wording

_OLD_MS = 10 * MINUTE_MS


class Spot(NamedTuple):
    """A position on the earth, WGS 84.

    Attributes
    ----------
    accuracy_m : float
        Radius within which it is; 0: not said. [m]
    old : bool
        Whoever wore it may be elsewhere by now.
    """

    latitude_deg: float
    longitude_deg: float
    accuracy_m: float
    at_ms: int
    said: str
    old: bool


def newest_spot(events: Sequence[EventView], wording: Wording) -> Spot | None:
    """Return the newest position among events that are given oldest first; None where there is none that can be."""
    for event in reversed(events):
        if event.kind == "position" and (spot := _spot(event, wording)):
            return spot
    return None


def _spot(event: EventView, wording: Wording) -> Spot | None:
    latitude, longitude = event.attributes.get("latitude_deg"), event.attributes.get("longitude_deg")
    accuracy = event.attributes.get("accuracy_m")
    if not (isinstance(latitude, int | float) and isinstance(longitude, int | float)):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004 - degrees
        return None
    radius_m = float(accuracy) if isinstance(accuracy, int | float) and accuracy > 0 else 0.0
    ago = wording.ago(event.observed_at_ms)
    said = (
        wording.t("map.fix", ago=ago, accuracy=round(radius_m)) if radius_m else wording.t("map.fix_unknown", ago=ago)
    )
    old = wording.now_ms - event.observed_at_ms > _OLD_MS
    return Spot(float(latitude), float(longitude), radius_m, event.observed_at_ms, said, old)
