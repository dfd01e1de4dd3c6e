"""Out of bed at night and not back: 15 minutes, 8 for somebody with a high risk of falling.

Bed radars use 5; that called on every six-minute visit to the bathroom of a simulated resident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile
from alerts.rules.home_detector import HomeDetector, HomeEvent
from alerts.rules.household import Recent
from alerts.rules.local_time import LocalTime, within
from alerts.rules.threshold import with_limits
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority

_RISES = 14
_LEAST_RISES = 3
_UP_H = 3.0
_NOON_H = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    away_min : float
        Out of bed for this long with no life seen. [min]
    active_min : float
        Out of bed for this long while sensors see the person walk about. [min]
    from_h, until_h : float
        The night, local time. [h]
    early_h : float
        Leaving bed less than this before the own usual time of rising is rising. [h]
    """

    away_min: float = 15.0
    active_min: float = 60.0
    from_h: float = 22.0
    until_h: float = 6.0
    early_h: float = 1.5


FALL_RISK = Params(away_min=8.0)


class BedExit(HomeDetector):
    """Medium; over when back in bed, or when the night is over and life is seen.

    Who is seen in other rooms in the meantime has not fallen beside the bed: the wait starts anew with each such sign,
    up to an hour in all. The own usual time of rising is learned from two weeks, also for people who rise at four.
    """

    name = "bed_exit"
    kinds = ("bed_exit",)

    def __init__(self, params: Params, clock: LocalTime) -> None:
        super().__init__(clock)
        self._params = params
        self._out_ms: int | None = None
        self._seen_ms = 0
        self._rises = Recent(_RISES)
        self._left_ms = 0
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's flags and limits."""
        usual = FALL_RISK if "fall_risk" in profile.flags else Params()
        return cls(with_limits(usual, profile, "bed_exit"), LocalTime(profile.time_zone))

    def _event(self, event: HomeEvent) -> list[Finding]:
        if event.quantity != "bed":
            return self._seen(event.t_ms) if event.active or self._home.door_ms == event.t_ms else []
        if event.on:
            return self._back(event.t_ms)
        if event.was_in_bed:
            self._leave(event.t_ms)
        return []

    def _leave(self, t: int) -> None:
        self._left_ms = t
        if within(self._clock.hour(t), self._params.from_h, self._params.until_h) and not self._is_rising(t):
            self._out_ms = self._seen_ms = t

    def _is_rising(self, t: int) -> bool:
        """Tell whether this is about the time at which the person rises anyway."""
        hour = self._clock.hour(t)
        if len(self._rises.values) < _LEAST_RISES or hour > _NOON_H:
            return False
        return hour >= median(self._rises.values) - self._params.early_h

    def _seen(self, t: int) -> list[Finding]:
        if self._left_ms and t - self._left_ms >= _UP_H * HOUR_MS:
            hour = self._clock.hour(self._left_ms)
            if hour < _NOON_H:
                self._rises.add(round(hour, 2))
            self._left_ms = 0
        if self._out_ms is None:
            return []
        self._seen_ms = t
        if within(self._clock.hour(t), self._params.from_h, self._params.until_h):
            return []
        return self._back(t)

    def _back(self, t: int) -> list[Finding]:
        out, self._out_ms = self._out_ms, None
        self._left_ms = 0 if self._home.in_bed else self._left_ms
        if not self._on or out is None:
            return []
        self._on = False
        return [self._finding(Condition.GONE, out, t)]

    def due_ms(self) -> int | None:
        """Return when the bed will have been left for long enough. [ms]."""
        if self._out_ms is None or self._on:
            return None
        p = self._params
        still = self._seen_ms + round(p.away_min * MINUTE_MS)
        return max(self._out_ms, min(still, self._out_ms + round(max(p.active_min, p.away_min) * MINUTE_MS)))

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that the bed has been left for long enough. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due or self._out_ms is None:
            return ()
        self._on = True
        return (self._finding(Condition.PRESENT, self._out_ms, due),)

    def _finding(self, condition: Condition, at_ms: int, decided_ms: int) -> Finding:
        p = self._params
        evidence = Evidence(
            features={
                "out_of_bed_min": round((decided_ms - at_ms) / MINUTE_MS, 1),
                "unseen_min": round((decided_ms - self._seen_ms) / MINUTE_MS, 1),
            },
            limits={"out_of_bed_min": max(p.active_min, p.away_min), "unseen_min": p.away_min},
            quantity="bed",
            start_ms=at_ms,
            end_ms=decided_ms,
        )
        return Finding("bed_exit", condition, at_ms, decided_ms, 1.0, Priority.MEDIUM, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        times = [self._out_ms, self._seen_ms, self._left_ms, self._on]
        return {"home": self._home.snapshot(), "times": times, "rises": list(self._rises.values)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._home.restore(state["home"])
        self._out_ms, self._seen_ms, self._left_ms, self._on = state["times"]
        self._rises.values = list(state["rises"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._home.shift(by_ms)
        self._out_ms = shifted(self._out_ms, by_ms)
        self._seen_ms = shifted(self._seen_ms, by_ms)
        self._left_ms = shifted(self._left_ms, by_ms)
