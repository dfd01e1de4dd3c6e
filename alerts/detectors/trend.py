"""A resident against the resident's own weeks: resting heart rate, respiration, blood pressure, steps.

Source: Page's cumulative sum (1954) on daily values scored by median and median absolute deviation of the resident's
own four weeks; the slope in the evidence is Theil and Sen's (`alerts.signal.trend`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.local_time import LocalTime
from alerts.rules.one_of import one_of
from alerts.rules.silence import Lesson, Silence
from alerts.rules.usable import usable_numbers
from alerts.signal.baseline import Band, Baseline, Change
from alerts.signal.packed import Packed, added, packed, unpacked
from alerts.signal.trend import quantile
from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority

_EVERY_MS = 15 * MINUTE_MS
_EVERYTHING = (float("-inf"), float("inf"))
_AT_FIRST = Baseline(Band(floor=1.0)).days
_NO_DAYS = Baseline(Band(floor=1.0)).snapshot()


class Watched(NamedTuple):
    """How a quantity becomes one number a day, and how much it may vary.

    Attributes
    ----------
    least : int
        A day with fewer values (one in a quarter of an hour at most) says nothing.
    share : float
        This quantile is the day's number: 0.2 of a heart rate is the rate at rest; 1 is the largest.
    """

    least: int
    share: float
    band: Band


WATCHED: Mapping[str, Watched] = MappingProxyType(
    {
        "heart_rate": Watched(16, 0.2, Band(floor=2.5)),
        "respiration_rate": Watched(16, 0.2, Band(floor=1.0)),
        "systolic_pressure": Watched(1, 0.5, Band(floor=6.0)),
        "steps": Watched(3, 1.0, Band(floor=400.0, floor_share=0.2, rises=False)),
    }
)


@dataclass(slots=True)
class _Series:
    """One quantity's memory."""

    quantity: str
    baseline: Baseline | None = None
    """None before the first day is over."""
    day: int = 0
    next_ms: int = 0
    is_closed: bool = False
    """No value counts until `next_ms`."""
    today: Packed = field(default_factory=packed)

    def snapshot(self) -> list[Any]:
        kept = _NO_DAYS if self.baseline is None else self.baseline.snapshot()
        return [self.day, self.next_ms, [_short(v) for v in unpacked(self.today)], kept]


class Trend(Detector):
    """Several days out of the resident's own range, in one direction: at least three, because no day counts for more.

    One number a day for five weeks and today's values are all it keeps; between values that count it wants none.
    """

    name = "trend"
    kinds = ("trend",)
    reads = tuple(WATCHED)
    __slots__ = ("_clock", "_series")

    def __init__(self, clock: LocalTime) -> None:
        self._clock = clock
        self._series: tuple[_Series, ...] = ()

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's clock."""
        return cls(LocalTime.of(profile.time_zone))

    def _known(self, quantity: str) -> _Series | None:
        return next((one for one in self._series if one.quantity == quantity), None)

    def _of(self, quantity: str) -> _Series:
        one = self._known(quantity)
        if one is None:
            one = _Series(intern(quantity))
            self._series += (one,)
        return one

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take readings; a day is judged by the first reading after it."""
        one = self._of(window.quantity)
        found: list[Finding] = []
        for t, value in usable_numbers(window):
            if t < one.next_ms:
                continue
            day = self._clock.day(t)
            if day > one.day:
                change = self._closed_day(one, window.quantity)
                if change is not None:
                    found.append(self._finding(change, window, t, one.day))
                one.day = one_of(day)
            one.today = added(one.today, value)
            one.next_ms, one.is_closed = one_of(t - t % _EVERY_MS + _EVERY_MS), True
        return tuple(found)

    def _closed_day(self, one: _Series, quantity: str) -> Change | None:
        watched, values = WATCHED[quantity], unpacked(one.today)
        one.today = packed()
        if len(values) < watched.least:
            return None
        today = median(values) if watched.share == 1 / 2 else quantile(values, watched.share)
        if one.baseline is None:
            one.baseline = Baseline(watched.band)
        return one.baseline.add(one.day, today)

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        """Until the next value counts, none is wanted."""
        one = self._known(quantity)
        return _EVERYTHING if one is not None and one.is_closed else None

    def due_ms(self) -> int | None:
        """Return when a value counts again. [ms]."""
        return min((one.next_ms for one in self._series if one.is_closed), default=None)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Want values again. [ms]."""
        for one in self._series:
            one.is_closed &= one.next_ms > now_ms
        return ()

    def _finding(self, change: Change, window: Window, t_ms: int, day: int) -> Finding:
        band = WATCHED[window.quantity].band
        evidence = Evidence(
            features=change.features,
            limits={"cusum": band.fires},
            quantity=window.quantity,
            device_id=window.device_id,
            start_ms=self._clock.at(day - band.days, 0.0),
            end_ms=t_ms,
        )
        condition = Condition.PRESENT if change.began else Condition.GONE
        return Finding("trend", condition, t_ms, t_ms, 1.0, Priority.LOW, evidence)

    @property
    def silence(self) -> Silence:
        """Whether too few of the resident's own weeks are known for anything to be judged."""
        return Silence.LEARNING if self.lesson.days_left else Silence.NONE

    @property
    def lesson(self) -> Lesson:
        """How many days are known of what is known best."""
        baselines = (one.baseline for one in self._series)
        known, needed = max((one.days for one in baselines if one is not None), default=_AT_FIRST)
        return Lesson(known, needed, "days")

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        series = {one.quantity: one.snapshot() for one in self._series}
        closed = {one.quantity: one.next_ms for one in self._series if one.is_closed}
        return {"series": series, "closed": closed}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        for quantity, (day, next_ms, today, kept) in state["series"].items():
            one = self._of(quantity)
            one.day, one.next_ms, one.today = day, next_ms, packed(today)
            one.is_closed = quantity in state["closed"]
            if kept[0]:
                one.baseline = Baseline(WATCHED[quantity].band)
                one.baseline.restore(kept)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        for one in self._series:
            one.next_ms = shifted(one.next_ms, by_ms)


def _short(value: float) -> float:
    """Return a whole number as one: it takes a byte or two in a snapshot instead of nine."""
    return int(value) if value == int(value) else value
