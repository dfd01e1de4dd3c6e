"""A stay in the bathroom that does not end: half an hour, 20 minutes at night; where most falls at home happen.

With a presence sensor the stay is what it says. With motion sensors a stay lasts until life is seen elsewhere, so the
limit follows the home: a quarter more than its longest recent stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile
from alerts.rules.home_detector import HomeDetector, HomeEvent
from alerts.rules.household import Recent
from alerts.rules.local_time import LocalTime, within
from alerts.rules.silence import Lesson, Silence
from alerts.rules.threshold import with_limits
from alerts.signal.trend import quantile
from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority

_SEES_PEOPLE = ("motion", "presence")
_STAYS = 40
_LEAST_STAYS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    day_min, night_min : float
        A stay of this long by day, at night. [min]
    more_min : float
        High when it goes on for this much longer. [min]
    usual_share : float
        With motion sensors: not below this times the longest of the home's last 40 stays. [1]
    clear_min : float
        Where one in ten stays looks longer than this, leaving is not seen: the sensors cannot tell. [min]
    longest_min : float
        The home's own limit is never above this. [min]
    from_h, until_h : float
        The night, local time. [h]
    """

    day_min: float = 30.0
    night_min: float = 20.0
    more_min: float = 15.0
    usual_share: float = 1.25
    clear_min: float = 20.0
    longest_min: float = 120.0
    from_h: float = 22.0
    until_h: float = 6.0


class BathroomDwell(HomeDetector):
    """Medium, then high; over when life is seen elsewhere or the presence ends.

    With motion sensors alone the first 15 stays only teach. A front door that moves last means that the person went
    out: no stay. Doors, taps and lights of the bathroom start no stay: who closes a door may be leaving.
    """

    name = "bathroom_dwell"
    kinds = ("bathroom_dwell",)

    def __init__(self, params: Params, clock: LocalTime) -> None:
        super().__init__(clock)
        self._params = params
        self._since_ms: int | None = None
        self._last_ms = 0
        self._present = False
        self._stays = Recent(_STAYS)
        self._on = 0

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        return cls(with_limits(Params(), profile, "bathroom_dwell"), LocalTime.of(profile.time_zone))

    def _event(self, event: HomeEvent) -> list[Finding]:
        t, inside = event.t_ms, event.room == "bathroom"
        if inside and event.quantity == "presence":
            self._present = event.on
            if not event.on:
                return self._end(t)
        if inside and event.active and event.quantity in _SEES_PEOPLE:
            self._since_ms = t if self._since_ms is None else self._since_ms
            self._last_ms = t
        elif not inside and (event.active or self._home.door_ms == t) and not self._present:
            return self._end(t)
        return []

    def _end(self, t: int) -> list[Finding]:
        since, self._since_ms = self._since_ms, None
        if since is None:
            return []
        self._stays.add(round((t - since) / MINUTE_MS, 1))
        if not self._on:
            return []
        self._on = 0
        return [self._finding(Condition.GONE, since, t, Priority.MEDIUM)]

    def _limit_min(self, since_ms: int) -> float | None:
        p = self._params
        night = within(self._clock.hour(since_ms), p.from_h, p.until_h)
        usual = p.night_min if night else p.day_min
        if self._present:
            return usual
        if len(self._stays.values) < _LEAST_STAYS:
            return None
        if quantile(self._stays.values, 0.9) > p.clear_min:
            return None
        return max(usual, min(p.usual_share * max(self._stays.values), p.longest_min))

    def due_ms(self) -> int | None:
        """Return when the stay will have lasted long enough. [ms]."""
        if self._since_ms is None or self._on > 1:
            return None
        limit = self._limit_min(self._since_ms)
        if limit is None:
            return None
        return self._since_ms + round((limit + self._on * self._params.more_min) * MINUTE_MS)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that the stay has lasted long enough. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due or self._since_ms is None:
            return ()
        self._on += 1
        priority = Priority.HIGH if self._on > 1 else Priority.MEDIUM
        return (self._finding(Condition.PRESENT, self._since_ms, due, priority),)

    def _finding(self, condition: Condition, at_ms: int, decided_ms: int, priority: Priority) -> Finding:
        limit = self._limit_min(at_ms)
        evidence = Evidence(
            features={"stay_min": round((decided_ms - at_ms) / MINUTE_MS, 1)},
            limits={} if limit is None else {"stay_min": round(limit, 1)},
            quantity="presence" if self._present else "motion",
            start_ms=at_ms,
            end_ms=decided_ms,
        )
        score = 1.0 if self._present else 0.7
        return Finding("bathroom_dwell", condition, at_ms, decided_ms, score, priority, evidence)

    @property
    def silence(self) -> Silence:
        """Whether enough stays are known, and their end is seen; a presence sensor says it by itself."""
        if self._present:
            return Silence.NONE
        if len(self._stays.values) < _LEAST_STAYS:
            return Silence.LEARNING
        hidden = quantile(self._stays.values, 0.9) > self._params.clear_min
        return Silence.CANNOT_TELL if hidden else Silence.NONE

    @property
    def lesson(self) -> Lesson:
        """How many stays are known."""
        return Lesson(len(self._stays.values), _LEAST_STAYS, "stays")

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        stay = [self._since_ms, self._last_ms, self._present, self._on]
        return {"home": self._home.snapshot(), "stay": stay, "stays": list(self._stays.values)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._home.restore(state["home"])
        self._since_ms, self._last_ms, self._present, self._on = state["stay"]
        self._stays.values = list(state["stays"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._home.shift(by_ms)
        self._since_ms = shifted(self._since_ms, by_ms)
        self._last_ms = shifted(self._last_ms, by_ms)
