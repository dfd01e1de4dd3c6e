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
from alerts.signal.filters import lines_of
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
_COARSE_FIRST = slice(18, 111)
_OCTAVE = slice(72, 442, 2)
_COARSE = 2
"""What is only discounted needs a line every two beats per minute; those between are the mean of their neighbours."""
_SWING_BAND = slice(15, 241)
_FADE = np.hanning(SAMPLES)
_FADED = 0.375
"""Mean square of the fading window."""
_MOTION_WEIGHT = 0.5
"""Of the acceleration's own spectrum: what is not an instant echo, or comes by another clock."""
_LEFT = 0.1
"""So much of the power that was taken out with the arm may still be there."""
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
    whole, missing = _whole(ppg)
    live = (missing <= _MAX_MISSING) & (whole.max(axis=2) - whole.min(axis=2) > _LIVE)
    read = live.any(axis=1)
    rates = np.full((len(ppg), len(GRID)), np.nan)
    if not read.any():
        return Likelihoods(rates, np.full(len(ppg), np.nan))
    waves = levelled(whole)
    left, swing, motion_g = _arm(waves, acc)
    power = _power(left, _OCTAVE.stop)
    size = np.maximum(power[..., _FIRST].max(axis=2, keepdims=True), _LIVE)
    share = live / live.sum(axis=1, keepdims=True).clip(1)
    spectra = (np.sqrt(power / size) * share[..., None]).sum(axis=1)
    arm = _MOTION_WEIGHT * swing * swing
    if left is not waves:
        taken = _coarse_power(waves)[..., _COARSE_FIRST] - power[..., _FIRST][..., ::_COARSE]
        arm += _LEFT * (_between(np.maximum(taken, 0.0) / size) * share[..., None]).sum(axis=1)
    if read.all():
        return Likelihoods(_likely(spectra, arm), motion_g)
    rates[read] = _likely(spectra[read], arm[read])
    return Likelihoods(rates, motion_g)


def _arm(waves: Float, acc: Float) -> tuple[Float, Float, Float]:
    """Return waves without the arm (the same ones while it lies still), its swing's spectrum, and how much. [g]."""
    holes = np.isnan(acc)
    if not holes.any():
        axes = levelled(np.ascontiguousarray(acc))
        swing, motion_g = _swing(axes)
        return without_arm(waves, axes) if (motion_g > _RESTING_G).any() else waves, swing, motion_g
    swing, motion_g = np.zeros((len(waves), len(GRID))), np.full(len(waves), np.nan)
    moves = holes.mean(axis=(1, 2)) <= _MAX_MISSING
    if not moves.any():
        return waves, swing, motion_g
    axes = levelled(_whole(acc[moves])[0])
    swing[moves], motion_g[moves] = _swing(axes)
    if not (motion_g[moves] > _RESTING_G).any():
        return waves, swing, motion_g
    left = waves.copy()
    left[moves] = without_arm(waves[moves], axes)
    return left, swing, motion_g


def _power(waves: Float, lines: int, padded: int = _PADDED) -> Float:
    """Return the first lines of the power of faded waves, one line a beat per minute."""
    parts = lines_of(waves * _FADE, padded)[..., :lines].view(np.float64)
    squares = parts * parts
    power: Float = squares[..., ::2] + squares[..., 1::2]
    return power


def _coarse_power(waves: Float) -> Float:
    return _power(waves, _SWING_BAND.stop, _PADDED // _COARSE)


def _between(coarse: Float) -> Float:
    """Return coarse lines with the mean of each two between them."""
    lines = np.empty((*coarse.shape[:-1], 2 * coarse.shape[-1] - 1))
    lines[..., ::2] = coarse
    lines[..., 1::2] = 0.5 * (coarse[..., 1:] + coarse[..., :-1])
    return lines


def _likely(spectra: Float, arm: Float) -> Float:
    """Return the likelihoods from mean spectra, each channel's largest line being one, and the arm's power in them."""
    first = spectra[:, _FIRST]
    largest = first.max(axis=1, keepdims=True)
    share = first / largest
    clean = share**3 / (share * share + arm / (largest * largest) + 1e-6)
    backed = np.minimum(1.0, spectra[:, _OCTAVE] / largest / _OCTAVE_SHARE)
    likely: Float = _FLOOR + clean * (1.0 - _OCTAVE_WEIGHT + _OCTAVE_WEIGHT * backed)
    return likely


def _swing(axes: Float) -> tuple[Float, Float]:
    """Return the spectra of acceleration over the grid, 0 to 1 and small while hardly anything moves; and how much."""
    power = _coarse_power(axes).sum(axis=1)
    inside = power[:, _SWING_BAND].sum(axis=1) * SAMPLES * _COARSE / _PADDED
    motion_g = np.sqrt(2.0 * inside / _FADED) / SAMPLES
    spectrum = np.sqrt(_between(power[:, _COARSE_FIRST]))
    largest = np.maximum(spectrum.max(axis=1, keepdims=True), _LIVE)
    return spectrum / largest * np.minimum(1.0, motion_g / STILL_G)[:, None], motion_g


def _whole(windows: Float) -> tuple[Float, Float]:
    """Return windows with straight lines where something is missing (zeros where all is), and how much is missing."""
    whole = np.ascontiguousarray(windows)
    holes = np.isnan(whole)
    if not holes.any():
        return whole, np.zeros(whole.shape[:2])
    rows = [filled(row) for row in whole.reshape(-1, whole.shape[2])]
    return np.array(rows).reshape(whole.shape), holes.mean(axis=2)
