"""Impacts of recorded trials with their features, and copies of the trials that teach other devices and positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.fall_trials import FallTrial
from alerts.detectors.fall_motion import Params
from alerts.signal.fall.features import NAMES, features
from alerts.signal.fall.impact import Impact, ImpactGate
from alerts.signal.fall.model import part_of, plausible
from alerts.signal.fall.slide import SlideGate, lowest
from alerts.signal.motion import Float
from alerts.training.limb_copies import as_a_limb
from alerts.training.old_copies import as_an_old_person

RECORDED, ALTERED, SOFT, LIMB = "recorded", "altered", "soft", "limb"
"""How a trial is used: as recorded, as by another device, slower and softer, or (of the trunk) as worn on a limb."""
SOFT_COPIES, LIMB_COPIES = 2, 2
_OF_ACTIVITY = {RECORDED: 40, ALTERED: 20, SOFT: 10, LIMB: 12}
_RATES_HZ = (20.0, 25.0, 32.0, 50.0, 100.0)
_RANGES_G = (4.0, 4.0, 8.0, 16.0)
_PACKETS_MS = (40.0, 100.0, 200.0)
_LOST = 0.01
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Candidates:
    """The impacts of one trial or copy of it.

    Attributes
    ----------
    rows : ndarray, shape (impacts, features)
        Features of each impact that can be judged.
    peak_g : ndarray, shape (impacts,)
        Hardest sample of each. [g]
    slides : ndarray, shape (slides, features)
        Features of each change of posture without a knock; of the trunk only.
    kind : str
        ``recorded``, ``altered``, ``soft`` or ``limb``.
    """

    trial: FallTrial
    rows: Float
    peak_g: Float
    slides: Float
    kind: str

    @property
    def person(self) -> str:
        """Who: set and subject."""
        return self.trial.person


def candidates(number: int, trial: FallTrial, seed: int) -> list[Candidates]:
    """Return the impacts of a trial, the given one of all in order, and of its copies."""
    rng = np.random.default_rng([seed, number])
    found = [_impacts(trial, trial.t_ms, trial.acc, RECORDED)]
    found.append(_impacts(trial, *altered(trial.t_ms, trial.acc, rng), ALTERED))
    for _ in range(SOFT_COPIES):
        t_ms, acc = as_an_old_person(trial.t_ms, trial.acc, rng)
        found.append(_impacts(trial, *(altered(t_ms, acc, rng) if rng.random() < _HALF else (t_ms, acc)), SOFT))
    if part_of(trial.position) == "trunk":
        fall_ms = int(trial.t_ms[np.linalg.norm(trial.acc, axis=1).argmax()]) if trial.is_fall else None
        limbs = (as_a_limb(trial.t_ms, trial.acc, fall_ms, rng) for _ in range(LIMB_COPIES))
        found += [_impacts(trial, *altered(*limb, rng), LIMB) for limb in limbs]
    return found


def altered(
    t_ms: NDArray[np.int64], acc: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return a recording as another device would have made it: rate, clock, range, gain, offset, noise.

    How it is mounted need not be altered: no feature depends on it.
    """
    rate_hz = 1_000.0 * len(t_ms) / max(float(t_ms[-1] - t_ms[0]), 1.0)
    wanted_hz = float(rng.choice(_RATES_HZ))
    if wanted_hz < 0.8 * rate_hz:
        step = rate_hz / wanted_hz
        if rng.random() < _HALF:
            acc, t_ms = _averaged(acc, int(step)), t_ms[: len(t_ms) - int(step) + 1]
        kept = np.unique((np.arange(0, len(t_ms), step) + rng.random() * step).astype(np.int64))
        kept = kept[kept < len(t_ms)]
        t_ms, acc = t_ms[kept], acc[kept]
    if rng.random() < _HALF:
        t_ms, acc = unevenly(t_ms, acc, rng)
    acc = acc * (1.0 + rng.uniform(-0.06, 0.06)) + rng.normal(0.0, 0.02, 3)
    limit_g = float(rng.choice(_RANGES_G))
    return t_ms, np.clip(acc, -limit_g, limit_g) + rng.normal(0.0, 0.005, acc.shape)


def unevenly(
    t_ms: NDArray[np.int64], acc: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return a recording as a phone's application stamps it: in bursts, late, with samples and whole packets lost."""
    packet_ms = float(rng.choice(_PACKETS_MS))
    packet = np.floor((t_ms + rng.uniform(0.0, packet_ms)) / packet_ms).astype(np.int64)
    late_ms = rng.uniform(0.0, packet_ms, int(packet.max()) + 1)
    stamped = np.maximum.accumulate(np.rint((packet * packet_ms) + late_ms[packet] * 0.5).astype(np.int64))
    lost = (rng.random(int(packet.max()) + 1) < _LOST)[packet] | (rng.random(len(t_ms)) < _LOST)
    kept = ~lost if (~lost).sum() > 1 else slice(None)
    return stamped[kept], acc[kept]


def _averaged(acc: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    if width <= 1:
        return acc
    so_far = np.cumsum(np.vstack([np.zeros((1, acc.shape[1])), acc]), axis=0)
    averaged: NDArray[np.float64] = (so_far[width:] - so_far[:-width]) / width
    return averaged


def _impacts(trial: FallTrial, t_ms: NDArray[np.int64], acc: NDArray[np.float64], kind: str) -> Candidates:
    gate, slides = ImpactGate(Params().gate_g, kept_ms=2**40), SlideGate()
    samples = acc.astype(np.float32)
    impacts = [*gate.feed(t_ms, samples), *gate.flush()]
    if kind == LIMB and not trial.is_fall:
        impacts = [impacts[i] for i in _spread(len(impacts), kind)]
    slid = slides.feed(t_ms, samples) if part_of(trial.position) == "trunk" and kind != LIMB else []
    rows, peaks = _described(impacts)
    slow, _ = _described([one for one in (lowest(slide, gate, Params().gate_g) for slide in slid) if one is not None])
    bare = replace(trial, t_ms=trial.t_ms[[0, -1]], acc=trial.acc[:0])  # its samples have served
    return Candidates(bare, rows, peaks, slow, kind)


def _described(impacts: Sequence[Impact]) -> tuple[Float, Float]:
    """Return features and hardest sample of those impacts that can be judged. [g]."""
    rows: list[Float] = []
    peaks: list[float] = []
    for impact in impacts:
        row = features(impact.grid)
        if plausible(impact.grid, dict(zip(NAMES, row.tolist(), strict=True))):
            rows.append(row)
            peaks.append(float(np.nanmax(np.linalg.norm(impact.grid, axis=1))))
    return np.array(rows).reshape(-1, len(NAMES)), np.array(peaks)


def _spread(n: int, kind: str) -> NDArray[np.int64]:
    """Return the numbers of a few of n impacts, evenly from first to last: a hundred steps of one run teach no more."""
    return np.unique(np.linspace(0, n - 1, min(n, _OF_ACTIVITY[kind])).astype(np.int64)) if n else np.empty(0, np.int64)


def teaches(one: Candidates) -> bool:
    """Return whether a trial tells what a fall looks like, or what none does.

    In SmartFallMM people get up at once, often harder than they fell, and whole packets are lost around the impact: in
    its falls nobody knows which knock is the fall.
    """
    return not (one.trial.is_fall and one.trial.dataset == "smartfallmm")


def examples(
    group: Sequence[Candidates], weight: Callable[[Candidates], float]
) -> tuple[Float, NDArray[np.int64], NDArray[np.float64]]:
    """Return features, labels and weights: every impact of an activity is none, the hardest of a fall is one.

    The other impacts of a fall's trial (a stumble before, a bounce after) teach neither, and of an activity's only
    some do. A fall without a knock is taught by its slide. What weighs nothing is left out.
    """
    taken: list[Float] = []
    labels: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float64]] = []
    for one in (one for one in group if teaches(one) and weight(one) > 0.0):
        rows = _of_a_fall(one) if one.trial.is_fall else _of_an_activity(one)
        taken.append(rows)
        labels.append(np.full(len(rows), int(one.trial.is_fall)))
        weights.append(np.full(len(rows), weight(one)))
    return np.concatenate(taken), np.concatenate(labels), np.concatenate(weights)


def _of_a_fall(one: Candidates) -> Float:
    return one.rows[[int(one.peak_g.argmax())]] if len(one.rows) else one.slides[:1]


def _of_an_activity(one: Candidates) -> Float:
    return np.concatenate([one.rows[_spread(len(one.rows), one.kind)], one.slides])
