"""What the swing of an arm does to the PPG of its wrist, taken out of it.

Over 8 s the movement artefact is close to a linear, nearly instant echo of the acceleration: it is fitted by least
squares and taken off, as an adaptive noise canceller does it [1]_. What is left of the arm is known from the spectrum
of the acceleration, and is discounted by `alerts.signal.ppg.pulse`.

References
----------
.. [1] H. H. Asada, H.-H. Jiang, P. Gibbs, "Active noise cancellation using MEMS accelerometers for motion-tolerant
   wearable bio-sensors," Proc IEEE EMBS 26:2157-2160, 2004, doi:10.1109/IEMBS.2004.1403640.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from alerts.signal.motion import Float

STILL_G: Final = 0.03
"""Below this the arm is at rest. [g]"""
_LAGS = 2
"""Samples of 40 ms that the artefact may come before or after the movement."""
_RIDGE = 0.1
_NOISE_G = 0.01
"""What an accelerometer shows of an arm that lies still. [g]"""


def levelled(waves: Float) -> Float:
    """Return waves without their straight line of best fit.

    Source: ordinary least squares; nothing of our own.

    Parameters
    ----------
    waves : ndarray, shape (..., samples)
        Without NaN. [any unit]

    Returns
    -------
    ndarray, shape (..., samples)
        What is left. [the same unit]
    """
    line = _line(waves.shape[-1])
    centred = waves - waves.mean(axis=-1, keepdims=True)
    level: Float = centred - (centred @ line)[..., None] * line
    return level


@cache
def _line(samples: int) -> Float:
    line = np.linspace(-1.0, 1.0, samples)
    line /= np.sqrt(line @ line)
    return line


def without_arm(waves: Float, acc: Float) -> Float:
    """Return windows of PPG without what the acceleration of the same arm explains.

    Source: the linear echo of [1]_, solved at once instead of step by step; ridge and lags are this project's, chosen
    on the development people of TROIKA (alerts/measured/pulse.md).

    Parameters
    ----------
    waves : ndarray, shape (windows, channels, samples)
        Levelled. [device units]
    acc : ndarray, shape (windows, 3, samples)
        Levelled. [g]

    Returns
    -------
    ndarray, shape (windows, channels, samples)
        What is left. [device units]
    """
    samples = acc.shape[2]
    first, last = acc[:, :, :1], acc[:, :, -1:]
    padded = np.concatenate([first] * _LAGS + [acc] + [last] * _LAGS, axis=2)
    echoes = sliding_window_view(padded, samples, axis=2).reshape(len(acc), -1, samples)
    gram = echoes @ echoes.transpose(0, 2, 1)
    size = gram.shape[1]
    ridge = _RIDGE * np.trace(gram, axis1=1, axis2=2) / size + samples * _NOISE_G**2
    gram[:, np.arange(size), np.arange(size)] += ridge[:, None]
    weights = np.linalg.solve(gram, echoes @ waves.transpose(0, 2, 1))
    left: Float = waves - weights.transpose(0, 2, 1) @ echoes
    return left
