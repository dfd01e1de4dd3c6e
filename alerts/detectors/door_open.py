"""The front door left open, or opened at night by somebody who must not go out alone (dementia)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.local_time import LocalTime, within
from alerts.rules.threshold import with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_events
from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.contract.rooms import room_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    day_min, night_min : float
        Open for this long by day, at night. [min]
    shut_min : float
        Over when shut for this long; at once after it was only left open. [min]
    from_h, until_h : float
        The night, local time. [h]
    """

    day_min: float = 30.0
    night_min: float = 5.0
    shut_min: float = 15.0
    from_h: float = 22.0
    until_h: float = 6.0


DEMENTIA = Params(day_min=5.0)


class DoorOpen(Detector):
    """Medium. With the flag ``dementia`` opening it at night is said at once, and five minutes open by day.

    Others may air the flat or talk to a neighbour for half an hour. Whether somebody went out is not known. Shut and
    opened again, it is said again: a person may have closed the alert, and this is the next time.
    """

    name = "door_open"
    kinds = ("door_open",)
    reads = ("contact",)

    def __init__(self, params: Params, clock: LocalTime, *, guarded: bool) -> None:
        self._params = params
        self._clock = clock
        self._guarded = guarded
        self._open_ms: int | None = None
        self._shut_ms: int | None = None
        self._on = False
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's flags and limits."""
        guarded = "dementia" in profile.flags
        params = with_limits(DEMENTIA if guarded else Params(), profile, "door_open")
        return cls(params, LocalTime.of(profile.time_zone), guarded=guarded)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take the front door's movements; other doors are nobody's business."""
        if room_of(window.context) != "front_door":
            return ()
        self._device_id = window.device_id
        found: list[Finding] = []
        for t, is_open in usable_events(window):
            found += caught_up(self, t)
            if is_open:
                opens = not self._on or self._shut_ms is not None
                self._shut_ms = None
                self._open_ms = t if self._open_ms is None else self._open_ms
                if self._guarded and opens and self._is_night(t):
                    found.append(self._raise(t, t))
            elif self._open_ms is not None:
                self._open_ms = None
                self._shut_ms = t if self._on else None
        return tuple(found)

    def _is_night(self, t: int) -> bool:
        return within(self._clock.hour(t), self._params.from_h, self._params.until_h)

    def _raise(self, at_ms: int, decided_ms: int) -> Finding:
        self._on = True
        return self._finding(Condition.PRESENT, at_ms, decided_ms)

    def due_ms(self) -> int | None:
        """Return when the door will have been open, or shut again, for long enough. [ms]."""
        p = self._params
        if self._on:
            return None if self._shut_ms is None else self._shut_ms + round(p.shut_min * MINUTE_MS)
        if self._open_ms is None:
            return None
        limit = p.night_min if self._is_night(self._open_ms) else p.day_min
        return self._open_ms + round(limit * MINUTE_MS)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that it has been open, or shut again, for long enough. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return ()
        if not self._on:
            return (self._raise(self._open_ms or due, due),)
        start, self._shut_ms, self._on = self._shut_ms or due, None, False
        return (self._finding(Condition.GONE, start, due),)

    def _finding(self, condition: Condition, at_ms: int, decided_ms: int) -> Finding:
        p = self._params
        limit = p.night_min if self._is_night(at_ms) else p.day_min
        evidence = Evidence(
            features={"open_min": round((decided_ms - at_ms) / MINUTE_MS, 1)},
            limits={"open_min": 0.0 if self._guarded and self._is_night(at_ms) else limit},
            quantity="contact",
            device_id=self._device_id,
            start_ms=at_ms,
            end_ms=decided_ms,
        )
        return Finding("door_open", condition, at_ms, decided_ms, 1.0, Priority.MEDIUM, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"open": self._open_ms, "shut": self._shut_ms, "on": self._on, "device": self._device_id}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._open_ms, self._shut_ms = state["open"], state["shut"]
        self._on, self._device_id = state["on"], state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._open_ms = shifted(self._open_ms, by_ms)
        self._shut_ms = shifted(self._shut_ms, by_ms)
