"""Out of bed at night and not back as the resident usually is: 15 minutes at the least, 8 with a high risk of falling.

Bed radars use 5 for everybody. How often somebody leaves the bed is nobody's business: what counts is how long it takes
until the own nights end such a time, and how long no sensor sees the resident meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile
from alerts.rules.home_detector import HomeDetector, HomeEvent
from alerts.rules.local_time import LocalTime, within
from alerts.rules.own_spread import Bounds, OwnSpread
from alerts.rules.rises import Rises
from alerts.rules.silence import Lesson, Silence
from alerts.rules.threshold import with_limits
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority

_NOON_H = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    away_min, learning_min, longest_min : float
        Out of bed with no life seen: told after so long at the earliest, while the own nights are not known, at the
        latest. [min]
    active_min, learning_active_min, longest_active_min : float
        The same of being out of bed while sensors see the person walk about. [min]
    settled_min : float
        Who lay down less than this before is not in bed for the night yet: the widest limits hold. [min]
    from_h, until_h : float
        The night, local time. [h]
    early_h : float
        Leaving bed less than this before the own usual time of rising is rising, and so is whatever is no earlier than
        the second earliest. [h]
    """

    away_min: float = 15.0
    learning_min: float = 45.0
    longest_min: float = 90.0
    active_min: float = 60.0
    learning_active_min: float = 240.0
    longest_active_min: float = 240.0
    settled_min: float = 20.0
    from_h: float = 22.0
    until_h: float = 6.0
    early_h: float = 1.5


FALL_RISK = Params(away_min=8.0, learning_min=15.0)


def _spreads(p: Params) -> tuple[OwnSpread, OwnSpread]:
    """Return how long the resident is unseen, and how long out of bed, in a night. [min]."""
    least, wide = min(p.away_min, p.longest_min), max(p.learning_min, p.away_min)
    return (
        OwnSpread(Bounds(least=least, wide=wide, most=max(p.longest_min, wide))),
        OwnSpread(Bounds(least=p.active_min, wide=p.learning_active_min, most=p.longest_active_min)),
    )


class BedExit(HomeDetector):
    """Medium; over when back in bed, or when the night is over and life is seen.

    Who is seen in other rooms in the meantime has not fallen beside the bed: the wait starts anew with each such sign,
    up to the own longest time out of bed. Both limits are a quarter over the longest of the last fourteen nights; so a
    mat that loses who lies on it is taken into account. The usual time of rising is learned from two weeks too.
    """

    name = "bed_exit"
    version = 2
    kinds = ("bed_exit",)

    def __init__(self, params: Params, clock: LocalTime) -> None:
        super().__init__(clock)
        self._params = params
        self._unseen, self._out = _spreads(params)
        self._night = 0
        self._in_ms = 0
        self._unsettled = False
        self._out_ms: int | None = None
        self._seen_ms = self._longest_ms = 0
        self._rises = Rises(clock, params.early_h)
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's flags and limits."""
        usual = FALL_RISK if "fall_risk" in profile.flags else Params()
        return cls(with_limits(usual, profile, "bed_exit"), LocalTime.of(profile.time_zone))

    def _event(self, event: HomeEvent) -> list[Finding]:
        if event.quantity != "bed":
            return self._seen(event.t_ms) if event.active or self._home.door_ms == event.t_ms else []
        if event.on:
            self._in_ms = self._in_ms if event.was_in_bed else event.t_ms
            self._count_nights(event.t_ms)
            return self._back(event.t_ms, slept=True)
        if event.was_in_bed and not self._home.in_bed:
            self._leave(event.t_ms)
        return []

    def _count_nights(self, t: int) -> None:
        """End a night of those that were spent in this bed, when it is used in another."""
        night = self._clock.day(t - round(_NOON_H * HOUR_MS))
        if night == self._night or not self._is_night(t):
            return
        if self._night:
            self._unseen.close_day()
            self._out.close_day()
        self._night = night

    def _is_night(self, t: int) -> bool:
        return within(self._clock.hour(t), self._params.from_h, self._params.until_h)

    def _leave(self, t: int) -> None:
        self._rises.left_ms = t
        self._count_nights(t)
        if self._is_night(t) and not self._rises.is_rising(t):
            self._out_ms = self._seen_ms = t
            self._longest_ms, self._unsettled = 0, t - self._in_ms < self._params.settled_min * MINUTE_MS

    def _seen(self, t: int) -> list[Finding]:
        self._rises.seen(t)
        if self._out_ms is None:
            return []
        self._longest_ms = max(self._longest_ms, t - self._seen_ms)
        self._seen_ms = t
        return [] if self._is_night(t) else self._back(t)

    def _back(self, t: int, *, slept: bool = False) -> list[Finding]:
        out, self._out_ms = self._out_ms, None
        if self._home.in_bed:
            self._rises.left_ms = 0
        if out is None:
            return []
        if not self._unsettled:
            self._unseen.take(max(self._longest_ms, t - self._seen_ms) / MINUTE_MS, called=self._on)
            self._out.take((t - out) / MINUTE_MS if slept else 0.0, called=self._on)
        if not self._on:
            return []
        self._on = False
        return [self._finding(Condition.GONE, out, t)]

    @property
    def _limits_min(self) -> tuple[float, float]:
        """How long unseen, and how long out of bed in all. [min]."""
        unseen, out = self._unseen, self._out
        if self._unsettled:
            return unseen.bounds.most, out.bounds.most
        return unseen.limit, max(out.limit, unseen.limit)

    def due_ms(self) -> int | None:
        """Return when the bed will have been left for long enough. [ms]."""
        if self._out_ms is None or self._on:
            return None
        unseen_min, out_min = self._limits_min
        still = self._seen_ms + round(unseen_min * MINUTE_MS)
        return max(self._out_ms, min(still, self._out_ms + round(out_min * MINUTE_MS)))

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that the bed has been left for long enough. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due or self._out_ms is None:
            return ()
        self._on = True
        return (self._finding(Condition.PRESENT, self._out_ms, due),)

    def _finding(self, condition: Condition, at_ms: int, decided_ms: int) -> Finding:
        unseen_min, out_min = self._limits_min
        spans = {"out_of_bed_min": decided_ms - at_ms, "unseen_min": decided_ms - self._seen_ms}
        features = {name: round(span_ms / MINUTE_MS, 1) for name, span_ms in spans.items()}
        limits = {"out_of_bed_min": round(out_min, 1), "unseen_min": round(unseen_min, 1)}
        evidence = Evidence(features=features, limits=limits, quantity="bed", start_ms=at_ms, end_ms=decided_ms)
        return Finding("bed_exit", condition, at_ms, decided_ms, 1.0, Priority.MEDIUM, evidence)

    @property
    def silence(self) -> Silence:
        """Whether the own nights are not known yet, or the bed is left unseen for longer than can be waited."""
        return self._unseen.silence if self._in_ms else Silence.NO_SENSOR

    @property
    def lesson(self) -> Lesson:
        """How many of the own days are known."""
        return self._unseen.lesson

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        times = [self._out_ms, self._seen_ms, self._rises.left_ms, self._on]
        out = [self._night, self._in_ms, self._unsettled, self._longest_ms]
        spreads = [self._unseen.snapshot(), self._out.snapshot()]
        kept = {"home": self._home.snapshot(), "times": times, "rises": list(self._rises.hours.values)}
        return kept | {"out": out, "spreads": spreads}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state; one that was kept before there were spreads learns anew."""
        self._home.restore(state["home"])
        self._out_ms, self._seen_ms, self._rises.left_ms, self._on = state["times"]
        self._rises.hours.values = list(state["rises"])
        if "spreads" in state:
            self._night, self._in_ms, self._unsettled, self._longest_ms = state["out"]
            for spread, kept in zip((self._unseen, self._out), state["spreads"], strict=True):
                spread.restore(kept)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._home.shift(by_ms)
        self._in_ms, self._seen_ms = shifted(self._in_ms, by_ms), shifted(self._seen_ms, by_ms)
        self._out_ms = shifted(self._out_ms, by_ms)
        self._rises.left_ms = shifted(self._rises.left_ms, by_ms)
