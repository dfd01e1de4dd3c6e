"""Impacts of recorded trials with their features, and copies of the trials that teach other devices and positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.fall_trials import FallTrial
from alerts.detectors.fall_motion import Params
from alerts.signal.fall.features import NAMES, features
from alerts.signal.fall.impact import ImpactGate
from alerts.signal.fall.model import part_of, plausible
from alerts.signal.motion import Float
from alerts.training.limb_copies import as_a_limb

RECORDED, ALTERED, LIMB = "recorded", "altered", "limb"
"""How a trial is taught: as it was recorded, as by another device, or (only of the trunk) as worn on a limb."""
LIMB_COPIES = 2
_OF_ACTIVITY = {RECORDED: 40, ALTERED: 40, LIMB: 12}
_RATES_HZ = (20.0, 25.0, 32.0, 50.0, 100.0)
_RANGES_G = (4.0, 8.0, 16.0)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The impacts of one trial or copy of it.

    Attributes
    ----------
    rows : ndarray, shape (impacts, features)
        Features of each impact that can be judged.
    peak_g : ndarray, shape (impacts,)
        Hardest sample of each. [g]
    kind : str
        ``recorded``, ``altered`` or ``limb``.
    """

    trial: FallTrial
    rows: Float
    peak_g: Float
    kind: str

    @property
    def person(self) -> str:
        """Who: set and subject."""
        return f"{self.trial.dataset}/{self.trial.subject}"


def candidates(number: int, trial: FallTrial, seed: int) -> list[Candidates]:
    """Return the impacts of a trial, the given one of all in order, and of its copies."""
    found = [_impacts(trial, trial.t_ms, trial.acc, RECORDED)]
    found.append(_impacts(trial, *altered(trial.t_ms, trial.acc, np.random.default_rng([seed, number, 1])), ALTERED))
    if part_of(trial.position) == "trunk":
        fall_ms = int(trial.t_ms[np.linalg.norm(trial.acc, axis=1).argmax()]) if trial.is_fall else None
        for copy in range(LIMB_COPIES):
            rng = np.random.default_rng([seed, number, 2 + copy])
            found.append(_impacts(trial, *altered(*as_a_limb(trial.t_ms, trial.acc, fall_ms, rng), rng), LIMB))
    return found


def altered(
    t_ms: NDArray[np.int64], acc: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return a recording as another device would have made it: rate, range, gain, offset, noise.

    How it is mounted need not be altered: no feature depends on it.
    """
    rate_hz = 1_000.0 * len(t_ms) / max(float(t_ms[-1] - t_ms[0]), 1.0)
    wanted_hz = float(rng.choice(_RATES_HZ))
    if wanted_hz < 0.8 * rate_hz:
        step = rate_hz / wanted_hz
        if rng.random() < 0.5:  # noqa: PLR2004 - half of the devices filter before they drop samples
            acc, t_ms = _averaged(acc, int(step)), t_ms[: len(t_ms) - int(step) + 1]
        kept = np.unique((np.arange(0, len(t_ms), step) + rng.random() * step).astype(np.int64))
        kept = kept[kept < len(t_ms)]
        t_ms, acc = t_ms[kept], acc[kept]
    acc = acc * (1.0 + rng.uniform(-0.06, 0.06)) + rng.normal(0.0, 0.02, 3)
    limit_g = float(rng.choice(_RANGES_G))
    return t_ms, np.clip(acc, -limit_g, limit_g) + rng.normal(0.0, 0.005, acc.shape)


def _averaged(acc: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    if width <= 1:
        return acc
    so_far = np.cumsum(np.vstack([np.zeros((1, acc.shape[1])), acc]), axis=0)
    averaged: NDArray[np.float64] = (so_far[width:] - so_far[:-width]) / width
    return averaged


def _impacts(trial: FallTrial, t_ms: NDArray[np.int64], acc: NDArray[np.float64], kind: str) -> Candidates:
    gate = ImpactGate(Params().gate_g)
    impacts = [*gate.feed(t_ms, acc.astype(np.float32)), *gate.flush()]
    if kind == LIMB and not trial.is_fall:
        impacts = [impacts[i] for i in _spread(len(impacts), kind)]
    rows: list[Float] = []
    peaks: list[float] = []
    for impact in impacts:
        row = features(impact.grid)
        if plausible(impact.grid, dict(zip(NAMES, row.tolist(), strict=True))):
            rows.append(row)
            peaks.append(float(np.nanmax(np.linalg.norm(impact.grid, axis=1))))
    bare = replace(trial, t_ms=trial.t_ms[[0, -1]], acc=trial.acc[:0])  # its samples have served
    return Candidates(bare, np.array(rows).reshape(-1, len(NAMES)), np.array(peaks), kind)


def _spread(n: int, kind: str) -> NDArray[np.int64]:
    """Return the numbers of a few of n impacts, evenly from first to last: a hundred steps of one run teach no more."""
    return np.unique(np.linspace(0, n - 1, min(n, _OF_ACTIVITY[kind])).astype(np.int64))


def examples(
    group: Sequence[Candidates], weight: Callable[[Candidates], float]
) -> tuple[Float, NDArray[np.int64], NDArray[np.float64]]:
    """Return features, labels and weights: every impact of an activity is none, the hardest of a fall is one.

    The other impacts of a fall's trial (a stumble before, a bounce after) teach neither, and of an activity's only
    some do. What weighs nothing is left out.
    """
    rows: list[Float] = []
    labels: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float64]] = []
    for one in (one for one in group if len(one.rows) and weight(one) > 0.0):
        taken = one.rows[[int(one.peak_g.argmax())] if one.trial.is_fall else _spread(len(one.rows), one.kind)]
        rows.append(taken)
        labels.append(np.full(len(taken), int(one.trial.is_fall)))
        weights.append(np.full(len(taken), weight(one)))
    return np.concatenate(rows), np.concatenate(labels), np.concatenate(weights)
