"""Score first, decide later: the one place where numbers become an alarm.

Persistence (how long, how many readings), hysteresis (another limit to clear than to fire), the quality gate and
re-arming are the same for every rule; a rule only names its limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from alerts.finding import Condition, Finding
from alerts.rules.excursion import Excursion
from alerts.rules.rule import Rule
from alerts.time_shift import shifted
from anhu.contract.observation import Quality
from anhu.contract.priority import Priority

UNUSABLE = int(Quality.OUT_OF_RANGE | Quality.RETAINED | Quality.DUPLICATE)
"""Readings with one of these flags do not exist for a rule."""
_POOR = int(Quality.DEVICE_POOR)  # a plain number: flags are slow to compare
_UNCONFIRMED = "alert.note.unconfirmed"


class Trigger:
    """One number against one rule: when the alarm goes on, is said again, and goes off.

    Parameters
    ----------
    rule : Rule
        The limits.
    """

    __slots__ = ("_clear_n", "_clear_t", "_excursion", "_last_t", "_on", "_said_t", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._excursion = Excursion(rule)
        self._clear_t: int | None = None
        self._clear_n = 0
        self._on = 0
        self._said_t = 0
        self._last_t = 0

    @property
    def is_on(self) -> bool:
        """Whether the alarm is on."""
        return self._on > 0

    @property
    def quiet(self) -> tuple[float, float] | None:
        """Values strictly inside cannot matter now; None when every value is wanted."""
        if self._on or self._excursion.since[0] is not None:
            return None
        limit = self.rule.levels[0].limit
        return (-math.inf, limit) if self.rule.above else (limit, math.inf)

    def due_ms(self) -> int | None:
        """When a lone alarming reading has waited long enough for a second one. [ms]."""
        waiting = self.rule.alone is not None and not self._on and self._excursion.since[0] is not None
        return self._last_t + self.rule.max_gap_ms if waiting else None

    def tick(self, now_ms: int) -> Finding | None:
        """Let time pass without a reading. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return None
        confirmed = self._excursion.count[-1] >= max(2, self.rule.levels[-1].readings)
        priority = self.rule.levels[-1].priority if confirmed else self.rule.alone or Priority.LOW
        self._on = len(self.rule.levels) if confirmed else 1
        self._said_t = self._last_t
        worst, note = self._excursion.worst, "" if confirmed else _UNCONFIRMED
        found = self._excursion.finding(self._on, self._last_t, worst, priority, note=note)
        self._excursion.doubted = False
        return msgspec.structs.replace(found, decided_at_ms=due)

    def feed(self, t_ms: int, value: float, quality: int, *, confirmed: bool = False) -> tuple[Finding, ...]:
        """Take a reading; return what is decided by it, and by the time that passed until it came.

        Parameters
        ----------
        t_ms : int
            Not before the last one. [ms]
        value : float
            NaN counts as no reading. [the rule's unit]
        quality : int
            `Quality` flags; a reading the device itself calls poor decides nothing, and lowers what others decide.
        confirmed : bool
            A person confirmed it: no persistence is asked for.
        """
        lone, found = self.tick(t_ms), self._decide(t_ms, value, quality, confirmed=confirmed)
        if lone is None:
            return () if found is None else (found,)
        return (lone,) if found is None else (lone, found)

    def _decide(self, t_ms: int, value: float, quality: int, *, confirmed: bool) -> Finding | None:
        if math.isnan(value) or quality & UNUSABLE:
            return None
        if quality & _POOR:
            self._excursion.doubt()
            return None
        late_on = self._late(t_ms)
        self._last_t = t_ms
        reached = self._excursion.take(t_ms, value, confirmed=confirmed)
        if self._on and self._recovered(t_ms, value):
            return self._end(t_ms, value)
        if reached > self._on:
            return self._raise(t_ms, reached)
        if reached and self._on and (t_ms - self._said_t >= self.rule.repeat_ms or late_on):
            self._said_t = t_ms
            return self._excursion.finding(self._on, t_ms, value, self.rule.levels[self._on - 1].priority)
        return None

    def _late(self, t_ms: int) -> bool:
        """Forget an excursion that a gap has broken; tell whether an alarm went on through it."""
        if t_ms - self._last_t <= self.rule.max_gap_ms:
            return False
        self._excursion.forget()
        if self.rule.clear_hold_ms:  # else healthy readings count however far apart: of who measures once an hour too
            self._clear_t, self._clear_n = None, 0
        return self._on > 0

    def forget(self) -> None:
        """Begin anew with whatever is going on; an alarm that is on stays on."""
        self._excursion.forget()
        self._clear_t, self._clear_n = None, 0

    def _raise(self, t_ms: int, reached: int) -> Finding:
        self._on, self._said_t = reached, t_ms
        self._clear_t, self._clear_n = None, 0
        priority = self.rule.levels[reached - 1].priority
        if self._excursion.doubted and priority is Priority.HIGH:
            priority = Priority.MEDIUM
        return self._excursion.finding(reached, t_ms, self._excursion.worst, priority)

    def _recovered(self, t_ms: int, value: float) -> bool:
        healthy = value <= self.rule.clear if self.rule.above else value >= self.rule.clear
        if not healthy:
            self._clear_t, self._clear_n = None, 0
            return False
        if self._clear_t is None:
            self._clear_t = t_ms
        self._clear_n += 1
        return self._clear_n >= self.rule.clear_readings and t_ms - self._clear_t >= self.rule.clear_hold_ms

    def _end(self, t_ms: int, value: float) -> Finding:
        priority, self._on = self.rule.levels[self._on - 1].priority, 0
        self.forget()
        return self._excursion.finding(1, t_ms, value, priority, condition=Condition.GONE)

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        beyond = self._excursion
        return [
            self._on, self._said_t, self._last_t, list(beyond.since), list(beyond.count),
            self._clear_t, self._clear_n, beyond.doubted, None if math.isnan(beyond.worst) else beyond.worst,
        ]  # fmt: skip

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state; one of a rule with another number of levels starts afresh."""
        on, said_t, last_t, since, count, clear_t, clear_n, doubted, worst = state
        if len(since) != len(self.rule.levels):
            return
        self._on, self._said_t, self._last_t = on, said_t, last_t
        self._clear_t, self._clear_n = clear_t, clear_n
        beyond = self._excursion
        beyond.since, beyond.count = list(since), list(count)
        beyond.doubted, beyond.worst = doubted, math.nan if worst is None else worst

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._said_t, self._last_t = shifted(self._said_t, by_ms), shifted(self._last_t, by_ms)
        self._clear_t = shifted(self._clear_t, by_ms)
        self._excursion.shift(by_ms)
