"""What a fall looks like around its impact, in numbers that do not depend on how the sensor is mounted.

Multiphase features after Palmerini et al. [1]_: the stretch around an impact is cut into phases (standing before,
losing balance, falling, hitting, settling, lying), and each phase is described by the length of the acceleration
vector, its spread, its jerk, and how far gravity has turned against the other phases.

References
----------
.. [1] L. Palmerini, J. Klenk, C. Becker, L. Chiari, "Accelerometer-Based Fall Detection Using Machine Learning:
   Training and Testing on Real-World Falls," Sensors, vol. 20, no. 22, 6479, 2020, doi:10.3390/s20226479.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np

from alerts.signal.fall.impact import POST_MS, PRE_MS, STEP_MS
from alerts.signal.motion import Float

PHASES_MS: Final = (
    ("before", -3_000, -1_500),
    ("loss", -1_500, -500),
    ("falling", -500, -80),
    ("hit", -80, 320),
    ("settle", 320, 1_200),
    ("after", 1_200, 2_200),
    ("still", 2_200, 3_500),
)
"""Name, start and end of each phase against the peak. [ms]"""
SHOWN_MS: Final = (("before", -3_000, -1_500), ("falling", -1_500, -80), ("hit", -80, 320), ("after", 320, 3_500))
"""The phases as people are shown them, short neighbours joined. [ms]"""
_STATISTICS = ("mean_g", "sd_g", "max_g", "min_g", "spread_g", "jerk_gps", "level_g")
_TURNS = tuple(combinations(("before", "loss", "settle", "after", "still"), 2))
_TURN_A, _TURN_B = np.transpose(list(combinations((0, 1, 4, 5, 6), 2)))
_STARTS = np.array([(start_ms + PRE_MS) // STEP_MS for _, start_ms, _ in PHASES_MS])
_CEILING_G = 6.0
_MIN_SAMPLES = 3
_HALF_SECOND = 500 // STEP_MS

NAMES: Final[tuple[str, ...]] = (
    *(f"{phase}_{statistic}" for phase, _, _ in PHASES_MS for statistic in _STATISTICS),
    *(f"turn_{a}_{b}_deg" for a, b in _TURNS),
    "free_fall_ms",
    "fast_fall_ms",
    "impact_over_2g_ms",
    "impact_area_gs",
    "descent_gs",
    "rebound_g",
    "knocks_before",
    "knocks_after",
    "turn_rate_degps",
    "quiet_delay_ms",
    "quietest_s_g",
)
"""Names of the features, with unit, in order."""


def phases_at(peak_ms: int) -> dict[str, list[int]]:
    """Return the phases around an impact as people are shown them.

    Source: this project: the phases of [1]_, short neighbours joined.

    Parameters
    ----------
    peak_ms : int
        Time of the impact. [ms]

    Returns
    -------
    dict of str to list of int
        Start and end of each. [ms]
    """
    return {name: [peak_ms + start_ms, peak_ms + end_ms] for name, start_ms, end_ms in SHOWN_MS}


def features(grid: Float) -> Float:
    """Return the features of the stretch around one impact.

    Source: phases and their statistics after Palmerini et al. [1]_; free fall, knocks, turn rate and quiet delay are
    this project's, measured in alerts/MEASURED.md.

    Parameters
    ----------
    grid : ndarray, shape (325, 3)
        `alerts.signal.fall.impact.Impact.grid`. [g]

    Returns
    -------
    ndarray, shape (len(NAMES),)
        NaN where a phase was not recorded. [unit at the end of each name]
    """
    length = np.sqrt(np.einsum("ij,ij->i", grid, grid))
    np.minimum(length, _CEILING_G, out=length)
    phases, gravity = _phases(grid, length)
    turns = _angles_deg(gravity[_TURN_A], gravity[_TURN_B])
    return np.concatenate([phases.ravel(), turns, _events(grid, length)])


def coverage(grid: Float, start_ms: int, end_ms: int) -> float:
    """Return the share of a stretch that was recorded.

    Source: this project.

    Parameters
    ----------
    grid : ndarray, shape (325, 3)
        `alerts.signal.fall.impact.Impact.grid`. [g]
    start_ms, end_ms : int
        Against the peak. [ms]

    Returns
    -------
    float
        0 to 1. [-]
    """
    return float(np.isfinite(grid[_cut(start_ms, end_ms), 0]).mean())


def gravity_before(grid: Float) -> Float:
    """Return the mean acceleration before the fall began.

    Source: this project: a body that stands feels gravity alone, on average.

    Parameters
    ----------
    grid : ndarray, shape (325, 3)
        `alerts.signal.fall.impact.Impact.grid`. [g]

    Returns
    -------
    ndarray, shape (3,)
        NaN where it was not recorded. [g]
    """
    part = grid[_cut(-3_000, -1_500)]
    good = part[np.isfinite(part[:, 0])]
    mean: Float = good.mean(axis=0) if len(good) >= _MIN_SAMPLES else np.full(3, np.nan)
    return mean


def _cut(start_ms: int, end_ms: int) -> slice:
    return slice((start_ms + PRE_MS) // STEP_MS, (end_ms + PRE_MS) // STEP_MS)


def _phases(grid: Float, length: Float) -> tuple[Float, Float]:
    """Return the statistics of every phase, shape (phases, statistics), and its mean vector, shape (phases, 3).

    All phases at once: they follow one another, so sums by `reduceat` serve.
    """
    good = np.isfinite(length)
    m = np.where(good, length, 0.0)
    v = np.where(good[:, None], grid, 0.0)
    step = np.abs(np.diff(grid, axis=0, prepend=np.nan)).sum(axis=1)
    step[_STARTS] = np.nan  # a step into a phase belongs to none
    stepped = np.isfinite(step)
    columns = np.column_stack([good, m, m * m, v, v * v, stepped, np.where(stepped, step, 0.0)])
    sums = np.add.reduceat(columns, _STARTS, axis=0)
    count = np.where(sums[:, 0] >= _MIN_SAMPLES, sums[:, 0], np.nan)
    mean, square = sums[:, 1] / count, sums[:, 2] / count
    vector = sums[:, 3:6] / count[:, None]
    spread = np.maximum(sums[:, 6:9] / count[:, None] - vector * vector, 0.0).sum(axis=1)
    known = np.isfinite(count)
    statistics = (
        mean,
        np.sqrt(np.maximum(square - mean * mean, 0.0)),
        np.where(known, np.maximum.reduceat(m, _STARTS), np.nan),
        np.where(known, np.minimum.reduceat(np.where(good, length, _CEILING_G), _STARTS), np.nan),
        np.sqrt(spread),
        np.where(known, sums[:, 10] / np.maximum(sums[:, 9], 1.0) * (1_000 / STEP_MS), np.nan),
        np.sqrt(np.einsum("ij,ij->i", vector, vector)),
    )
    return np.column_stack(statistics), vector


def _angles_deg(a: Float, b: Float) -> Float:
    """Return the angles between the rows of two arrays, shape (n, 3) each. [deg]."""
    lengths = np.sqrt(np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b))
    cosine = np.einsum("ij,ij->i", a, b) / np.where(lengths > 0.0, lengths, np.nan)
    angles: Float = np.degrees(np.arccos(np.minimum(np.maximum(cosine, -1.0), 1.0)))
    return angles


def _events(grid: Float, length: Float) -> list[float]:
    fall, hit, rebound = length[_cut(-1_000, 0)], length[_cut(-300, 500)], length[_cut(40, 600)]
    early, late = length[_cut(-3_000, -500)], length[_cut(500, 3_500)]
    step_s = STEP_MS / 1_000
    return [
        float((fall < 0.5).sum() * STEP_MS),  # noqa: PLR2004 - half a g: nothing carries the body
        float((fall < 0.8).sum() * STEP_MS),  # noqa: PLR2004 - a fall slowed by knees or hands
        float((hit > 2.0).sum() * STEP_MS),  # noqa: PLR2004
        _sum(np.abs(hit - 1.0)) * step_s,
        _sum(np.maximum(1.0 - fall, 0.0)) * step_s,
        float(np.fmin.reduce(rebound)),
        _knocks(early),
        _knocks(late),
        _turn_rate_degps(grid),
        _quiet_delay_ms(length),
        _quietest_g(late),
    ]


def _sum(values: Float) -> float:
    return float(values[np.isfinite(values)].sum())


def _knocks(length: Float) -> float:
    high = length > 1.35  # noqa: PLR2004 - a step, a knock
    return float((high[1:] & ~high[:-1]).sum())


def _turn_rate_degps(grid: Float) -> float:
    """Return the fastest turn of the half-second mean around the impact. [deg/s]."""
    blocks = grid[_cut(-1_500, 1_500)].reshape(-1, _HALF_SECOND, 3).mean(axis=1)
    return float(np.fmax.reduce(_angles_deg(blocks[:-1], blocks[1:]))) * 2.0


def _quiet_delay_ms(length: Float) -> float:
    """Return how long after the peak the vector length stays within 0.25 g of 1 g for half a second. [ms]."""
    calm = np.abs(length[_cut(0, POST_MS)] - 1.0) < 0.25  # noqa: PLR2004
    so_far = np.concatenate([[0], np.cumsum(calm)])
    found = np.flatnonzero(so_far[_HALF_SECOND:] - so_far[:-_HALF_SECOND] == _HALF_SECOND)
    return float(found[0] * STEP_MS) if len(found) else float(POST_MS)


def _quietest_g(late: Float) -> float:
    """Return the smallest spread of the vector length over any whole second after the impact. [g]."""
    blocks = late.reshape(-1, _HALF_SECOND)
    mean, square = blocks.mean(axis=1), (blocks * blocks).mean(axis=1)
    mean, square = (mean[:-1] + mean[1:]) / 2, (square[:-1] + square[1:]) / 2
    return float(np.sqrt(max(np.fmin.reduce(square - mean * mean), 0.0)))
