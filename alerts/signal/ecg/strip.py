"""What half a minute of ECG says: how good it is, how regular, whether beats look alike, whether P waves stand.

References
----------
.. [1] Q. Li, R. G. Mark, G. D. Clifford, "Robust heart rate estimation from multiple asynchronous noisy sources using
   signal quality indices and a Kalman filter," Physiol Meas 29:15-32, 2008, doi:10.1088/0967-3334/29/1/002.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from alerts.signal import intervals
from alerts.signal.ecg.beats import RATE_HZ, STEP_MS, filled
from alerts.signal.filters import band_pass
from alerts.signal.motion import Float

_BEFORE = round(0.30 * RATE_HZ)
_AFTER = round(0.40 * RATE_HZ)
_QRS = slice(_BEFORE - round(0.09 * RATE_HZ), _BEFORE + round(0.11 * RATE_HZ))
_P = slice(_BEFORE - round(0.26 * RATE_HZ), _BEFORE - round(0.07 * RATE_HZ))
_ALIKE = 0.8
_ECG_HZ = (0.7, 40.0)
_FEW = 6
_STILL_MV = 1e-6
_CHANGED = 0.08


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

    Source: band powers and kurtosis tell noise after Li, Mark and Clifford [1]_; irregularity as
    `alerts.signal.intervals` cites it; likeness of beats and P waves are this project's, measured in
    alerts/MEASURED.md.

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
    found = _quality(strip.signal, signal)
    beats = _windows(signal, centres)
    look = _likeness(beats)
    found |= _shape(beats, look)
    return found | _rhythm(strip, look, centres)


def _windows(signal: Float, centres: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Float:
    inside = (centres >= _BEFORE) & (centres + _AFTER <= len(signal))
    index = centres[inside][:, None] + np.arange(-_BEFORE, _AFTER)[None, :]
    cut: Float = signal[index]
    return cut


def _quality(raw: Float, signal: Float) -> dict[str, float]:
    """Return what tells noise: after Li, Mark, Clifford, Physiol Meas 29:15-32, 2008 (band powers, kurtosis)."""
    power = np.abs(np.fft.rfft(signal * np.hanning(len(signal)))) ** 2
    hz = np.fft.rfftfreq(len(signal), 1.0 / RATE_HZ)

    def band(low: float, high: float) -> float:
        return float(power[(hz >= low) & (hz < high)].sum())

    spread = float(signal.std())
    centred = signal - signal.mean()
    steps = np.abs(np.diff(raw))
    return {
        "missing_share": float(np.isnan(raw).mean()),
        "still_share": float(np.mean(steps[np.isfinite(steps)] < _STILL_MV)) if np.isfinite(steps).any() else 1.0,
        "spread_mv": spread,
        "kurtosis": float(np.mean(centred**4) / max(spread, 1e-9) ** 4),
        "qrs_power_share": band(5, 15) / max(band(5, 40), 1e-12),
        "high_power_share": band(20, 40) / max(band(0.7, 40), 1e-12),
    }


def _likeness(beats: Float) -> Float:
    """Return the correlation of each beat's QRS with the median QRS."""
    if len(beats) < _FEW:
        return np.full(len(beats), np.nan)
    return _correlation(beats[:, _QRS], np.median(beats[:, _QRS], axis=0))


def _correlation(rows: Float, template: Float) -> Float:
    rows = rows - rows.mean(axis=1, keepdims=True)
    template = template - template.mean()
    length = np.linalg.norm(rows, axis=1) * np.linalg.norm(template)
    likeness: Float = rows @ template / np.maximum(length, 1e-12)
    return likeness


def _shape(beats: Float, look: Float) -> dict[str, float]:
    names = ("likeness", "odd_share", "p_wave_share", "p_wave_likeness", "noise_share")
    usual = beats[look >= _ALIKE]
    if len(usual) < _FEW:
        low = dict.fromkeys(names, float("nan"))
        return low if not len(look) else low | {"odd_share": float(np.mean(~(look >= _ALIKE)))}
    middle = np.median(usual, axis=0)
    height = float(np.ptp(middle[_QRS]))
    p_middle = middle[_P]
    trend = np.linspace(p_middle[0], p_middle[-1], len(p_middle))
    residual = usual - middle
    values = (
        float(np.median(look)),
        float(np.mean(look < _ALIKE)),
        float(np.max(p_middle - trend) - np.min(p_middle - trend)) / max(height, 1e-9),
        float(np.median(_correlation(usual[:, _P], p_middle))),
        float(residual[:, _P].std()) / max(height, 1e-9),
    )
    return dict(zip(names, values, strict=True))


def _rhythm(strip: Strip, look: Float, centres: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, float]:
    n = len(strip.signal)
    gaps = np.concatenate([[0], np.cumsum(np.isnan(strip.signal))])
    whole = np.diff(gaps[np.clip(centres, 0, n)]) == 0
    rr = np.diff(strip.beats_ms)[whole]
    if len(rr) < intervals.MIN_INTERVALS:
        return {"beats": float(len(centres))} | dict.fromkeys(_RHYTHM_NAMES, float("nan"))
    odd = np.zeros(len(centres), dtype=bool)
    odd[(centres >= _BEFORE) & (centres + _AFTER <= n)] = look < _ALIKE
    touched = (odd[:-1] | odd[1:])[whole]
    kept = rr[~touched]
    kept = kept if len(kept) >= intervals.MIN_INTERVALS else rr
    pairs = ~(touched[1:] | touched[:-1])
    steps = np.abs(np.diff(rr))[pairs] / np.median(rr)
    values = (
        60_000.0 / float(np.median(rr)),
        intervals.median_change(rr),
        intervals.changed_share(rr),
        intervals.lag_change(rr, 2),
        intervals.lag_change(rr, 3),
        intervals.entropy_of_rate(rr),
        intervals.sample_entropy(rr),
        intervals.turning_share(rr),
        intervals.early_share(rr),
        float(rr.min() / np.median(rr)),
        float(rr.max() / np.median(rr)),
        float(kept.std() / kept.mean()),
        intervals.sample_entropy(kept),
        float(np.mean(steps > _CHANGED)) if len(steps) >= intervals.MIN_INTERVALS else float("nan"),
    )
    return {"beats": float(len(centres))} | dict(zip(_RHYTHM_NAMES, values, strict=True))


_RHYTHM_NAMES = (
    "heart_rate_bpm", "median_change", "changed_share", "lag2_change", "lag3_change", "entropy_of_rate",
    "sample_entropy", "turning_share", "early_share", "shortest", "longest", "kept_spread", "kept_sample_entropy",
    "kept_changed_share",
)  # fmt: skip
