"""Not up in the morning: nothing seen, or still in bed, three hours after the resident's own usual time.

Who rises irregularly is waited for until an hour after the second latest of the last fourteen mornings.
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
from alerts.rules.local_time import LocalTime
from alerts.rules.silence import Lesson, Silence
from alerts.rules.threshold import with_limits
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority

_MORNINGS = 14
_UP_FOR_MS, _UP_SPAN_MS = 20 * MINUTE_MS, 2 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    late_h : float
        This long after the own median. [h]
    over_h : float
        And this long after the second latest of the own mornings: some rise at six today and at ten tomorrow. [h]
    from_h : float
        Signs before this, local time, belong to the night. [h]
    earliest_h, latest_h : float
        It is not said before, and not after, this time of day. [h]
    mornings : int
        So many must be known; until then nobody is called for before `latest_h`.
    """

    late_h: float = 3.0
    over_h: float = 1.0
    from_h: float = 4.0
    earliest_h: float = 8.0
    latest_h: float = 14.0
    mornings: int = 7


class NotUp(HomeDetector):
    """Medium; over with the first sign of being up. Silent while the person is out; for a week it waits until two.

    Up is: out of bed and seen elsewhere, without a bed sensor seen anywhere, after four o'clock: twice, twenty minutes
    to two hours apart, and not back in bed in between (visits to the bathroom are no rising). Who was seen once is
    waited for until then.
    """

    name = "not_up"
    version = 2
    kinds = ("not_up",)

    def __init__(self, params: Params, clock: LocalTime) -> None:
        super().__init__(clock)
        self._params = params
        self._mornings = Recent(_MORNINGS)
        self._up_day = 0
        self._first_ms = 0
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        return cls(with_limits(Params(), profile, "not_up"), LocalTime.of(profile.time_zone))

    def _event(self, event: HomeEvent) -> list[Finding]:
        if not self._up_day:
            self._up_day = self._clock.day(event.t_ms - round(self._params.from_h * HOUR_MS))
        if self._home.in_bed:
            self._first_ms = 0
            return []
        return self._seen(event.t_ms) if event.is_life else []

    def _seen(self, t: int) -> list[Finding]:
        day, p = self._clock.day(t), self._params
        if day == self._up_day or self._clock.hour(t) < p.from_h:
            return []
        if not self._on and (self._first_ms == 0 or t - self._first_ms > _UP_SPAN_MS):
            self._first_ms = t
            return []
        if not self._on and t - self._first_ms < _UP_FOR_MS:
            return []
        first = self._first_ms or t
        late = self._on
        self._up_day, self._first_ms, self._on = day, 0, False
        self._mornings.add(round(min(self._clock.hour(first), p.latest_h), 2))
        return [self._finding(Condition.GONE, first, t)] if late else []

    def _latest_h(self) -> float:
        """Return by when the resident should be up. [h]."""
        p, known = self._params, sorted(self._mornings.values)
        if len(known) < p.mornings:
            return p.latest_h
        return min(max(median(known) + p.late_h, known[-2] + p.over_h, p.earliest_h), p.latest_h)

    def due_ms(self) -> int | None:
        """Return until when somebody should be up who is not. [ms]."""
        if self._on or not self._up_day or self._home.away_ms:
            return None
        hour = self._latest_h()
        day = max(self._up_day + 1, self._clock.day(self._home.last_ms))
        due = self._clock.at(day, hour)
        if due <= self._home.last_ms:
            due = self._clock.at(day + 1, hour)
        return max(due, self._first_ms + _UP_SPAN_MS)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that somebody should be up. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return ()
        self._on = True
        return (self._finding(Condition.PRESENT, self._home.last_ms, due),)

    def _finding(self, condition: Condition, at_ms: int, decided_ms: int) -> Finding:
        usual = median(self._mornings.values or [self._latest_h()])
        evidence = Evidence(
            features={"time_of_day_h": round(self._clock.hour(decided_ms), 2), "usual_h": usual},
            limits={"time_of_day_h": round(self._latest_h(), 2)},
            quantity="bed" if self._home.in_bed else "motion",
            start_ms=at_ms,
            end_ms=decided_ms,
        )
        return Finding("not_up", condition, at_ms, decided_ms, 1.0, Priority.MEDIUM, evidence)

    @property
    def silence(self) -> Silence:
        """Whether fewer mornings are known than it takes."""
        return Silence.LEARNING if len(self._mornings.values) < self._params.mornings else Silence.NONE

    @property
    def lesson(self) -> Lesson:
        """How many mornings are known."""
        return Lesson(len(self._mornings.values), self._params.mornings, "mornings")

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        times = [self._up_day, self._first_ms, self._on]
        return {"home": self._home.snapshot(), "times": times, "mornings": list(self._mornings.values)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._home.restore(state["home"])
        self._up_day, self._first_ms, self._on = state["times"]
        self._mornings.values = list(state["mornings"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._home.shift(by_ms)
        self._first_ms = shifted(self._first_ms, by_ms)
