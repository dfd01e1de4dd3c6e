"""One person against that person's own weeks: centre and spread that outliers do not move, slope, cumulative sum.

References
----------
.. [1] H. Theil, "A rank-invariant method of linear and polynomial regression analysis," Proc Koninklijke Nederlandse
   Akademie van Wetenschappen 53:386-392, 521-525, 1397-1412, 1950.
.. [2] P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau," J Am Stat Assoc 63:1379-1389, 1968,
   doi:10.1080/01621459.1968.10480934.
.. [3] E. S. Page, "Continuous inspection schemes," Biometrika 41:100-115, 1954, doi:10.1093/biomet/41.1-2.100.
.. [4] P. J. Rousseeuw, C. Croux, "Alternatives to the median absolute deviation," J Am Stat Assoc 88:1273-1283, 1993,
   doi:10.1080/01621459.1993.10476408.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median

_MAD_TO_SIGMA = 1.4826


def centre_and_spread(values: Sequence[float], floor: float) -> tuple[float, float]:
    """Return the median and a robust standard deviation that is not below a floor.

    Source: 1.4826 times the median absolute deviation is the standard deviation of normal data [4]_.

    Parameters
    ----------
    values : sequence of float
        At least one. [unit of the values]
    floor : float
        Least spread. [unit of the values]

    Returns
    -------
    tuple of float
        Centre and spread. [unit of the values]
    """
    centre = median(values)
    mad = median(abs(v - centre) for v in values)
    return centre, max(_MAD_TO_SIGMA * mad, floor)


def robust_slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between all pairs of points.

    Source: Theil [1]_ and Sen [2]_.

    Parameters
    ----------
    points : sequence of tuple of float
        Pairs of x and y. [unit of x], [unit of y]

    Returns
    -------
    float
        0 for fewer than two different x. [unit of y per unit of x]
    """
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] != a[0]]
    return median(slopes) if slopes else 0.0


def quantile(values: Sequence[float], q: float) -> float:
    """Return the value below which a share of the values lies: one of them, no interpolation.

    Source: the inverse of the empirical distribution; nothing of our own.

    Parameters
    ----------
    values : sequence of float
        At least one. [unit of the values]
    q : float
        The share, 0 to 1. [-]

    Returns
    -------
    float
        One of the values. [unit of the values]
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


class Cusum:
    """Two cumulative sums of standard scores, one for each direction.

    Source: Page [3]_; clip and ceiling are this project's, measured in alerts/MEASURED.md.

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
        """Take the next score.

        Parameters
        ----------
        z : float
            The day's deviation from the usual. [standard deviations]
        """
        held = max(-self.clip, min(self.clip, z))
        self.up = min(max(0.0, self.up + held - self.slack), self.ceiling)
        self.down = min(max(0.0, self.down - held - self.slack), self.ceiling)

    def snapshot(self) -> list[float]:
        """Return the whole state."""
        return [self.up, self.down]

    def restore(self, state: Sequence[float]) -> None:
        """Take over a state."""
        self.up, self.down = state
