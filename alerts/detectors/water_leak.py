"""Water where none should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.events import own_room
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_events
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority

_MOST_PLACES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Persistence.

    Attributes
    ----------
    wet_s : float
        A splash dries or is wiped within this. [s]
    dry_s : float
        Over when dry for this long. [s]
    """

    wet_s: float = 10.0
    dry_s: float = 600.0


class _Place(msgspec.Struct):
    """One place that a sensor watches."""

    wet_ms: int | None = None
    dry_ms: int | None = None
    on: bool = False

    def take(self, t_ms: int, *, wet: bool) -> None:
        if wet:
            self.dry_ms = None
            self.wet_ms = t_ms if self.wet_ms is None else self.wet_ms
        else:
            self.wet_ms = None
            self.dry_ms = t_ms if self.on and self.dry_ms is None else self.dry_ms


class WaterLeak(Detector):
    """Wet for ten seconds; over after ten dry minutes. Rooms that a device names are judged each by itself."""

    name = "water_leak"
    kinds = ("water_leak",)
    reads = ("water_leak",)

    def __init__(self, params: Params | None = None) -> None:
        self._params = params or Params()
        self._places: dict[str, _Place] = {}
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - water is the same for everybody
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take wet and dry; what they mean is decided when enough time has passed."""
        found: list[Finding] = []
        self._device_id, room = window.device_id, own_room(window)
        for t, wet in usable_events(window):
            found += caught_up(self, t)
            if room not in self._places and len(self._places) >= _MOST_PLACES:
                room = ""  # judged together: wet in one of them is wet
            self._places.setdefault(room, _Place()).take(t, wet=bool(wet))
        return tuple(found)

    def due_ms(self) -> int | None:
        """Return when wet has lasted, or dry, anywhere. [ms]."""
        return min((due for place in self._places.values() if (due := self._due(place)) is not None), default=None)

    def _due(self, place: _Place) -> int | None:
        if place.on:
            return None if place.dry_ms is None else place.dry_ms + round(self._params.dry_s * SECOND_MS)
        return None if place.wet_ms is None else place.wet_ms + round(self._params.wet_s * SECOND_MS)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Decide what has lasted long enough. [ms]."""
        due = {room: due for room, place in self._places.items() if (due := self._due(place)) is not None}
        over = sorted((due_ms, room) for room, due_ms in due.items() if due_ms <= now_ms)
        return tuple(self._turn(room, due_ms) for due_ms, room in over)

    def _turn(self, room: str, due_ms: int) -> Finding:
        place = self._places[room]
        condition = Condition.GONE if place.on else Condition.PRESENT
        start = (place.dry_ms if place.on else place.wet_ms) or due_ms
        place.on, place.dry_ms = not place.on, None
        evidence = Evidence(quantity="water_leak", device_id=self._device_id, start_ms=start, end_ms=due_ms, room=room)
        return Finding("water_leak", condition, start, due_ms, 1.0, Priority.MEDIUM, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        places = {room: msgspec.to_builtins(place) for room, place in self._places.items()}
        return {"places": places, "device": self._device_id}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state, also one that knew no rooms."""
        former = {"": {"wet_ms": state.get("wet"), "dry_ms": state.get("dry"), "on": state.get("on", False)}}
        self._places = msgspec.convert(state.get("places", former), dict[str, _Place])
        self._device_id = state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        for place in self._places.values():
            place.wet_ms, place.dry_ms = shifted(place.wet_ms, by_ms), shifted(place.dry_ms, by_ms)
