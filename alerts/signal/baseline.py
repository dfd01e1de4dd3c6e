"""One number a day against the person's own four weeks: the memory that trend rules share. Pure.

A day's score is clipped at three standard deviations, so no single day can fire a rule that asks for five in sum.

References
----------
.. [1] E. S. Page, "Continuous inspection schemes," Biometrika 41:100-115, 1954, doi:10.1093/biomet/41.1-2.100.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from alerts.signal.packed import packed, unpacked
from alerts.signal.trend import Cusum, centre_and_spread, robust_slope


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How a daily number may vary, and how long it is remembered.

    Source: spans and limits are this project's; measured in alerts/MEASURED.md.

    Attributes
    ----------
    floor, floor_share : float
        Spread is at least this, and at least this share of the centre. [unit of the number], [-]
    rises, falls : bool
        Which direction counts.
    days, lag_days, least_days : int
        The baseline: this many days, ending this long ago, with at least so many that count. [d]
    slack, fires, over : float
        Of the cumulative sum: forgiven each day, said from, over below. [standard deviations]
    """

    floor: float
    floor_share: float = 0.0
    rises: bool = True
    falls: bool = True
    days: int = 28
    lag_days: int = 7
    least_days: int = 14
    slack: float = 1.0
    fires: float = 5.0
    over: float = 0.5


class Change(NamedTuple):
    """A change that began, or ended.

    Source: this project.

    Attributes
    ----------
    began : bool
        False when it ended.
    features : dict
        Of the day that decided: ``today_value`` and ``baseline`` [unit of the number], ``deviation`` and ``cusum``
        [standard deviations], ``slope_per_week`` [unit of the number per week].
    """

    began: bool
    features: dict[str, float]


class Baseline:
    """Daily numbers and their cumulative sums.

    The baseline ends a week ago, so that a change is not taken for the new normal while it happens; four weeks later
    it is. Silent for the first three weeks.

    Source: cumulative sum [1]_ of scores against median and median absolute deviation (`alerts.signal.trend`); the
    lagging window is this project's, measured in alerts/MEASURED.md.

    Parameters
    ----------
    band : Band
        How the number may vary.
    """

    __slots__ = ("_band", "_days", "_on", "_sums", "_values")

    def __init__(self, band: Band) -> None:
        self._band = band
        self._days = self._values = packed()  # five weeks of a million residents: no object for each number
        self._sums: Cusum | None = None
        self._on = False

    def add(self, day: int, value: float) -> Change | None:
        """Take a day that is over; tell whether a change began or ended with it.

        Parameters
        ----------
        day : int
            Number of the day, counted on; days may be left out. [d]
        value : float
            The day's number. [unit of the number]

        Returns
        -------
        Change or None
            None while nothing began or ended, and before the baseline holds `Band.least_days`.
        """
        band = self._band
        last, first = day - band.lag_days, day - band.lag_days - band.days
        base = [v for d, v in self._known() if first <= d < last]
        self._keep([*((d, v) for d, v in self._known() if d >= first), (day, value)])
        if len(base) < band.least_days:
            return None
        centre, spread = centre_and_spread(base, band.floor)
        z = (value - centre) / max(spread, band.floor_share * abs(centre))
        sums = self._sums = self._sums or Cusum(band.slack)
        sums.add(z)
        reached = max(sums.up if band.rises else 0.0, sums.down if band.falls else 0.0)
        if (reached >= band.fires) == self._on or (self._on and reached > band.over):
            return None
        self._on = not self._on
        recent = [(float(d), v) for d, v in self._known() if d > day - 2 * band.lag_days]
        features = {
            "today_value": value,
            "baseline": centre,
            "deviation": round(z, 1),
            "cusum": round(reached, 1),
            "slope_per_week": round(7 * robust_slope(recent), 2),
        }
        return Change(self._on, features)

    @property
    def days(self) -> tuple[int, int]:
        """How many days it has of how many that it takes to judge; the same number twice when it judges.

        Source: this project.

        Returns
        -------
        (int, int)
            Known, needed. [d]
        """
        days = unpacked(self._days)
        band, newest = self._band, int(days[-1]) if days else 0
        until = newest - band.lag_days
        base = sum(until - band.days <= day < until for day in days)
        needed = band.least_days + band.lag_days
        return (needed if base >= band.least_days else min(len(days), needed - 1)), needed

    def _known(self) -> Iterator[tuple[int, float]]:
        return zip(map(int, unpacked(self._days)), unpacked(self._values), strict=True)

    def _keep(self, pairs: Sequence[tuple[int, float]]) -> None:
        self._days = packed(d for d, _ in pairs)
        self._values = packed(v for _, v in pairs)

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        sums = [0.0, 0.0] if self._sums is None else self._sums.snapshot()
        return [[[d, _short(v)] for d, v in self._known()], sums, self._on]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        days, sums, self._on = state
        self._keep(days)
        if any(sums):
            self._sums = Cusum(self._band.slack)
            self._sums.restore(sums)


def _short(value: float) -> float:
    """Return a whole number as one: it takes a byte or two in a snapshot instead of nine."""
    return int(value) if value == int(value) else value
