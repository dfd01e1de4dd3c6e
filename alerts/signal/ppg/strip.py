"""Half a minute of PPG: the beats, whether they look alike, how irregular they come, and how breathing moves them.

References
----------
.. [1] P. H. Charlton et al., "Detecting beats in the photoplethysmogram: benchmarking open-source algorithms," Physiol
   Meas 43:085007, 2022, doi:10.1088/1361-6579/ac826d.
.. [2] W. Karlen, S. Raman, J. M. Ansermino, G. A. Dumont, "Multiparameter respiratory rate estimation from the
   photoplethysmogram," IEEE Trans Biomed Eng 60(7):1946-1953, 2013, doi:10.1109/TBME.2013.2246160.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from alerts.signal import intervals
from alerts.signal.ecg.beats import filled
from alerts.signal.filters import band_passed, peaks_of
from alerts.signal.motion import Float
from alerts.signal.ppg.pulse import RATE_HZ

STRIP_S: Final = 32.0
"""Length of a strip. [s]"""
_PULSE_HZ = (0.5, 5.0)
_APART = round(0.33 * RATE_HZ)
_RISE = 0.45
_NEIGHBOURS = 9
_AFTER, _BEFORE = np.arange(round(0.4 * RATE_HZ)), np.arange(-round(0.3 * RATE_HZ), 1)
_SHAPE = np.arange(-round(0.2 * RATE_HZ), round(0.4 * RATE_HZ))
_MIN_BEATS = intervals.MIN_INTERVALS + 1
_MAX_MISSING = 0.05


class Beats(NamedTuple):
    """Beats of a stretch of PPG.

    Source: this project.

    Attributes
    ----------
    rise_s : ndarray, shape (beats,)
        Steepest rise of each, since the stretch began. [s]
    baseline, height : ndarray, shape (beats,)
        Middle and height of each pulse. [device units]
    likeness : float
        Median correlation of pulses with their median pulse. [-]
    """

    rise_s: Float
    baseline: Float
    height: Float
    likeness: float

    @property
    def rate_bpm(self) -> float:
        """Mean rate. [/min]."""
        return 60.0 * (len(self.rise_s) - 1) / float(self.rise_s[-1] - self.rise_s[0])


def beats(wave: Float) -> Beats | None:
    """Return the beats of an even stretch.

    Source: the steepest rises, after qppg and MSPTD, which lead in the comparison of Charlton et al. [1]_, both looking
    for upstrokes; measured in alerts/measured/pulse.md.

    Parameters
    ----------
    wave : ndarray, shape (n,)
        At 25 Hz; NaN is missing. [device units]

    Returns
    -------
    Beats or None
        None if too much is missing or too few are found.
    """
    if intervals.share(np.isnan(wave)) > _MAX_MISSING:
        return None
    whole = filled(wave)
    passed = band_passed(whole, 3, _PULSE_HZ, rate_hz=RATE_HZ)
    slope = np.zeros(len(passed))
    np.maximum(0.5 * (passed[2:] - passed[:-2]), 0.0, out=slope[1:-1])
    peaks = peaks_of(slope, apart=_APART)
    peaks = peaks[slope[peaks] > _RISE * _local_level(slope[peaks])] if len(peaks) else peaks
    if len(peaks) < _MIN_BEATS:
        return None
    top, foot = whole[_top(passed, peaks)], whole[_foot(passed, peaks)]
    rise_s = (peaks + _offset(slope, peaks)) / RATE_HZ
    return Beats(rise_s, 0.5 * (top + foot), top - foot, _likeness(passed, peaks))


def _top(passed: Float, peaks: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where each pulse is highest: within 0.4 s of its rise, before the next one."""
    ends = np.append(peaks[1:], len(passed))
    at = np.minimum(peaks[:, None] + _AFTER, ends[:, None] - 1)
    tops: NDArray[np.intp] = peaks + passed[at].argmax(axis=1)
    return tops


def _foot(passed: Float, peaks: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where each pulse is lowest before its rise, within 0.3 s."""
    at = np.maximum(peaks[:, None] + _BEFORE, 0)
    feet: NDArray[np.intp] = at[np.arange(len(peaks)), passed[at].argmin(axis=1)]
    return feet


def _local_level(heights: Float) -> Float:
    """Return the median of each height and its neighbours, the outermost ones repeated."""
    beside = _NEIGHBOURS // 2
    padded = np.concatenate([heights[:1].repeat(beside), heights, heights[-1:].repeat(beside)])
    return _middle(sliding_window_view(padded, _NEIGHBOURS).T)


def _offset(slope: Float, peaks: NDArray[np.intp]) -> Float:
    left, top, right = slope[peaks - 1], slope[peaks], slope[peaks + 1]
    bend = np.minimum(left - 2.0 * top + right, -1e-12)
    return np.clip(0.5 * (left - right) / bend, -0.5, 0.5)


def _likeness(passed: Float, peaks: NDArray[np.intp]) -> float:
    inside = peaks[(peaks + _SHAPE[0] >= 0) & (peaks + _SHAPE[-1] < len(passed))]
    rows = passed[inside[:, None] + _SHAPE]
    rows = rows - rows.mean(axis=1, keepdims=True)
    middle = _middle(rows)
    length = np.sqrt((rows * rows).sum(axis=1) * (middle @ middle))
    return float(_middle(rows @ middle / np.maximum(length, 1e-12)))


def _middle(values: Float) -> Float:
    """Return the median along the first axis, of an even number the upper one."""
    middle: Float = np.partition(values, len(values) // 2, axis=0)[len(values) // 2]
    return middle


def irregularity(found: Beats) -> dict[str, float]:
    """Return the measures of irregular intervals that decide about a strip of PPG.

    Source: `alerts.signal.intervals`, which cites them.

    Parameters
    ----------
    found : Beats
        Of one strip.

    Returns
    -------
    dict of str to float
        By the name of the measure. [-]
    """
    rr_ms = np.diff(found.rise_s) * 1_000.0
    return {
        "changed_share": intervals.changed_share(rr_ms),
        "sample_entropy": intervals.sample_entropy(rr_ms),
        "lag2_change": intervals.lag_change(rr_ms, 2),
        "lag3_change": intervals.lag_change(rr_ms, 3),
    }
