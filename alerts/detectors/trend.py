"""A resident against the resident's own weeks: resting heart rate, respiration, blood pressure, steps.

Source: Page's cumulative sum (1954) on daily values scored by median and median absolute deviation of the resident's
own four weeks; the slope in the evidence is Theil and Sen's (`alerts.signal.trend`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from types import MappingProxyType
from typing import Any, NamedTuple

from alerts.detector import Detector, Profile, Window
from alerts.finding import Condition, Evidence, Finding, Priority
from alerts.localtime import LocalTime
from alerts.signal.trend import Cusum, centre_and_spread, quantile, robust_slope
from alerts.timers import usable_numbers
from gateway.contract.clock import MINUTE_MS


class Watched(NamedTuple):
    """How a quantity becomes one number a day, and how much it may vary.

    Attributes
    ----------
    least : int
        A day with fewer values (one in a quarter of an hour at most) says nothing.
    low_share : float
        This quantile is the day's number; 0.2 of a heart rate is the rate at rest; 1 is the largest.
    floor, floor_share : float
        Spread is at least this, and at least this share of the centre. [unit], [1]
    rises : bool
        Whether a rise counts too.
    """

    least: int
    low_share: float
    floor: float
    floor_share: float = 0.0
    rises: bool = True


WATCHED: Mapping[str, Watched] = MappingProxyType(
    {
        "heart_rate": Watched(16, 0.2, 2.5),
        "respiration_rate": Watched(16, 0.2, 1.0),
        "systolic_pressure": Watched(1, 0.5, 6.0),
        "steps": Watched(3, 1.0, 400.0, 0.2, rises=False),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Spans and limits.

    Attributes
    ----------
    every_ms : int
        One value in this time is enough. [ms]
    days, lag_days, least_days : int
        The baseline: this many days, ending this long ago, with at least so many that count.
    slack, fires, over : float
        Of the cumulative sum: forgiven each day, said from, over below. [standard deviations]
    """

    every_ms: int = 15 * MINUTE_MS
    days: int = 28
    lag_days: int = 7
    least_days: int = 14
    slack: float = 1.0
    fires: float = 5.0
    over: float = 0.5


@dataclass(slots=True)
class _Series:
    """One quantity's memory: today's values, one number a day, the sums."""

    day: int = 0
    next_ms: int = 0
    today: list[float] = field(default_factory=list)
    days: list[tuple[int, float]] = field(default_factory=list)
    sums: Cusum = field(default_factory=Cusum)
    on: int = 0


class Trend(Detector):
    """Several days out of the resident's own range, in one direction: at least three, because no day counts for more.

    The baseline ends a week ago, so that a change is not taken for the new normal while it happens; after four weeks
    it is. It is silent for the first three weeks. Memory: one number a day for five weeks, today's values.
    """

    name = "trend"
    kinds = ("trend",)
    reads = tuple(WATCHED)

    def __init__(self, params: Params, clock: LocalTime) -> None:
        self._params = params
        self._clock = clock
        self._series: dict[str, _Series] = {}
        self._closed: dict[str, int] = {}

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's clock."""
        return cls(Params(), LocalTime(profile.utc_offset_s))

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take readings; one in a quarter of an hour counts."""
        one = self._series.setdefault(window.quantity, _Series(sums=Cusum(self._params.slack)))
        found: list[Finding] = []
        for t, value in usable_numbers(window):
            if t < one.next_ms:
                continue
            day = self._clock.day(t)
            if day > one.day:
                found += self._close(one, window, t)
                one.day = day
            one.today.append(value)
            one.next_ms = self._closed[window.quantity] = t - t % self._params.every_ms + self._params.every_ms
        return tuple(found)

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        """Until the next value counts, none is wanted."""
        return (float("-inf"), float("inf")) if quantity in self._closed else None

    def due_ms(self) -> int | None:
        """Return when a value counts again. [ms]."""
        return min(self._closed.values(), default=None)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Want values again. [ms]."""
        self._closed = {quantity: at for quantity, at in self._closed.items() if at > now_ms}
        return ()

    def _close(self, one: _Series, window: Window, t_ms: int) -> list[Finding]:
        """Judge a day that is over."""
        p, watched = self._params, WATCHED[window.quantity]
        values, one.today = one.today, []
        if len(values) < watched.least:
            return []
        today = median(values) if watched.low_share == 1 / 2 else quantile(values, watched.low_share)
        last, first = one.day - p.lag_days, one.day - p.lag_days - p.days
        base = [value for day, value in one.days if first <= day < last]
        one.days = [pair for pair in one.days if pair[0] >= first]
        one.days.append((one.day, today))
        if len(base) < p.least_days:
            return []
        centre, spread = centre_and_spread(base, watched.floor)
        spread = max(spread, watched.floor_share * centre)
        z = (today - centre) / spread
        one.sums.add(z)
        up = one.sums.up if watched.rises else 0.0
        on = 1 if up >= p.fires else -1 if one.sums.down >= p.fires else 0
        over = max(up, one.sums.down) <= p.over
        if (on != 0) == (one.on != 0) or (one.on and not over):
            return []
        one.on = on
        measured = {"today_value": today, "baseline": centre, "deviation": round(z, 1)}
        return [self._finding(one, window, t_ms, measured)]

    def _finding(self, one: _Series, window: Window, t_ms: int, measured: dict[str, float]) -> Finding:
        recent = [(float(day), value) for day, value in one.days if day > one.day - 2 * self._params.lag_days]
        features = measured | {
            "cusum": round(max(one.sums.up, one.sums.down), 1),
            "slope_per_week": round(7 * robust_slope(recent), 2),
        }
        start = self._clock.at(one.day - self._params.days, 0.0)
        evidence = Evidence(
            features=features,
            limits={"cusum": self._params.fires},
            quantity=window.quantity,
            device_id=window.device_id,
            start_ms=start,
            end_ms=t_ms,
        )
        condition = Condition.PRESENT if one.on else Condition.GONE
        return Finding("trend", condition, t_ms, t_ms, 1.0, Priority.LOW, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        series = {
            quantity: [
                one.day,
                one.next_ms,
                [_short(v) for v in one.today],
                [[d, _short(v)] for d, v in one.days],
                one.sums.snapshot(),
                one.on,
            ]
            for quantity, one in self._series.items()
        }
        return {"series": series, "closed": dict(self._closed)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._closed = dict(state["closed"])
        self._series = {}
        for quantity, (day, next_ms, today, days, sums, on) in state["series"].items():
            cusum = Cusum(self._params.slack)
            cusum.restore(sums)
            self._series[quantity] = _Series(day, next_ms, list(today), [(d, v) for d, v in days], cusum, on)


def _short(value: float) -> float:
    """Return a whole number as one: it takes a byte or two instead of nine."""
    return int(value) if value == int(value) else value
