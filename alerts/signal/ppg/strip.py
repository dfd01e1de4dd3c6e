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
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from alerts.signal import intervals
from alerts.signal.ecg.beats import filled
from alerts.signal.filters import band_pass, peaks_of, without_trend
from alerts.signal.motion import Float
from alerts.signal.ppg.pulse import RATE_HZ

BREATHS: Final = np.arange(5.0, 41.0, 0.5)
"""Respiration rates considered. [/min]"""
STRIP_S: Final = 32.0
"""Length of a strip. [s]"""
_PULSE_HZ = (0.5, 5.0)
_APART = round(0.33 * RATE_HZ)
_RISE = 0.45
_NEIGHBOURS = 9
_TOP_WITHIN, _FOOT_WITHIN = round(0.4 * RATE_HZ), round(0.3 * RATE_HZ)
_SHAPE = np.arange(-round(0.2 * RATE_HZ), round(0.4 * RATE_HZ))
_MIN_BEATS = 12
_EVEN_S = np.arange(0.0, STRIP_S, 0.25)
_SWINGS = np.hanning(len(_EVEN_S))[:, None] * np.exp(-2j * np.pi * np.outer(_EVEN_S, BREATHS / 60.0))
_WEIGHTS = (1.0, 0.5, 0.5)
_FLOOR = 0.3
_TILT = 0.5
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


def beats(wave: Float) -> Beats | None:
    """Return the beats of an even stretch.

    Source: the steepest rises, after qppg and MSPTD, which lead in the comparison of Charlton et al. [1]_, both looking
    for upstrokes; measured in alerts/MEASURED.md.

    Parameters
    ----------
    wave : ndarray, shape (n,)
        At 25 Hz; NaN is missing. [device units]

    Returns
    -------
    Beats or None
        None if too much is missing or too few are found.
    """
    if np.isnan(wave).mean() > _MAX_MISSING:
        return None
    whole = filled(wave)
    passed = band_pass(whole, 3, _PULSE_HZ, rate_hz=RATE_HZ)
    slope = np.clip(np.gradient(passed), 0.0, None)
    peaks = peaks_of(slope, apart=_APART)
    peaks = peaks[slope[peaks] > _RISE * _local_level(slope[peaks])] if len(peaks) else peaks
    if len(peaks) < _MIN_BEATS:
        return None
    ends = np.append(peaks[1:], len(passed))
    tops = [a + int(passed[a : min(b, a + _TOP_WITHIN)].argmax()) for a, b in zip(peaks, ends, strict=True)]
    feet = [max(0, a - _FOOT_WITHIN) + int(passed[max(0, a - _FOOT_WITHIN) : a + 1].argmin()) for a in peaks]
    top, foot = whole[np.array(tops)], whole[np.array(feet)]
    rise_s = (peaks + _offset(slope, peaks)) / RATE_HZ
    return Beats(rise_s, 0.5 * (top + foot), top - foot, _likeness(passed, peaks))


def _local_level(heights: Float) -> Float:
    level: Float = median_filter(heights, size=_NEIGHBOURS, mode="nearest")
    return level


def _offset(slope: Float, peaks: NDArray[np.intp]) -> Float:
    left, top, right = slope[peaks - 1], slope[peaks], slope[peaks + 1]
    bend = np.minimum(left - 2.0 * top + right, -1e-12)
    return np.clip(0.5 * (left - right) / bend, -0.5, 0.5)


def _likeness(passed: Float, peaks: NDArray[np.intp]) -> float:
    inside = peaks[(peaks + _SHAPE[0] >= 0) & (peaks + _SHAPE[-1] < len(passed))]
    rows = passed[inside[:, None] + _SHAPE]
    rows = rows - rows.mean(axis=1, keepdims=True)
    middle = np.median(rows, axis=0)
    length = np.linalg.norm(rows, axis=1) * np.linalg.norm(middle)
    return float(np.median(rows @ middle / np.maximum(length, 1e-12)))


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


def breath_likelihood(found: Beats) -> Float:
    """Return how likely each rate of `BREATHS` is in a strip of `STRIP_S`.

    Source: baseline, amplitude and intervals fused, after Karlen et al. [2]_; by product of spectra, and with weights,
    that are this project's, measured in alerts/MEASURED.md.

    Parameters
    ----------
    found : Beats
        Of one strip.

    Returns
    -------
    ndarray, shape (rates,)
        Not normalised. [-]
    """
    modulations = (
        (found.rise_s, found.baseline),
        (found.rise_s, found.height),
        (found.rise_s[1:], np.diff(found.rise_s)),
    )
    likely = BREATHS**_TILT  # slow wander is stronger than breathing of the same depth
    for (times, values), weight in zip(modulations, _WEIGHTS, strict=True):
        power = _power(times, values)
        likely = likely * (_FLOOR + power / max(float(power.max()), 1e-12)) ** weight
    return likely


def _power(times: Float, values: Float) -> Float:
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    held = np.clip(values, middle - 4.0 * spread, middle + 4.0 * spread)
    power: Float = np.abs(without_trend(np.interp(_EVEN_S, times, held)) @ _SWINGS) ** 2
    return power
