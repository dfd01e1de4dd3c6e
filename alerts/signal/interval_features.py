"""Everything that beat intervals say about a stretch of half a minute or more; pure, for ECG, pulse waves and belts.

References
----------
.. [1] J. Lian, L. Wang, D. Muessig, "A Simple Method to Detect Atrial Fibrillation Using RR Intervals," Am J Cardiol
   107:1494-1497, 2011, doi:10.1016/j.amjcard.2011.01.028.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.signal import intervals
from alerts.signal.beat_classes import BeatClass, Classes, classified, compensated_share, doubled_share
from alerts.signal.motion import Float

NAMES: Final = (
    "heart_rate_bpm", "median_change", "changed_share", "lag2_change", "lag3_change", "repeat_change",
    "entropy_of_rate", "sample_entropy", "turning_share", "early_share", "shortest", "longest",
    "alike_share", "two_alike_share", "steady_share", "map_share",
    "usual_share", "usual_changed_share", "usual_spread", "usual_sample_entropy", "usual_memory",
    "premature_share", "premature_run_share", "compensated_share", "pause_share", "doubled_share",
)  # fmt: skip
"""What `interval_features` returns, in order."""
_NEAR = 0.05
_CHANGED = 0.08
_MAP_MS = 25.0
_MOST_LAG = 6
_RUN = 3
_TOLD_APART = (int(BeatClass.USUAL), int(BeatClass.EARLY), int(BeatClass.LONG))


def interval_features(rr_ms: Float, found: Classes | None = None) -> dict[str, float]:
    """Return the features of a run of intervals.

    Source: irregularity as `alerts.signal.intervals` cites it, the share of filled cells of the map of intervals and
    changes after Lian et al. [1]_; clusters, steady runs and what is left after premature beats are this project's,
    measured in alerts/measured/rhythm.md as a part of the learned stage.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals of half a minute or more, without those over gaps. [ms]
    found : Classes, optional
        Of them, where it is known already.

    Returns
    -------
    dict of str to float
        `NAMES`; NaN where one cannot be had, all of them for fewer than `intervals.MIN_INTERVALS`. Names that end in
        ``_bpm`` [/min]; the others are shares and ratios [-].
    """
    if len(rr_ms) < intervals.MIN_INTERVALS:
        return dict.fromkeys(NAMES, float("nan"))
    middle = intervals.middle(rr_ms)
    lags = [intervals.lag_change(rr_ms, lag) for lag in range(2, _MOST_LAG + 1)]
    median_change = intervals.median_change(rr_ms)
    values = (
        60_000.0 / middle,
        median_change,
        intervals.changed_share(rr_ms),
        lags[0],
        lags[1],
        min(lag for lag in (median_change, *lags) if not math.isnan(lag)),
        intervals.entropy_of_rate(rr_ms),
        intervals.sample_entropy(rr_ms),
        intervals.turning_share(rr_ms),
        intervals.early_share(rr_ms),
        float(rr_ms.min()) / middle,
        float(rr_ms.max()) / middle,
        *_clusters(rr_ms),
        steady_share(rr_ms),
        _map_share(rr_ms),
        *_by_class(rr_ms, classified(rr_ms) if found is None else found),
    )
    return dict(zip(NAMES, values, strict=True))


def _clusters(rr_ms: Float) -> tuple[float, float]:
    """Return the share of intervals within 5 % of the one that most are near to, and of the best two such clusters."""
    near = np.abs(rr_ms[:, None] - rr_ms) <= _NEAR * rr_ms
    counts = near.sum(axis=0)
    first = int(counts.argmax())
    rest = near[~near[:, first]].sum(axis=0)
    second = int(rest.max()) if len(rest) else 0
    return float(counts[first]) / len(rr_ms), float(counts[first] + second) / len(rr_ms)


def steady_share(rr_ms: Float) -> float:
    """Return the share of intervals that stand in runs of three or more that differ by less than 5 % in turn.

    Source: this project: between ectopic beats a sinus rhythm runs steadily, fibrillation does not.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least three. [ms]

    Returns
    -------
    float
        0 to 1. [-]
    """
    near = np.abs(rr_ms[1:] - rr_ms[:-1]) <= _NEAR * intervals.middle(rr_ms)
    both = near[1:] & near[:-1]
    inside = np.zeros(len(rr_ms), dtype=bool)
    for k in range(_RUN):
        inside[k : len(rr_ms) - _RUN + 1 + k] |= both
    return intervals.share(inside)


def _map_share(rr_ms: Float) -> float:
    """Return the filled cells of 25 ms of the map of intervals against changes, as a share of the intervals."""
    cells = np.floor(rr_ms[1:] / _MAP_MS) * 1_000.0 + np.floor((rr_ms[1:] - rr_ms[:-1]) / _MAP_MS)
    return len(intervals.distinct(cells)) / len(cells)


def _by_class(rr_ms: Float, found: Classes) -> tuple[float, ...]:
    usual, early, long = (found.classes == kind for kind in _TOLD_APART)
    both = early[1:] & early[:-1]
    in_run = np.zeros(len(early), dtype=bool)
    in_run[1:] = both
    in_run[:-1] |= both
    return (
        intervals.share(usual),
        *usual_beats(rr_ms, usual),
        intervals.share(early),
        intervals.share(in_run),
        compensated_share(rr_ms, found),
        intervals.share(long),
        doubled_share(rr_ms, found),
    )


def usual_beats(rr_ms: Float, usual: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Return how irregular usual beats are, each against the usual one before: changes, spread, entropy, memory.

    Source: `alerts.signal.intervals`, and the correlation with the interval before: breathing moves the intervals of a
    sinus rhythm smoothly, in fibrillation each is by chance.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals. [ms]
    usual : ndarray, shape (n,), bool
        Which of them count. [-]

    Returns
    -------
    tuple of float, shape (4,)
        All NaN where too few are usual. [-]
    """
    kept = rr_ms[usual]
    if len(kept) <= intervals.MIN_INTERVALS:
        return (float("nan"),) * 4
    mean = float(kept.mean())
    away = kept - mean
    before, now = away[:-1], away[1:]
    power = math.sqrt((before @ before) * (now @ now))
    return (
        intervals.share(np.abs(now - before) > _CHANGED * mean),
        math.sqrt(np.add.reduce(away * away) / len(kept)) / mean,
        intervals.sample_entropy(kept),
        float(before @ now) / power if power > 0.0 else float("nan"),
    )
