"""How irregular beat intervals are: the published measures for atrial fibrillation, each on a short run of intervals.

References
----------
.. [1] X. Zhou, H. Ding, W. Wu, Y. Zhang, "A Real-Time Atrial Fibrillation Detection Algorithm Based on the
   Instantaneous State of Heart Rate," PLoS ONE 10(9):e0136544, 2015, doi:10.1371/journal.pone.0136544.
.. [2] D. E. Lake, J. R. Moorman, "Accurate estimation of entropy in very short physiological time series," Am J
   Physiol Heart Circ Physiol 300:H319-H325, 2011, doi:10.1152/ajpheart.00561.2010.
.. [3] S. Dash, K. H. Chon, S. Lu, E. A. Raeder, "Automatic Real Time Detection of Atrial Fibrillation," Ann Biomed
   Eng 37:1701-1709, 2009, doi:10.1007/s10439-009-9740-z.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from alerts.signal.motion import Float

MIN_INTERVALS = 6
"""Fewer intervals say nothing about irregularity."""
_MATCHES = 5
_NARROWEST_MS = 30.0


def middle(values: Float) -> float:
    """Return the median of a few values, as `numpy.median` does, in a tenth of its time.

    Source: definition of the median.

    Parameters
    ----------
    values : ndarray, shape (n,)
        At least one, without NaN. [any unit]

    Returns
    -------
    float
        The median. [the same unit]
    """
    ordered = np.sort(values)
    half = len(ordered) // 2
    return 0.5 * float(ordered[half] + ordered[~half])


def share(these: NDArray[np.bool_]) -> float:
    """Return which share is true, as `numpy.mean` does, in a tenth of its time.

    Source: definition of the mean.

    Parameters
    ----------
    these : ndarray, shape (n,), bool
        At least one. [-]

    Returns
    -------
    float
        0 to 1. [-]
    """
    return float(np.count_nonzero(these)) / len(these)


def distinct(values: NDArray[np.generic]) -> NDArray[np.intp]:
    """Return how often each distinct value occurs, in the order of the values.

    Source: `numpy.unique`, without what it does besides.

    Parameters
    ----------
    values : ndarray, shape (n,)
        At least one. [any unit]

    Returns
    -------
    ndarray, shape (distinct,)
        Counts. [-]
    """
    ordered = np.sort(values)
    differs = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=differs[:-1])
    ends = differs.nonzero()[0]
    counts = ends + 1
    counts[1:] -= counts[:-1].copy()
    return counts


@cache
def _pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(n, 1)


def median_change(rr_ms: Float) -> float:
    """Return the median of successive differences over the median interval: single early beats do not move it.

    Source: this project; a part of the learned stage that alerts/measured/rhythm.md measures.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least two. [ms]

    Returns
    -------
    float
        0 for a clock. [-]
    """
    return middle(np.abs(rr_ms[1:] - rr_ms[:-1])) / middle(rr_ms)


def changed_share(rr_ms: Float, by: float = 0.08) -> float:
    """Return the share of successive intervals that differ by more than a part of the median interval.

    Source: this project; a part of the learned stage that alerts/measured/rhythm.md measures.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least two. [ms]
    by : float
        How much is a change, as a part of the median interval. [-]

    Returns
    -------
    float
        0 to 1. [-]
    """
    return share(np.abs(rr_ms[1:] - rr_ms[:-1]) > by * middle(rr_ms))


def lag_change(rr_ms: Float, lag: int) -> float:
    """Return the median difference to the interval `lag` beats ago: small in bigeminy (2) and trigeminy (3).

    Source: this project; a part of the learned stage that alerts/measured/rhythm.md measures.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals. [ms]
    lag : int
        How many beats ago. [beats]

    Returns
    -------
    float
        Over the median interval; NaN for fewer than ``lag + 3`` intervals. [-]
    """
    if len(rr_ms) <= lag + 2:
        return float("nan")
    return middle(np.abs(rr_ms[lag:] - rr_ms[:-lag])) / middle(rr_ms)


def entropy_of_rate(rr_ms: Float) -> float:
    """Return the Shannon entropy of three-beat words of the heart rate's symbols.

    Source: Zhou et al. [1]_, over the intervals at hand instead of a window of fixed length.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least three. [ms]

    Returns
    -------
    float
        0 to 1; 1 when no word comes twice. [-]
    """
    rate = np.minimum(np.maximum(60_000.0 / rr_ms, 0.0), 315.0)
    symbols = np.floor(rate / 5.0).astype(np.int64)
    words = (symbols[:-2] << 12) + (symbols[1:-1] << 6) + symbols[2:]
    counts = distinct(words)
    n = len(words)
    part = counts / n
    return float(-(len(counts) / n) * np.add.reduce(part * np.log2(part)) / np.log2(max(n, 2)))


def sample_entropy(rr_ms: Float) -> float:
    """Return the coefficient of sample entropy, CosEn: m = 1, tolerance 30 ms, widened until five pairs match.

    Source: Lake and Moorman [2]_.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least `MIN_INTERVALS`. [ms]

    Returns
    -------
    float
        Larger for less regular. [-]
    """
    n = len(rr_ms) - 1
    apart = np.abs(rr_ms[:, None] - rr_ms)
    one = apart[:-1, :-1]
    two = np.maximum(one, apart[1:, 1:])
    tolerance = _NARROWEST_MS
    matches = _pairs_within(two, tolerance)
    if matches < min(_MATCHES, n * (n - 1) // 2):
        pairs = two[_pairs(n)]
        nearest = min(_MATCHES, len(pairs)) - 1
        tolerance = float(np.partition(pairs, nearest)[nearest])
        matches = _pairs_within(two, tolerance)
    matches_two = max(1, matches)
    matches_one = max(matches_two, _pairs_within(one, tolerance))
    quadratic = np.log(matches_one / matches_two) + np.log(2.0 * tolerance)
    return float(quadratic - np.log(rr_ms.mean()))


def _pairs_within(apart: Float, tolerance: float) -> int:
    """Return how many pairs are so near: each stands there twice, and everything beside itself."""
    return (int(np.count_nonzero(apart <= tolerance)) - len(apart)) // 2


def turning_share(rr_ms: Float) -> float:
    """Return the share of intervals longer or shorter than both neighbours: 2/3 for chance.

    Source: the turning point ratio of Dash et al. [3]_.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least three. [ms]

    Returns
    -------
    float
        0 to 1. [-]
    """
    middle = rr_ms[1:-1]
    return share((middle - rr_ms[:-2]) * (middle - rr_ms[2:]) > 0.0)


def early_share(rr_ms: Float) -> float:
    """Return the share of beats that come early and are followed by a pause: the sign of ectopic beats.

    Source: this project: 15 % early, then 10 % late, against the median interval; a part of the learned stage that
    alerts/measured/rhythm.md measures.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least two. [ms]

    Returns
    -------
    float
        0 to 1. [-]
    """
    usual = middle(rr_ms)
    return share((rr_ms[:-1] < 0.85 * usual) & (rr_ms[1:] > 1.1 * usual))
