"""What half a minute of ECG says: how good it is, how regular, whether beats look alike, whether P waves stand.

References
----------
.. [1] Q. Li, R. G. Mark, G. D. Clifford, "Robust heart rate estimation from multiple asynchronous noisy sources using
   signal quality indices and a Kalman filter," Physiol Meas 29:15-32, 2008, doi:10.1088/0967-3334/29/1/002.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.signal import intervals
from alerts.signal.beat_classes import BeatClass, classified
from alerts.signal.ecg.beats import RATE_HZ, STEP_MS, filled
from alerts.signal.filters import band_pass
from alerts.signal.interval_features import interval_features, usual_beats
from alerts.signal.motion import Float

_BEFORE = round(0.30 * RATE_HZ)
_AFTER = round(0.40 * RATE_HZ)
_QRS = slice(_BEFORE - round(0.09 * RATE_HZ), _BEFORE + round(0.11 * RATE_HZ))
_P = slice(_BEFORE - round(0.26 * RATE_HZ), _BEFORE - round(0.07 * RATE_HZ))
_ALIKE = 0.8
_ECG_HZ = (0.7, 40.0)
_FEW = 6
_STILL_MV = 1e-6
_WINDOW = np.arange(-_BEFORE, _AFTER)
_USUAL, _EARLY = int(BeatClass.USUAL), int(BeatClass.EARLY)
Mask = NDArray[np.bool_]


class Strip(NamedTuple):
    """A stretch of ECG with its beats.

    Source: this project.

    Attributes
    ----------
    start_ms : int
        Time of the first sample's left edge. [ms]
    signal : ndarray, shape (n,)
        At `RATE_HZ`; NaN where missing. [mV]
    beats_ms : ndarray, shape (beats,)
        R peaks. [ms]
    """

    start_ms: int
    signal: Float
    beats_ms: Float


def features(strip: Strip) -> dict[str, float]:
    """Return the features of a strip.

    Source: band powers and kurtosis tell noise after Li, Mark and Clifford [1]_; intervals as
    `alerts.signal.interval_features` cites them; likeness of beats and P waves are this project's, measured in
    alerts/measured/rhythm.md.

    Parameters
    ----------
    strip : Strip
        Half a minute with its beats.

    Returns
    -------
    dict of str to float
        NaN where one cannot be had. Names end in their unit, ``_bpm`` [/min], ``_mv`` [mV]; the others are shares and
        ratios [-].
    """
    signal = band_pass(filled(strip.signal), 2, _ECG_HZ, rate_hz=RATE_HZ)
    centres = np.rint((strip.beats_ms - strip.start_ms) / STEP_MS).astype(np.int64)
    inside = (centres >= _BEFORE) & (centres + _AFTER <= len(signal))
    beats = signal[centres[inside][:, None] + _WINDOW]
    look = _likeness(beats)
    odd = np.zeros(len(centres), dtype=bool)
    odd[inside] = look < _ALIKE
    rhythm, early = _rhythm(strip, odd, centres)
    return _quality(strip.signal, signal) | _shape(beats, look, early[inside]) | rhythm


@lru_cache(maxsize=4)
def _hanning(n: int) -> Float:
    return np.hanning(n)


def _quality(raw: Float, signal: Float) -> dict[str, float]:
    """Return what tells noise: after Li, Mark, Clifford, Physiol Meas 29:15-32, 2008 (band powers, kurtosis)."""
    spectrum = np.fft.rfft(signal * _hanning(len(signal)))
    power = spectrum.real**2 + spectrum.imag**2
    step_hz = RATE_HZ / len(signal)

    def band(low: float, high: float) -> float:
        first, last = (math.ceil(hz / step_hz - 1e-9) for hz in (low, high))
        return float(np.add.reduce(power[first:last]))

    centred = signal - signal.mean()
    squares = centred * centred
    spread = math.sqrt(float(squares.mean()))
    steps = np.abs(raw[1:] - raw[:-1])
    missing = np.isnan(raw)
    known = steps if not missing.any() else steps[np.isfinite(steps)]
    return {
        "missing_share": intervals.share(missing),
        "still_share": intervals.share(known < _STILL_MV) if len(known) else 1.0,
        "spread_mv": spread,
        "kurtosis": float(squares @ squares) / len(squares) / max(spread, 1e-9) ** 4,
        "qrs_power_share": band(5, 15) / max(band(5, 40), 1e-12),
        "high_power_share": band(20, 40) / max(band(0.7, 40), 1e-12),
    }


def _likeness(beats: Float) -> Float:
    """Return the correlation of each beat's QRS with the median QRS."""
    if len(beats) < _FEW:
        return np.full(len(beats), np.nan)
    return _correlation(beats[:, _QRS], _middle_row(beats[:, _QRS]))


def _middle_row(rows: Float) -> Float:
    """Return the median of rows, as `numpy.median` does, in a quarter of its time."""
    ordered = np.sort(rows, axis=0)
    half = len(ordered) // 2
    middle: Float = 0.5 * (ordered[half] + ordered[~half])
    return middle


def _correlation(rows: Float, template: Float) -> Float:
    rows = rows - rows.mean(axis=1, keepdims=True)
    template = template - template.mean()
    length = np.sqrt(np.add.reduce(rows * rows, axis=1)) * math.sqrt(template @ template)
    likeness: Float = rows @ template / np.maximum(length, 1e-12)
    return likeness


def _shape(beats: Float, look: Float, early: Mask) -> dict[str, float]:
    """Return how alike beats are, and what stands where P waves stand; those of premature beats hide in T waves."""
    names = ("likeness", "odd_share", "p_wave_share", "p_wave_likeness", "noise_share")
    alike = look >= _ALIKE
    if np.count_nonzero(alike) < _FEW:
        low = dict.fromkeys(names, float("nan"))
        return low if not len(look) else low | {"odd_share": intervals.share(~alike)}
    on_time = alike & ~early
    usual = beats[on_time if np.count_nonzero(on_time) >= _FEW else alike]
    middle = _middle_row(usual)
    height = max(float(np.ptp(middle[_QRS])), 1e-9)
    p_middle = middle[_P]
    trend = np.linspace(p_middle[0], p_middle[-1], len(p_middle))
    swing = float(np.ptp(p_middle - trend))
    noise = float((usual[:, _P] - p_middle).std())
    values = (
        intervals.middle(look),
        intervals.share(~alike),
        swing / height,
        intervals.middle(_correlation(usual[:, _P], p_middle)),
        noise / height,
    )
    return dict(zip(names, values, strict=True))


def _rhythm(strip: Strip, odd: Mask, centres: NDArray[np.int64]) -> tuple[dict[str, float], Mask]:
    """Return what the intervals say, without those of odd-shaped beats too, and which beats are premature."""
    whole = _without_gap(strip.signal, centres)
    rr = np.diff(strip.beats_ms)[whole]
    early = np.zeros(len(centres), dtype=bool)
    beats = {"beats": float(len(centres))}
    if len(rr) < intervals.MIN_INTERVALS:
        return beats | interval_features(rr) | dict.fromkeys(KEPT, float("nan")), early
    found = classified(rr)
    early[1:][whole] = found.classes == _EARLY
    kept = ~(odd[:-1] | odd[1:])[whole] & (found.classes == _USUAL)
    return beats | interval_features(rr, found) | dict(zip(KEPT, usual_beats(rr, kept), strict=True)), early


def _without_gap(signal: Float, centres: NDArray[np.int64]) -> Mask:
    """Return between which beats, each and the next, no sample misses."""
    missing = np.isnan(signal)
    if not missing.any():
        return np.ones(max(len(centres) - 1, 0), dtype=bool)
    gaps = np.concatenate([[0], np.cumsum(missing)])
    without: Mask = np.diff(gaps[np.clip(centres, 0, len(signal))]) == 0
    return without


KEPT: Final = ("kept_changed_share", "kept_spread", "kept_sample_entropy", "kept_memory")
"""As of `usual_beats`, those of odd-shaped beats left out too."""
