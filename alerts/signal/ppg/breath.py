"""How breathing moves half a minute of PPG: its baseline, and the height and the intervals of its pulses.

References
----------
.. [1] W. Karlen, S. Raman, J. M. Ansermino, G. A. Dumont, "Multiparameter respiratory rate estimation from the
   photoplethysmogram," IEEE Trans Biomed Eng 60(7):1946-1953, 2013, doi:10.1109/TBME.2013.2246160.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from alerts.signal.motion import Float
from alerts.signal.ppg.arm import levelled
from alerts.signal.ppg.pulse import RATE_HZ
from alerts.signal.ppg.strip import STRIP_S, Beats

BREATHS: Final = np.arange(5.0, 41.0, 0.5)
"""Respiration rates considered. [/min]"""
_SAMPLES = round(STRIP_S * RATE_HZ)
_PADDED = 3_000
"""So long a transform has one line a half breath per minute."""
_LINES = slice(10, 82)
_FADE = np.hanning(_SAMPLES)
_EVEN_S = np.arange(0.0, STRIP_S, 0.25)
_SWINGS = np.hanning(len(_EVEN_S))[:, None] * np.exp(-2j * np.pi * np.outer(_EVEN_S, BREATHS / 60.0))
_WEIGHT = 0.35
"""Of each spectrum: all rest on the same half minute, so together they count as little more than one, which keeps the
tracker's belief honest."""
_ALONE = 0.6
"""Of the wave's own spectrum where the pulses are not to be believed."""
_WAVE_TILT = np.sqrt(BREATHS)
_PULSES_TILT = BREATHS
"""Slow wander is stronger than breathing of the same depth."""
_FLOOR = 0.3
_LOUD = 10.0
_SPREADS = 4.0
_TO_SD = 1.4826


def breath_likelihood(wave: Float, found: Beats | None) -> Float:
    """Return how likely each rate of `BREATHS` is in a strip of `STRIP_S`.

    Source: baseline, amplitude and intervals fused, after Karlen et al. [1]_; the wave's own slow swing, the product of
    spectra and the weights are this project's, measured in alerts/measured/pulse.md.

    Parameters
    ----------
    wave : ndarray, shape (samples,)
        The strip at 25 Hz, without NaN. [device units]
    found : Beats or None
        Its beats; None where they are not to be believed.

    Returns
    -------
    ndarray, shape (rates,)
        Not normalised. [-]
    """
    power = np.abs(np.fft.rfft(levelled(wave) * _FADE, _PADDED)[_LINES]) ** 2 * _WAVE_TILT
    powers = power[None] if found is None else np.vstack([power, _modulations(found) * _PULSES_TILT])
    shares = powers / np.maximum(powers.sum(axis=1, keepdims=True), 1e-12)
    weight = _ALONE if found is None else _WEIGHT
    likely: Float = np.exp(weight * np.log(_FLOOR + _LOUD * shares).sum(axis=0))
    return likely


def _modulations(found: Beats) -> Float:
    """Return the spectra of baseline, height and intervals of the pulses. [-]."""
    series = (
        (found.rise_s, found.baseline),
        (found.rise_s, found.height),
        (found.rise_s[1:], np.diff(found.rise_s)),
    )
    even = np.array([np.interp(_EVEN_S, times, _held(values)) for times, values in series])
    power: Float = np.abs(levelled(even) @ _SWINGS) ** 2
    return power


def _held(values: Float) -> Float:
    """Return values with outliers drawn in: a cough is not a breath."""
    ordered = np.sort(values)
    middle = ordered[len(ordered) // 2]
    away = np.sort(np.abs(ordered - middle))
    spread = _SPREADS * _TO_SD * away[len(away) // 2]
    held: Float = np.minimum(np.maximum(values, middle - spread), middle + spread)
    return held
