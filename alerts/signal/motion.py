"""Body-worn acceleration as it arrives, and the even stretch of it that features are computed on."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

BRIDGED_GAP_MS = 400.0
"""Missing stretches up to this length are filled by a straight line; longer ones stay missing. [ms]"""
_JITTER_MS = 150.0
_FIT_MIN = 8
_STEADY, _MOSTLY = 0.25, 0.75


def smooth_times(t_ms: Float) -> Float:
    """Return times without the jitter of radio packets: samples that arrive in bursts are spread evenly again.

    Wearables stamp samples when a packet arrives, so several share a moment and the next comes 100 ms later. Between
    real gaps the sampling is even, and a straight line through (index, time) restores it.

    Source: this project; least squares on the index.

    Parameters
    ----------
    t_ms : ndarray, shape (n,)
        Not decreasing. [ms]

    Returns
    -------
    ndarray, shape (n,)
        The fitted times; the given ones where most steps are alike already, or no line fits within 150 ms. [ms]
    """
    every = np.diff(t_ms)
    if len(every) and every.max() <= min(BRIDGED_GAP_MS, (1.0 + _STEADY) * every.min()):
        return t_ms  # the usual case, told at once: no gap, and all steps alike
    smoothed = t_ms.copy()
    edges = [0, *(np.flatnonzero(every > BRIDGED_GAP_MS) + 1).tolist(), len(t_ms)]
    for first, last in itertools.pairwise(edges):
        if last - first < _FIT_MIN:
            continue
        run, steps = t_ms[first:last], every[first : last - 1]
        if _is_mostly(steps, steps.max()):
            continue
        usual = float(np.median(steps))
        if usual > 0.0 and (np.abs(steps - usual) <= _STEADY * usual).mean() > _MOSTLY:
            continue
        index = np.arange(last - first, dtype=np.float64)
        centred = index - index.mean()
        slope = float(centred @ run) / float(centred @ centred)
        line = run.mean() + slope * centred
        if float(np.abs(line - run).max()) <= _JITTER_MS:
            smoothed[first:last] = line
    return smoothed


def _is_mostly(steps: Float, one: float) -> bool:
    """Return whether so many steps are alike that they need no smoothing: as 3 ms of 360 Hz, which are 2 at times."""
    return one > 0.0 and int(np.count_nonzero(steps == one)) > _MOSTLY * len(steps)


def even_grid(t_ms: Float, values: Float, *, start_ms: float, step_ms: float, n: int) -> Float:
    """Return a signal on an even grid: bin means where it is denser, straight lines where it is sparser.

    Source: this project.

    Parameters
    ----------
    t_ms : ndarray, shape (k,)
        Not decreasing. [ms]
    values : ndarray, shape (k, channels)
        NaN is a missing sample. [unit of the signal]
    start_ms : float
        Centre of the first bin. [ms]
    step_ms : float
        Width of a bin. [ms]
    n : int
        Number of bins. [-]

    Returns
    -------
    ndarray, shape (n, channels)
        NaN before the first sample, after the last, and inside gaps longer than `BRIDGED_GAP_MS`. [unit of the signal]
    """
    channels = values.shape[1]
    grid = np.full((n, channels), np.nan)
    t, v = smooth_times(t_ms.astype(np.float64, copy=False)), values
    good = np.isfinite(values)
    if not good.all():
        kept = good.all(axis=1)
        t, v = t[kept], v[kept]
    index = np.floor((t - start_ms) / step_ms + 0.5).astype(np.int64)
    first, last = index.searchsorted((0, n))  # times do not decrease, so neither do their bins
    if first == last:
        return grid
    index, t, v = index[first:last], t[first:last], v[first:last]
    count = np.bincount(index, minlength=n)
    held = slice(None) if count.all() else np.flatnonzero(count)
    centre_ms = np.bincount(index, weights=t, minlength=n)[held] / count[held]
    wanted_ms = start_ms + np.arange(n) * step_ms
    for channel in range(channels):
        mean = np.bincount(index, weights=v[:, channel], minlength=n)[held] / count[held]
        grid[:, channel] = np.interp(wanted_ms, centre_ms, mean)
    if not isinstance(held, slice):
        _forget(grid, held, centre_ms)
    return grid
    count = np.bincount(index, minlength=n)
    held = np.flatnonzero(count)
    centre_ms = np.bincount(index, weights=t, minlength=n)[held] / count[held]
    wanted_ms = start_ms + np.arange(n) * step_ms
    for channel in range(channels):
        mean = np.bincount(index, weights=v[:, channel], minlength=n)[held] / count[held]
        grid[:, channel] = np.interp(wanted_ms, centre_ms, mean)
    grid[: held[0]] = np.nan
    grid[held[-1] + 1 :] = np.nan
    for gap in np.flatnonzero(np.diff(centre_ms) > BRIDGED_GAP_MS):
        grid[held[gap] + 1 : held[gap + 1]] = np.nan
    return grid


def _forget(grid: Float, held: NDArray[np.intp], centre_ms: Float) -> None:
    """Leave nothing before the first sample, after the last, and inside long gaps."""
    grid[: held[0]] = np.nan
    grid[held[-1] + 1 :] = np.nan
    for gap in np.flatnonzero(np.diff(centre_ms) > BRIDGED_GAP_MS):
        grid[held[gap] + 1 : held[gap + 1]] = np.nan


def angle_deg(a: Float, b: Float) -> float:
    """Return the angle between two vectors; NaN when one is missing or has no length.

    Source: the inner product; nothing of our own.

    Parameters
    ----------
    a, b : ndarray, shape (3,)
        In one unit, such as acceleration. [g]

    Returns
    -------
    float
        0 to 180. [deg]
    """
    length = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
    if not length > 0.0:
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(float(a @ b) / length, -1.0, 1.0))))
