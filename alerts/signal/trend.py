"""One person against that person's own weeks: centre and spread that outliers do not move, slope, cumulative sum.

Sources: Theil 1950 and Sen 1968 (median of pairwise slopes); Page 1954, "Continuous inspection schemes" (CUSUM);
1.4826 makes the median absolute deviation the standard deviation of normal data.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median

_MAD_TO_SIGMA = 1.4826


def centre_and_spread(values: Sequence[float], floor: float) -> tuple[float, float]:
    """Return the median and a robust standard deviation that is not below a floor. [unit of the values]."""
    centre = median(values)
    mad = median(abs(v - centre) for v in values)
    return centre, max(_MAD_TO_SIGMA * mad, floor)


def robust_slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between all pairs of (x, y); 0 for fewer than two different x."""
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] != a[0]]
    return median(slopes) if slopes else 0.0


def quantile(values: Sequence[float], q: float) -> float:
    """Return the value below which a share `q` of the values lies: one of them, no interpolation."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


class Cusum:
    """Two cumulative sums of standard scores, one for each direction.

    Parameters
    ----------
    slack : float
        What is forgiven each day. [standard deviations]
    clip : float
        No single day counts for more: one wild day is an outlier, not a change. [standard deviations]
    ceiling : float
        The sums stop here, so that a long change is over soon after it ended. [standard deviations]
    """

    __slots__ = ("ceiling", "clip", "down", "slack", "up")

    def __init__(self, slack: float = 1.0, clip: float = 3.0, ceiling: float = 10.0) -> None:
        self.slack = slack
        self.clip = clip
        self.ceiling = ceiling
        self.up = 0.0
        self.down = 0.0

    def add(self, z: float) -> None:
        """Take the next score. [standard deviations]."""
        held = max(-self.clip, min(self.clip, z))
        self.up = min(max(0.0, self.up + held - self.slack), self.ceiling)
        self.down = min(max(0.0, self.down - held - self.slack), self.ceiling)

    def snapshot(self) -> list[float]:
        """Return the whole state."""
        return [self.up, self.down]

    def restore(self, state: Sequence[float]) -> None:
        """Take over a state."""
        self.up, self.down = state
