"""How a number has been beyond a rule's limits: persistence and doubt, level by level, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.rule import Rule
from alerts.time_shift import shifted
from anhu.contract.priority import Priority


class Excursion:
    """Readings beyond a rule's limits, one after the other; a reading within ends it.

    Parameters
    ----------
    rule : Rule
        The limits.

    Attributes
    ----------
    since : sequence of int or None
        Level by level, when its first reading came; None while it is not reached. [ms]
    count : sequence of int
        Level by level, how many readings there were since.
    worst : float
        The one furthest beyond; NaN while there is none. [the rule's unit]
    doubted : bool
        The device itself called a reading poor meanwhile.
    """

    __slots__ = ("_rule", "count", "doubted", "since", "worst")

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self.forget()

    def forget(self) -> None:
        """Start afresh."""
        self.since, self.count = _nothing(len(self._rule.levels))
        self.worst = math.nan
        self.doubted = False

    def doubt(self) -> None:
        """Take a reading that the device itself calls poor: it decides nothing."""
        self.doubted = self.since[0] is not None

    def take(self, t_ms: int, value: float, *, confirmed: bool) -> int:
        """Take a reading; return how many levels have been held for long enough by now.

        Parameters
        ----------
        t_ms : int
            Not before the last one. [ms]
        value : float
            Not NaN. [the rule's unit]
        confirmed : bool
            A person confirmed it: no persistence is asked for.
        """
        above, levels = self._rule.above, self._rule.levels
        beyond = [value >= level.limit if above else value <= level.limit for level in levels]
        if not any(beyond):
            self.forget()
            return 0
        since, count = self.since, self.count = [*self.since], [*self.count]
        reached = 0
        for i, level in enumerate(levels):
            if not beyond[i]:
                since[i] = None
                count[i] = 0
                continue
            first = since[i]
            if first is None:
                since[i] = first = t_ms
            count[i] += 1
            held = count[i] >= level.readings and t_ms - first >= level.hold_ms
            if held or confirmed:
                reached = i + 1
        if since[0] is None:
            self.worst = math.nan
            self.doubted = False
        else:
            pick = max if above else min
            self.worst = value if math.isnan(self.worst) else pick(self.worst, value)
        return reached

    def finding(
        self,
        reached: int,
        t_ms: int,
        value: float,
        priority: Priority,
        *,
        condition: Condition = Condition.PRESENT,
        note: str = "",
    ) -> Finding:
        """Return what is said of it.

        Parameters
        ----------
        reached : int
            How many levels: it is told since the first reading of the last of them.
        t_ms : int
            Now. [ms]
        value : float
            What is shown against the limit. [the rule's unit]
        condition : Condition
            GONE is shown against the limit to clear.
        note : str
            What makes it less sure.
        """
        since = self.since[reached - 1]
        start = since if since is not None else t_ms
        limit = self._rule.levels[reached - 1].limit if condition is Condition.PRESENT else self._rule.clear
        evidence = Evidence(
            features={self._rule.feature: value, "lasted_s": (t_ms - start) / 1_000},
            limits={self._rule.feature: limit},
            start_ms=start,
            end_ms=t_ms,
            note=note,
        )
        score = 0.5 if note or self.doubted else 1.0
        return Finding(self._rule.kind, condition, start, t_ms, score, priority, evidence)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self.since = [shifted(since, by_ms) for since in self.since]


@cache
def _nothing(levels: int) -> tuple[Sequence[int | None], Sequence[int]]:
    """Return that no level is reached: the same for all of whom nothing is going on."""
    return (None,) * levels, (0,) * levels
