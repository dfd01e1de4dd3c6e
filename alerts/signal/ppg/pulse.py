"""How likely each pulse rate is in windows of 8 s of wrist PPG, with the swing of the arm taken out.

What the acceleration explains is taken off first (`alerts.signal.ppg.arm`); what still swings at its rates is
discounted in the PPG's spectrum (as a Wiener filter does it [1]_), and a rate counts for more if its octave is there
too.

References
----------
.. [1] A. Temko, "Accurate Wearable Heart Rate Monitoring During Physical Exercises Using PPG," IEEE Trans
   Biomed Eng 64(9):2016-2024, 2017, doi:10.1109/TBME.2017.2676243.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from alerts.signal.ecg.beats import filled
from alerts.signal.motion import Float
from alerts.signal.ppg.arm import STILL_G, levelled, without_arm

STEP_MS: Final = 40
RATE_HZ: Final = 25.0
"""Rate of the even grid that all PPG work is done on. [Hz]"""
GRID: Final = np.arange(36.0, 221.0, 1.0)
"""Pulse rates considered. [/min]"""
SAMPLES: Final = 200
_PADDED = 1_500
"""So long a transform has one line a beat per minute."""
_FIRST = slice(36, 221)
_OCTAVE = slice(72, 442, 2)
_SWING_BAND = slice(30, 481)
_FADE = np.hanning(SAMPLES)
_FADED = 0.375
"""Mean square of the fading window."""
_MOTION_WEIGHT = 0.5
_OCTAVE_WEIGHT = 0.8
_OCTAVE_SHARE = 0.3
_FLOOR = 0.1
_MAX_MISSING = 0.1
_LIVE = 1e-9
_RESTING_G = 0.01


class Likelihoods(NamedTuple):
    """What is known of some windows.

    Source: this project.

    Attributes
    ----------
    rates : ndarray, shape (windows, rates)
        How likely each rate of `GRID` is, not normalised; NaN where a window cannot be read. [-]
    motion_g : ndarray, shape (windows,)
        Root mean square of what swings in the acceleration; NaN where it is not known. [g]
    """

    rates: Float
    motion_g: Float


def pulse_likelihoods(ppg: Float, acc: Float) -> Likelihoods:
    """Return how likely each rate of `GRID` is in each window.

    Source: the Wiener-like discount after Temko [1]_; the octave's weight is this project's. Floor and weights are such
    that the belief of a tracker over these likelihoods is as often right as it says (alerts/measured/pulse.md).

    Parameters
    ----------
    ppg : ndarray, shape (windows, channels, SAMPLES)
        NaN is missing. [device units]
    acc : ndarray, shape (windows, 3, SAMPLES)
        Of the same arm and time; NaN is missing or not known. [g]

    Returns
    -------
    Likelihoods
        A window is read if one channel moves and at most a tenth of it is missing.
    """
    whole = _whole(ppg)
    live = (np.isnan(ppg).mean(axis=2) <= _MAX_MISSING) & (whole.max(axis=2) - whole.min(axis=2) > _LIVE)
    rates = np.full((len(ppg), len(GRID)), np.nan)
    waves = levelled(whole)
    swing = np.zeros_like(rates)
    moves = np.isnan(acc).mean(axis=(1, 2)) <= _MAX_MISSING
    motion_g = np.full(len(ppg), np.nan)
    if moves.any():
        axes = levelled(_whole(acc[moves]))
        swing[moves], motion_g[moves] = _swing(axes)
        if (motion_g[moves] > _RESTING_G).any():
            waves[moves] = without_arm(waves[moves], axes)
    spectra = np.abs(np.fft.rfft(waves * _FADE, _PADDED, axis=2))
    size = spectra[..., _FIRST].max(axis=2, keepdims=True)
    shares = spectra / np.maximum(size, _LIVE) * live[..., None]
    read = live.any(axis=1)
    if read.any():
        rates[read] = _likely(shares[read].sum(axis=1) / live[read].sum(axis=1)[:, None], swing[read])
    return Likelihoods(rates, motion_g)


def _likely(shares: Float, swing: Float) -> Float:
    """Return the likelihoods from mean spectra, each channel's largest line being one."""
    first = shares[:, _FIRST]
    largest = first.max(axis=1, keepdims=True)
    share = first / largest
    clean = share**3 / (share * share + _MOTION_WEIGHT * swing * swing + 1e-6)
    backed = np.minimum(1.0, shares[:, _OCTAVE] / largest / _OCTAVE_SHARE)
    likely: Float = _FLOOR + clean * (1.0 - _OCTAVE_WEIGHT + _OCTAVE_WEIGHT * backed)
    return likely


def _swing(axes: Float) -> tuple[Float, Float]:
    """Return the spectra of acceleration over the grid, 0 to 1 and small while hardly anything moves; and how much."""
    power = (np.abs(np.fft.rfft(axes * _FADE, _PADDED, axis=2)) ** 2).sum(axis=1)
    inside = power[:, _SWING_BAND].sum(axis=1) * SAMPLES / _PADDED
    motion_g = np.sqrt(2.0 * inside / _FADED) / SAMPLES
    spectrum = np.sqrt(power[:, _FIRST])
    largest = np.maximum(spectrum.max(axis=1, keepdims=True), _LIVE)
    return spectrum / largest * np.minimum(1.0, motion_g / STILL_G)[:, None], motion_g


def _whole(windows: Float) -> Float:
    """Return windows with straight lines where something is missing; zeros where all is."""
    if not np.isnan(windows).any():
        return windows
    rows = [filled(row) for row in windows.reshape(-1, windows.shape[2])]
    return np.array(rows).reshape(windows.shape)
