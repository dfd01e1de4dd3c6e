"""Beats told apart by their intervals: early ones, what follows them, pauses and dropped beats, and the usual ones.

References
----------
.. [1] Task Force of the European Society of Cardiology, "Heart rate variability: standards of measurement," Circulation
   93:1043-1065, 1996, doi:10.1161/01.CIR.93.5.1043.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.signal.intervals import middle, share
from alerts.signal.motion import Float

EARLY = 0.85
"""An interval below this part of the usual one ends with a premature beat. [-]"""
LONG = 1.5
"""One above this part is a pause, unless it only follows a premature beat. [-]"""
_ALIKE = 0.08
_FEW = 4


class BeatClass(IntEnum):
    """What the beat is that ends an interval.

    Source: this project.
    """

    USUAL = 0
    EARLY = 1
    """Premature: alone, or one of a couplet or run."""
    AFTER = 2
    """The first after premature beats, whatever its interval."""
    LONG = 3
    """After a pause."""


_USUAL, _EARLY, _AFTER, _LONG = map(int, BeatClass)
"""Plain numbers: arrays are slow to compare with members of an enumeration."""


class Classes(NamedTuple):
    """Classes of a run of intervals.

    Source: this project.

    Attributes
    ----------
    usual_ms : float
        The usual interval. [ms]
    classes : ndarray, shape (n,), int
        A `BeatClass` for the beat that ends each interval. [-]
    """

    usual_ms: float
    classes: NDArray[np.int64]


def usual_interval(rr_ms: Float) -> float:
    """Return the usual interval: the median of the means of two neighbours, which early beats do not move.

    Source: this project: in bigeminy and trigeminy an early beat and its pause together last two usual intervals.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least two. [ms]

    Returns
    -------
    float
        The usual interval. [ms]
    """
    return middle(0.5 * (rr_ms[1:] + rr_ms[:-1]))


def classified(rr_ms: Float) -> Classes:
    """Return what each beat is, by intervals alone.

    Source: this project, after the selection of normal intervals [1]_; a part of the learned stage
    that alerts/measured/rhythm.md measures. The usual interval is asked for twice: an early beat that resets the
    sinus node is followed by less than a full pause, so the first answer is too short where there are many.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals, at least two. [ms]

    Returns
    -------
    Classes
        Of every interval.
    """
    first = _against(rr_ms, usual_interval(rr_ms))
    kept = rr_ms[first.classes == _USUAL]
    return first if len(kept) < _FEW else _against(rr_ms, middle(kept))


def _against(rr_ms: Float, usual_ms: float) -> Classes:
    early = rr_ms < EARLY * usual_ms
    classes = np.zeros(len(rr_ms), dtype=np.int64)  # usual
    classes[rr_ms > LONG * usual_ms] = _LONG
    if early.any():
        classes[early] = _EARLY
        classes[1:][early[:-1] & ~early[1:]] = _AFTER
    return Classes(usual_ms, classes)


def compensated_share(rr_ms: Float, found: Classes) -> float:
    """Return the share of premature beats whose interval and the next together last two usual ones.

    Source: the compensatory pause after a ventricular beat; the margin of 8 % is this project's.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals. [ms]
    found : Classes
        Of them.

    Returns
    -------
    float
        0 to 1; NaN for fewer than two premature beats. [-]
    """
    early = (found.classes[:-1] == _EARLY).nonzero()[0]
    if len(early) < 2:  # noqa: PLR2004 - one may be chance
        return float("nan")
    both = (rr_ms[early] + rr_ms[early + 1]) / (2.0 * found.usual_ms)
    return share(np.abs(both - 1.0) < _ALIKE)


def doubled_share(rr_ms: Float, found: Classes) -> float:
    """Return the share of pauses that last two or three usual intervals: beats that block or exit block dropped.

    Source: second-degree block as textbooks describe it; the margin of 8 % is this project's.

    Parameters
    ----------
    rr_ms : ndarray, shape (n,)
        Beat intervals. [ms]
    found : Classes
        Of them.

    Returns
    -------
    float
        0 to 1; NaN without a pause. [-]
    """
    long = rr_ms[found.classes == _LONG] / found.usual_ms
    if not len(long):
        return float("nan")
    return share(np.abs(long - np.minimum(np.maximum(np.rint(long), 2.0), 3.0)) < _ALIKE * long)
