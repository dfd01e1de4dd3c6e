"""Nothing moves at home: 4-5 waking hours in the practice of a Chinese community centre (Lin'an), urgent after 8.

The limit and the waking hours follow the resident: half as much again as the longest stillness of the last two weeks,
within six and twelve hours, from when life is usually first seen until it is last. While a week is not known, eight
hours of everybody's day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import HEARD, Detector, Profile, Scope, Window
from alerts.rules.household import ACTIVITY, Heard, Household
from alerts.rules.local_time import LocalTime
from alerts.rules.own_spread import Bounds, OwnSpread
from alerts.rules.silence import Lesson, Silence
from alerts.rules.threshold import with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_events
from alerts.rules.waking_day import WakingDay
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS
from anhu.contract.priority import Priority
from anhu.contract.rooms import room_of

_HIGH_AFTER_H = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    shortest_h, still_h, longest_h : float
        Said after this many waking hours at the earliest; while the resident's own are not known; at the latest. [h]
    over : float
        The own limit is so much times the own longest. [1]
    high_h : float
        High after this many, and three more than said. [h]
    away_h, longest_away_h : float
        Somebody who went out is missed after this long, or a quarter over the own longest, up to so much. [h]
    listening_h : float
        Sensors must have been heard within this for the stillness to be surely the resident's. [h]
    """

    shortest_h: float = 6.0
    still_h: float = 8.0
    longest_h: float = 12.0
    over: float = 1.5
    high_h: float = 8.0
    away_h: float = 24.0
    longest_away_h: float = 72.0
    listening_h: float = 3.0


def _spreads(p: Params) -> tuple[OwnSpread, OwnSpread]:
    """Return how long the resident is still, and how long away from home. [h]."""
    least = min(p.shortest_h, p.still_h)
    return (
        OwnSpread(Bounds(least=least, wide=p.still_h, most=p.longest_h, over=p.over)),
        OwnSpread(Bounds(least=p.away_h, wide=p.away_h, most=p.longest_away_h)),
    )


class NoMotion(Detector):
    """No sensor of the home sees life in waking hours; time in bed does not count (`not_up` watches that).

    Somebody who went out is not still: only after a day away it is said, with that note. When every sensor has lost
    its connection nothing is said (`device_silent` does); when none was heard for hours it is said as doubtful, and
    never as high. High only for residents with the flag ``lives_alone``.
    """

    name = "no_motion"
    version = 2
    kinds = ("no_motion",)
    reads = (*ACTIVITY, "connection", HEARD)
    scope = Scope.RESIDENT

    def __init__(self, params: Params, clock: LocalTime, *, alone: bool) -> None:
        self._params = params
        self._clock = clock
        self._alone = alone
        self._home = Household()
        self._heard = Heard()
        self._waking = WakingDay(clock)
        self._since_ms: int | None = None
        self._still, self._away = _spreads(params)
        self._on = 0

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's flags and limits."""
        p = with_limits(Params(), profile, "no_motion")
        return cls(p, LocalTime.of(profile.time_zone), alone="lives_alone" in profile.flags)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take what the sensors of the home see, and whether they are there."""
        found: list[Finding] = []
        for t, on in usable_events(window):
            if window.quantity == HEARD:
                self._heard.heard(window.device_id, t)
                continue
            found += caught_up(self, t)
            if window.quantity == "connection":
                self._heard.connection(window.device_id, on=on)
                if on and self._since_ms is not None and self._on == 0:
                    self._since_ms = max(self._since_ms, t)  # what passed unseen does not count
                continue
            self._heard.event(window.device_id, t)
            found += self._event(window, t, on=on)
        return tuple(found)

    def _event(self, window: Window, t: int, *, on: bool) -> list[Finding]:
        before, away, was_in_bed = self._home.last_ms, self._home.away_ms, self._home.in_bed
        self._home.take(window.quantity, room_of(window.context), t, on=on, device_id=window.device_id)
        if self._home.last_ms == before:
            return []
        if away and not self._home.away_ms:
            self._away.take((t - away) / HOUR_MS, called=False)  # came home by the door
        elif self._since_ms is not None and not away and not was_in_bed:
            self._still.take(self._waking.between(self._since_ms, t), called=self._on > 0)
        if self._waking.seen(t) and before:
            self._still.close_day()
            self._away.close_day()
        self._since_ms = t
        if not self._on:
            return []
        self._on = 0
        return [self._finding(Condition.GONE, before, t, Priority.MEDIUM)]

    def due_ms(self) -> int | None:
        """Return when stillness will have lasted long enough. [ms]."""
        p, home = self._params, self._home
        if self._since_ms is None or self._on > 1:
            return None
        if home.away_ms:
            return None if self._on else home.away_ms + round(self._away.limit * HOUR_MS)
        if home.in_bed or (self._on and not self._alone):
            return None
        limit = self._still.limit
        return self._waking.after(self._since_ms, max(p.high_h, limit + _HIGH_AFTER_H) if self._on else limit)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that stillness has lasted long enough. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due or self._since_ms is None:
            return ()
        start = self._since_ms
        sure = self._home.away_ms > 0 or self._heard.is_listening(due, round(self._params.listening_h * HOUR_MS))
        if self._heard.is_cut_off:
            self._since_ms = None  # nobody looks: the next event begins anew
            return ()
        if self._on:
            self._on = 2
            return (self._finding(Condition.PRESENT, start, due, Priority.HIGH),) if sure else ()
        self._on = 1
        note = "alert.note.not_home" if self._home.away_ms else "" if sure else "alert.note.sensors_silent"
        return (self._finding(Condition.PRESENT, start, due, Priority.MEDIUM, note=note, sure=sure),)

    def _finding(
        self,
        condition: Condition,
        at_ms: int,
        decided_ms: int,
        priority: Priority,
        *,
        note: str = "",
        sure: bool = True,
    ) -> Finding:
        limit = self._away.limit if self._home.away_ms else self._still.limit
        still, most = {"still_h": round((decided_ms - at_ms) / HOUR_MS, 2)}, {"still_h": round(limit, 2)}
        evidence = Evidence(still, most, quantity="motion", start_ms=at_ms, end_ms=decided_ms, note=note)
        return Finding("no_motion", condition, at_ms, decided_ms, 1.0 if sure else 0.5, priority, evidence)

    @property
    def silence(self) -> Silence:
        """Whether the resident's own stillness is not known yet, or too long for the sensors to tell."""
        return self._still.silence

    @property
    def lesson(self) -> Lesson:
        """How many of the own days are known."""
        return self._still.lesson

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "home": self._home.snapshot(),
            "heard": self._heard.snapshot(),
            "since": self._since_ms,
            "waking": self._waking.snapshot(),
            "spreads": [self._still.snapshot(), self._away.snapshot()],
            "on": self._on,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._home.restore(state["home"])
        self._heard.restore(state["heard"])
        self._since_ms, self._on = state["since"], state["on"]
        if "usual" in state:  # kept before there were spreads: the longest of each day
            self._still.restore([0.0, 0.0, state["usual"], []])
        if "spreads" in state:
            self._waking.restore(state["waking"])
            for spread, kept in zip((self._still, self._away), state["spreads"], strict=True):
                spread.restore(kept)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._home.shift(by_ms)
        self._heard.shift(by_ms)
        self._since_ms = shifted(self._since_ms, by_ms)
