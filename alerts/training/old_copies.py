"""Recordings of the young as the old might have made them: slower, softer, and lower hits.

No open set has falls of old people; those who act them sink and catch themselves more than they crash. Each trial is
asked once more in slow motion with less of everything but gravity, when limits are set: a limit that finds only the
hard falls of the young is too strict. Nothing of any old person's recording went into the numbers below.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.signal.motion import Float, even_grid

SLOWER: Final = (1.0, 1.5)
"""How many times longer everything takes. [-]"""
SOFTER: Final = (0.35, 0.95)
"""What is left of every departure from gravity. [-]"""
_STEP_MS: Final = 20
_GRAVITY_WIDTH: Final = 25


def as_an_old_person(t_ms: NDArray[np.int64], acc: Float, rng: np.random.Generator) -> tuple[NDArray[np.int64], Float]:
    """Return a recording slower and softer.

    Parameters
    ----------
    t_ms : ndarray, shape (n,)
        Not decreasing. [ms]
    acc : ndarray, shape (n, 3)
        [g]

    Returns
    -------
    tuple of ndarray
        Times [ms] and acceleration [g] at 50 Hz; NaN where nothing was recorded.
    """
    n = int(t_ms[-1] - t_ms[0]) // _STEP_MS + 1
    grid = even_grid(t_ms.astype(np.float64), acc, start_ms=float(t_ms[0]), step_ms=_STEP_MS, n=n)
    gravity = _gravity(grid)
    soft = gravity + rng.uniform(*SOFTER) * (grid - gravity)
    longer = int(n * rng.uniform(*SLOWER))
    at, known = np.linspace(0.0, n - 1.0, longer), np.arange(n)
    slow = np.stack([np.interp(at, known, axis) for axis in soft.T], axis=1)
    return t_ms[0] + np.arange(longer, dtype=np.int64) * _STEP_MS, slow


def _gravity(grid: Float) -> Float:
    """Return 1 g along the mean of half a second around each sample."""
    good = np.isfinite(grid[:, 0])
    filled = np.where(good[:, None], grid, 0.0)
    window = np.ones(_GRAVITY_WIDTH)
    first = _GRAVITY_WIDTH // 2
    summed = np.stack([np.convolve(axis, window)[first : first + len(grid)] for axis in filled.T], axis=1)
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.where(good[:, None] & (length > 0.0), summed / np.maximum(length, 1e-9), np.nan)
