"""How likely each pulse rate is in 8 s of wrist PPG, with the swing of the arm taken out.

What swings in the acceleration is discounted in the PPG's spectrum (as a Wiener filter does it [1]_), and a rate
counts for more if its octave is there too.

References
----------
.. [1] A. Temko, "Accurate Wearable Heart Rate Monitoring During Physical Exercises Using PPG," IEEE Trans
   Biomed Eng 64(9):2016-2024, 2017, doi:10.1109/TBME.2017.2676243.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from alerts.signal.ecg.beats import filled
from alerts.signal.motion import Float

STEP_MS: Final = 40
RATE_HZ: Final = 25.0
"""Rate of the even grid that all PPG work is done on. [Hz]"""
GRID: Final = np.arange(36.0, 221.0, 1.0)
"""Pulse rates considered. [/min]"""
SAMPLES: Final = 200
_TIME_S = np.arange(SAMPLES) / RATE_HZ
_LINE = np.stack([np.ones(SAMPLES), _TIME_S - _TIME_S.mean()], axis=1)
_LEVEL = (np.eye(SAMPLES) - _LINE @ np.linalg.pinv(_LINE)) * np.hanning(SAMPLES)
"""Takes a straight line off and fades the ends."""
_FIRST = _LEVEL @ np.exp(-2j * np.pi * np.outer(_TIME_S, GRID / 60.0))
_OCTAVE = _LEVEL @ np.exp(-2j * np.pi * np.outer(_TIME_S, GRID / 30.0))
_SWING_BAND = slice(round(0.5 * SAMPLES / RATE_HZ), round(8.0 * SAMPLES / RATE_HZ) + 1)
_FADED = 0.375
"""Mean square of the fading window."""
_MOTION_WEIGHT = 2.0
_MOVING_G = 0.03
_OCTAVE_WEIGHT = 0.8
_OCTAVE_SHARE = 0.3
_FLOOR = 0.1
_POWER = 2.0
_MAX_MISSING = 0.1
_LIVE = 1e-9


def pulse_likelihood(ppg: Float, swing: Float) -> Float | None:
    """Return how likely each rate of `GRID` is.

    Source: the Wiener-like discount after Temko [1]_; the octave's weight is this project's, measured in
    alerts/MEASURED.md.

    Parameters
    ----------
    ppg : ndarray, shape (SAMPLES, channels)
        NaN is missing. [device units]
    swing : ndarray, shape (rates,)
        What `arm_swing` returned for the acceleration of the same time. [-]

    Returns
    -------
    ndarray, shape (rates,), or None
        Not normalised; None if too much is missing, or nothing moves. [-]
    """
    live = [i for i in range(ppg.shape[1]) if _is_live(ppg[:, i])]
    if not live:
        return None
    waves = _whole(ppg[:, live])
    firsts = np.abs(waves @ _FIRST)
    size = firsts.max(axis=1, keepdims=True)
    first = (firsts / size).mean(axis=0)
    octave = (np.abs(waves @ _OCTAVE) / size).mean(axis=0)
    share = first / first.max()
    clean = share * share / (share * share + _MOTION_WEIGHT * swing * swing + 1e-6) * share
    backed = np.minimum(1.0, octave / first.max() / _OCTAVE_SHARE)
    likely: Float = (_FLOOR + clean * (1.0 - _OCTAVE_WEIGHT + _OCTAVE_WEIGHT * backed)) ** _POWER
    return likely


def arm_swing(acc: Float | None) -> tuple[Float, float]:
    """Return the spectrum of acceleration over the grid, and how strongly it swings.

    Source: this project, for the discount of [1]_.

    Parameters
    ----------
    acc : ndarray, shape (SAMPLES, 3), or None
        NaN is missing; None where there is none. [g]

    Returns
    -------
    ndarray, shape (rates,)
        0 to 1; small while hardly anything moves, zero where nothing is known. [-]
    float
        Root mean square of the swinging part; NaN where it is not known. [g]
    """
    if acc is None or np.isnan(acc).mean() > _MAX_MISSING:
        return np.zeros(len(GRID)), float("nan")
    axes = _whole(acc)
    power = np.abs(np.fft.rfft(axes @ _LEVEL, axis=1)[:, _SWING_BAND]) ** 2
    moving = float(np.sqrt(2.0 * power.sum() / _FADED)) / SAMPLES
    spectrum = np.sqrt((np.abs(axes @ _FIRST) ** 2).sum(axis=0))
    return spectrum / max(float(spectrum.max()), _LIVE) * min(1.0, moving / _MOVING_G), moving


def _is_live(wave: Float) -> bool:
    missing = np.isnan(wave).mean()
    return bool(missing <= _MAX_MISSING and np.nanstd(np.diff(wave)) > _LIVE)


def _whole(columns: Float) -> Float:
    if not np.isnan(columns).any():
        return columns.T
    return np.array([filled(column) for column in columns.T])
