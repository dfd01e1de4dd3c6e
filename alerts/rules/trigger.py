"""Score first, decide later: the one place where numbers become an alarm.

Persistence (how long, how many readings), hysteresis (another limit to clear than to fire), the quality gate and
re-arming are the same for every rule; a rule only names its limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from alerts.finding import Condition, Evidence, Finding
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.observation import Quality
from anhu.contract.priority import Priority

UNUSABLE = int(Quality.OUT_OF_RANGE | Quality.RETAINED | Quality.DUPLICATE)
"""Readings with one of these flags do not exist for a rule."""
_POOR = int(Quality.DEVICE_POOR)  # a plain number: flags are slow to compare


class Level(NamedTuple):
    """How far, and for how long, before it counts as this urgent."""

    priority: Priority
    limit: float
    hold_ms: int = 0
    readings: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a number alarms, and when it has recovered.

    Attributes
    ----------
    above : bool
        Alarms at or above its limits; otherwise at or below.
    levels : tuple of Level
        Mildest first.
    clear : float
        Recovered at this value or beyond it on the healthy side. [the quantity's unit]
    clear_hold_ms, clear_readings : int
        For how long, and in how many readings. [ms]
    max_gap_ms : int
        Readings further apart than this do not belong to one excursion. [ms]
    alone : Priority or None
        How urgent an alarming reading is that no other followed within `max_gap_ms`; None forgets it.
    repeat_ms : int
        While it goes on, it is said again this often. [ms]
    feature : str
        Name of the value in the evidence, with unit.
    """

    kind: str
    feature: str
    above: bool
    levels: tuple[Level, ...]
    clear: float
    clear_hold_ms: int = 0
    clear_readings: int = 1
    max_gap_ms: int = 10 * MINUTE_MS
    alone: Priority | None = None
    repeat_ms: int = HOUR_MS


class Trigger:
    """One number against one rule.

    Parameters
    ----------
    rule : Rule
        The limits.
    """

    __slots__ = ("_clear_n", "_clear_t", "_count", "_doubted", "_last_t", "_on", "_said_t", "_since", "_worst", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._forget()
        self._on = 0
        self._said_t = 0
        self._last_t = 0

    def _forget(self) -> None:
        levels = len(self.rule.levels)
        self._since: list[int | None] = [None] * levels
        self._count = [0] * levels
        self._clear_t: int | None = None
        self._clear_n = 0
        self._doubted = False
        self._worst = math.nan

    @property
    def is_on(self) -> bool:
        """Whether the alarm is on."""
        return self._on > 0

    @property
    def quiet(self) -> tuple[float, float] | None:
        """Values strictly inside cannot matter now; None when every value is wanted."""
        if self._on or self._since[0] is not None:
            return None
        limit = self.rule.levels[0].limit
        return (-math.inf, limit) if self.rule.above else (limit, math.inf)

    def due_ms(self) -> int | None:
        """When a lone alarming reading has waited long enough for a second one. [ms]."""
        waiting = self.rule.alone is not None and not self._on and self._since[0] is not None
        return self._last_t + self.rule.max_gap_ms if waiting else None

    def tick(self, now_ms: int) -> Finding | None:
        """Let time pass without a reading. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return None
        confirmed = self._count[-1] >= max(2, self.rule.levels[-1].readings)
        priority = self.rule.levels[-1].priority if confirmed else self.rule.alone or Priority.LOW
        self._on = len(self.rule.levels) if confirmed else 1
        self._said_t = self._last_t
        found = self._finding(self._last_t, self._worst, priority, note="" if confirmed else "alert.note.unconfirmed")
        self._doubted = False
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
        found = (self.tick(t_ms), self._decide(t_ms, value, quality, confirmed=confirmed))
        return tuple(finding for finding in found if finding is not None)

    def _decide(self, t_ms: int, value: float, quality: int, *, confirmed: bool) -> Finding | None:
        if math.isnan(value) or quality & UNUSABLE:
            return None
        if quality & _POOR:
            self._doubted = self._since[0] is not None
            return None
        late_on = self._late(t_ms)
        self._last_t = t_ms
        reached = self._count_levels(t_ms, value, confirmed=confirmed)
        if self._on and self._recovered(t_ms, value):
            return self._end(t_ms, value)
        if reached > self._on:
            return self._raise(t_ms, reached)
        if reached and self._on and (t_ms - self._said_t >= self.rule.repeat_ms or late_on):
            self._said_t = t_ms
            return self._finding(t_ms, value, self.rule.levels[self._on - 1].priority)
        return None

    def _late(self, t_ms: int) -> bool:
        """Forget an excursion that a gap has broken; tell whether an alarm went on through it."""
        if t_ms - self._last_t <= self.rule.max_gap_ms:
            return False
        on, self._on = self._on, 0
        self._forget()
        self._on = on
        return on > 0

    def _count_levels(self, t_ms: int, value: float, *, confirmed: bool) -> int:
        reached = 0
        for i, level in enumerate(self.rule.levels):
            beyond = value >= level.limit if self.rule.above else value <= level.limit
            if not beyond:
                self._since[i] = None
                self._count[i] = 0
                continue
            since = self._since[i]
            if since is None:
                self._since[i] = since = t_ms
            self._count[i] += 1
            held = self._count[i] >= level.readings and t_ms - since >= level.hold_ms
            if held or confirmed:
                reached = i + 1
        if self._since[0] is None:
            self._worst = math.nan
            self._doubted = False
        else:
            pick = max if self.rule.above else min
            self._worst = value if math.isnan(self._worst) else pick(self._worst, value)
        return reached

    def _raise(self, t_ms: int, reached: int) -> Finding:
        self._on = reached
        self._said_t = t_ms
        self._clear_t, self._clear_n = None, 0
        priority = self.rule.levels[reached - 1].priority
        if self._doubted and priority is Priority.HIGH:
            priority = Priority.MEDIUM
        return self._finding(t_ms, self._worst, priority)

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
        priority = self.rule.levels[self._on - 1].priority
        self._on = 0
        self._forget()
        return self._finding(t_ms, value, priority, condition=Condition.GONE)

    def _finding(
        self,
        t_ms: int,
        value: float,
        priority: Priority,
        *,
        condition: Condition = Condition.PRESENT,
        note: str = "",
    ) -> Finding:
        limit = self.rule.levels[max(self._on, 1) - 1].limit if condition is Condition.PRESENT else self.rule.clear
        since = self._since[max(self._on, 1) - 1]
        start = since if since is not None else t_ms
        evidence = Evidence(
            features={self.rule.feature: value, "lasted_s": (t_ms - start) / 1_000},
            limits={self.rule.feature: limit},
            start_ms=start,
            end_ms=t_ms,
            note=note,
        )
        score = 0.5 if note or self._doubted else 1.0
        return Finding(self.rule.kind, condition, start, t_ms, score, priority, evidence)

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [
            self._on, self._said_t, self._last_t, list(self._since), list(self._count),
            self._clear_t, self._clear_n, self._doubted, None if math.isnan(self._worst) else self._worst,
        ]  # fmt: skip

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state; one of a rule with another number of levels starts afresh."""
        on, said_t, last_t, since, count, clear_t, clear_n, doubted, worst = state
        if len(since) != len(self.rule.levels):
            return
        self._on, self._said_t, self._last_t = on, said_t, last_t
        self._since, self._count = list(since), list(count)
        self._clear_t, self._clear_n, self._doubted = clear_t, clear_n, doubted
        self._worst = math.nan if worst is None else worst

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._said_t = shifted(self._said_t, by_ms)
        self._last_t = shifted(self._last_t, by_ms)
        self._clear_t = shifted(self._clear_t, by_ms)
        self._since = [shifted(since, by_ms) for since in self._since]
