"""Nothing moves at home: 4-5 waking hours in the practice of a Chinese community centre (Lin'an), urgent after 8.

The limit follows the resident: a quarter more than the second-longest stillness of the last two weeks, within bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import HEARD, Detector, Profile, Scope, Window
from alerts.rules.household import ACTIVITY, Heard, Household, Recent, after_awake_hours, awake_hours
from alerts.rules.local_time import LocalTime
from alerts.rules.threshold import with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_events
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS
from anhu.contract.priority import Priority
from anhu.contract.rooms import room_of

_DAYS = 14
_LEAST_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    still_h, shortest_h, high_h : float
        Said after this many waking hours, before the resident's own are known; never before; high after. [h]
    away_h : float
        Somebody who went out is missed after this long. [h]
    from_h, until_h : float
        The waking day, local time. [h]
    usual_share : float
        Own limit: this times the second-longest stillness of the last days. [1]
    listening_h : float
        Sensors must have been heard within this for the stillness to be surely the resident's. [h]
    """

    still_h: float = 5.0
    shortest_h: float = 4.0
    high_h: float = 8.0
    away_h: float = 24.0
    from_h: float = 7.0
    until_h: float = 22.0
    usual_share: float = 1.25
    listening_h: float = 3.0


class NoMotion(Detector):
    """No sensor of the home sees life in waking hours; time in bed does not count (`not_up` watches that).

    Somebody who went out is not still: only after a day away it is said, with that note. When every sensor has lost
    its connection nothing is said (`device_silent` does); when none was heard for hours it is said as doubtful, and
    never as high. High only for residents with the flag ``lives_alone``.
    """

    name = "no_motion"
    kinds = ("no_motion",)
    reads = (*ACTIVITY, "connection", HEARD)
    scope = Scope.RESIDENT

    def __init__(self, params: Params, clock: LocalTime, *, alone: bool) -> None:
        self._params = params
        self._clock = clock
        self._alone = alone
        self._home = Household()
        self._heard = Heard()
        self._since_ms: int | None = None
        self._day = 0
        self._longest_h = 0.0
        self._usual = Recent(_DAYS)
        self._on = 0

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's flags and limits."""
        p = with_limits(Params(), profile, "no_motion")
        return cls(p, LocalTime(profile.time_zone), alone="lives_alone" in profile.flags)

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
        before, was_home = self._home.last_ms, not (self._home.away_ms or self._home.in_bed)
        self._home.take(window.quantity, room_of(window.context), t, on=on, device_id=window.device_id)
        if self._home.last_ms == before:
            return []
        self._remember(t, was_home=was_home)
        self._since_ms = t
        if not self._on:
            return []
        self._on = 0
        return [self._finding(Condition.GONE, before, t, Priority.MEDIUM)]

    def _remember(self, t: int, *, was_home: bool) -> None:
        """Learn how long stillness usually lasts; one that was alarmed about teaches nothing."""
        p, day = self._params, self._clock.day(t)
        if self._since_ms is not None and not self._on and was_home:
            still_h = awake_hours(self._clock, self._since_ms, t, p.from_h, p.until_h)
            self._longest_h = max(self._longest_h, min(still_h, p.high_h))
        if day > self._day:
            if self._day:
                self._usual.add(round(self._longest_h, 2))
            self._day, self._longest_h = day, 0.0

    def _limit_h(self) -> float:
        p, known = self._params, sorted(self._usual.values)
        if len(known) < _LEAST_DAYS:
            return p.still_h
        return min(max(p.usual_share * known[-2], p.shortest_h), p.high_h)

    def due_ms(self) -> int | None:
        """Return when stillness will have lasted long enough. [ms]."""
        p, home = self._params, self._home
        if self._since_ms is None or self._on > 1:
            return None
        if home.away_ms:
            return None if self._on else home.away_ms + round(p.away_h * HOUR_MS)
        if home.in_bed or (self._on and not self._alone):
            return None
        hours = p.high_h if self._on else self._limit_h()
        return after_awake_hours(self._clock, self._since_ms, hours, p.from_h, p.until_h)

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
        evidence = Evidence(
            features={"still_h": round((decided_ms - at_ms) / HOUR_MS, 2)},
            limits={"still_h": round(self._limit_h(), 2)},
            quantity="motion",
            start_ms=at_ms,
            end_ms=decided_ms,
            note=note,
        )
        return Finding("no_motion", condition, at_ms, decided_ms, 1.0 if sure else 0.5, priority, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "home": self._home.snapshot(),
            "heard": self._heard.snapshot(),
            "since": self._since_ms,
            "day": [self._day, self._longest_h],
            "usual": list(self._usual.values),
            "on": self._on,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._home.restore(state["home"])
        self._heard.restore(state["heard"])
        self._since_ms, self._on = state["since"], state["on"]
        self._day, self._longest_h = state["day"]
        self._usual.values = list(state["usual"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._home.shift(by_ms)
        self._heard.shift(by_ms)
        self._since_ms = shifted(self._since_ms, by_ms)
