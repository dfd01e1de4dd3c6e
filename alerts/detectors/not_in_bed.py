"""Not in bed by one o'clock at night: fallen asleep in the chair, up with pain or confusion, or on the floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile
from alerts.rules.home_detector import HomeDetector, HomeEvent
from alerts.rules.household import Recent
from alerts.rules.local_time import LocalTime
from alerts.rules.silence import Lesson, Silence
from alerts.rules.threshold import with_limits
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS
from anhu.contract.priority import Priority

_NIGHTS = 14
_KNOWN_MS = 26 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    by_h : float
        In bed by this time of day, local time. [h]
    until_h : float
        From then on it is morning, and nothing to be said. [h]
    nights : int
        So many must be known.
    share : float
        At least this share of them was spent in bed at that time.
    away_h : float
        Who was in bed this recently is up for a moment: `bed_exit` watches over that. [h]
    """

    by_h: float = 1.0
    until_h: float = 6.0
    nights: int = 7
    share: float = 0.9
    away_h: float = 2.0


class NotInBed(HomeDetector):
    """Medium; over when in bed, or with the morning. Silent without a bed sensor, and while the person is out.

    Only for people who are in bed at that time on most of their last fourteen nights: a night owl is none of its
    business, and whoever becomes one is left alone after the third such night (`routine_changed` says so). A bed sensor
    that has said nothing since the night before may be dead: then nothing is known, and nothing said.
    """

    name = "not_in_bed"
    kinds = ("not_in_bed",)

    def __init__(self, params: Params, clock: LocalTime) -> None:
        super().__init__(clock)
        self._params = params
        self._nights = Recent(_NIGHTS)
        self._bed_ms = 0
        self._due_ms: int | None = None
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        return cls(with_limits(Params(), profile, "not_in_bed"), LocalTime.of(profile.time_zone))

    def _event(self, event: HomeEvent) -> list[Finding]:
        if event.quantity != "bed":
            return []
        if self._due_ms is None:
            self._due_ms = self._clock.next_at(event.t_ms, self._params.by_h)
        if event.was_in_bed or event.on:
            self._bed_ms = max(event.t_ms, self._bed_ms)
        return [self._end(event.t_ms)] if event.on and self._on else []

    def due_ms(self) -> int | None:
        """Return the next time at which the person should be in bed, or the morning after it was not. [ms]."""
        return self._due_ms

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Judge the night, or end it. [ms]."""
        due, p = self._due_ms, self._params
        if due is None or now_ms < due:
            return ()
        if self._on:
            return (self._end(due),)
        self._due_ms = self._clock.next_at(due + 1, p.by_h)
        home = self._home
        in_bed = home.in_bed or due - self._bed_ms < p.away_h * HOUR_MS
        if home.away_ms or not (home.in_bed or due - self._bed_ms < _KNOWN_MS):
            return ()
        usual = sum(self._nights.values) >= p.share * len(self._nights.values) >= p.share * p.nights
        self._nights.add(float(in_bed))
        if in_bed or not usual:
            return ()
        self._on = True
        self._due_ms = self._clock.next_at(due, p.until_h)
        return (self._finding(Condition.PRESENT, due),)

    def _end(self, t: int) -> Finding:
        self._on = False
        self._due_ms = self._clock.next_at(t, self._params.by_h)
        return self._finding(Condition.GONE, t)

    def _finding(self, condition: Condition, decided_ms: int) -> Finding:
        home = self._home
        evidence = Evidence(
            features={
                "time_of_day_h": round(self._clock.hour(decided_ms), 2),
                "out_of_bed_min": round((decided_ms - self._bed_ms) / 60_000, 1),
                "unseen_min": round((decided_ms - home.last_ms) / 60_000, 1),
                "nights_in_bed": sum(self._nights.values),
            },
            limits={"time_of_day_h": self._params.by_h, "nights_in_bed": self._params.share * len(self._nights.values)},
            quantity="bed",
            start_ms=self._bed_ms,
            end_ms=decided_ms,
        )
        return Finding("not_in_bed", condition, decided_ms, decided_ms, 1.0, Priority.MEDIUM, evidence)

    @property
    def silence(self) -> Silence:
        """Whether there is a bed sensor, enough nights are known, and most of them were spent in bed."""
        p, known = self._params, self._nights.values
        if not self._bed_ms:
            return Silence.NO_SENSOR
        if len(known) < p.nights:
            return Silence.LEARNING
        return Silence.CANNOT_TELL if sum(known) < p.share * len(known) else Silence.NONE

    @property
    def lesson(self) -> Lesson:
        """How many nights are known."""
        return Lesson(len(self._nights.values), self._params.nights, "nights")

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        times = [self._bed_ms, self._due_ms, self._on]
        return {"home": self._home.snapshot(), "times": times, "nights": list(self._nights.values)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._home.restore(state["home"])
        self._bed_ms, self._due_ms, self._on = state["times"]
        self._nights.values = list(state["nights"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._home.shift(by_ms)
        self._bed_ms = shifted(self._bed_ms, by_ms)
        self._due_ms = shifted(self._due_ms, by_ms)
