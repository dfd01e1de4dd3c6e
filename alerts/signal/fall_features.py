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

from itertools import combinations, pairwise
from typing import Final

import numpy as np

from alerts.signal.impact import POST_MS, PRE_MS, STEP_MS
from alerts.signal.motion import Float, angle_deg

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
_STATISTICS = ("mean_g", "sd_g", "max_g", "min_g", "spread_g", "jerk_gps", "level_g")
_TURNS = tuple(combinations(("before", "loss", "settle", "after", "still"), 2))
_CEILING_G = 6.0
_MIN_SAMPLES = 3

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


def features(grid: Float) -> Float:
    """Return the features of the stretch around one impact.

    Parameters
    ----------
    grid : ndarray, shape (325, 3)
        `alerts.signal.impact.Impact.grid`. [g]

    Returns
    -------
    ndarray, shape (len(NAMES),)
        NaN where a phase was not recorded.
    """
    length = np.minimum(np.sqrt(np.einsum("ij,ij->i", grid, grid)), _CEILING_G)
    values: list[float] = []
    gravity: dict[str, Float] = {}
    for phase, start_ms, end_ms in PHASES_MS:
        cut = _cut(start_ms, end_ms)
        values += _phase(grid[cut], length[cut])
        gravity[phase] = _mean(grid[cut])
    values += [angle_deg(gravity[a], gravity[b]) for a, b in _TURNS]
    values += _events(grid, length)
    return np.array(values)


def coverage(grid: Float, start_ms: int, end_ms: int) -> float:
    """Return the share of a stretch, times against the peak [ms], that was recorded; 0 to 1."""
    return float(np.isfinite(grid[_cut(start_ms, end_ms), 0]).mean())


def gravity_before(grid: Float) -> Float:
    """Return the mean acceleration before the fall began, shape (3,); NaN where it was not recorded. [g]."""
    return _mean(grid[_cut(-3_000, -1_500)])


def _cut(start_ms: int, end_ms: int) -> slice:
    return slice((start_ms + PRE_MS) // STEP_MS, (end_ms + PRE_MS) // STEP_MS)


def _mean(part: Float) -> Float:
    good = part[np.isfinite(part[:, 0])]
    return good.mean(axis=0) if len(good) >= _MIN_SAMPLES else np.full(3, np.nan)


def _phase(part: Float, length: Float) -> list[float]:
    good = np.isfinite(length)
    m, v = length[good], part[good]
    if len(m) < _MIN_SAMPLES:
        return [np.nan] * len(_STATISTICS)
    jerk = np.abs(np.diff(v, axis=0)).sum(axis=1).mean() * (1_000 / STEP_MS)
    spread = np.sqrt(v.var(axis=0).sum())
    level = np.linalg.norm(v.mean(axis=0))
    return [float(x) for x in (m.mean(), m.std(), m.max(), m.min(), spread, jerk, level)]


def _events(grid: Float, length: Float) -> list[float]:
    fall, hit, after = length[_cut(-1_000, 0)], length[_cut(-300, 500)], length[_cut(0, 1_000)]
    early, late = length[_cut(-3_000, -500)], length[_cut(500, 3_500)]
    step_s = STEP_MS / 1_000
    return [
        float((fall < 0.5).sum() * STEP_MS),  # noqa: PLR2004 - half a g: nothing carries the body
        float((fall < 0.8).sum() * STEP_MS),  # noqa: PLR2004 - a fall slowed by knees or hands
        float((hit > 2.0).sum() * STEP_MS),  # noqa: PLR2004
        float(np.nansum(np.abs(hit - 1.0)) * step_s),
        float(np.nansum(np.maximum(1.0 - fall, 0.0)) * step_s),
        _nan_or(np.fmin.reduce, after[2:30]),
        _knocks(early),
        _knocks(late),
        _turn_rate(grid),
        _quiet_delay(length),
        _quietest(late),
    ]


def _nan_or(reduce: np.ufunc | object, part: Float) -> float:
    return float(reduce(part)) if len(part) else float("nan")  # type: ignore[operator]


def _knocks(length: Float) -> float:
    high = length > 1.35  # noqa: PLR2004 - a step, a knock
    return float((high[1:] & ~high[:-1]).sum())


def _turn_rate(grid: Float) -> float:
    """Return the fastest turn of the half-second mean around the impact. [deg/s]."""
    part = grid[_cut(-1_500, 1_500)]
    blocks = part[: len(part) // 25 * 25].reshape(-1, 25, 3).mean(axis=1)
    turns = [angle_deg(a, b) for a, b in pairwise(blocks)]
    good = [turn for turn in turns if np.isfinite(turn)]
    return max(good) * 2.0 if good else float("nan")


def _quiet_delay(length: Float) -> float:
    """Return how long after the peak the vector length stays within 0.25 g of 1 g for half a second. [ms]."""
    calm = np.abs(length[_cut(0, POST_MS)] - 1.0) < 0.25  # noqa: PLR2004
    run = np.convolve(calm, np.ones(25), mode="valid")
    found = np.flatnonzero(run >= 25)  # noqa: PLR2004 - 25 bins are half a second
    return float(found[0] * STEP_MS) if len(found) else float(POST_MS)


def _quietest(late: Float) -> float:
    """Return the smallest spread of the vector length over any whole second after the impact. [g]."""
    blocks = late[: len(late) // 25 * 25].reshape(-1, 25)
    spread = [float(a.std()) for a in np.concatenate([blocks[:-1], blocks[1:]], axis=1) if np.isfinite(a).all()]
    return min(spread) if spread else float("nan")
