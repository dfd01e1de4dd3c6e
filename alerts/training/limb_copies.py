"""Recordings of the trunk as a limb might have felt them: a wrist, a pocket, an ankle that swings, reaches and knocks.

A model of the waist knows nothing of hands that clap and hit tables. The sets with many people were worn at the waist,
so each of their trials is also taught as if the sensor had hung on a limb: turned by swings and gestures, pulled by the
lever of the limb, knocked where hands knock; in a fall thrown about and hitting the floor by itself. Nothing of any
recording at a limb went into the numbers below; they are round guesses of what arms do.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.fall_trials import STANDARD_GRAVITY
from alerts.signal.motion import Float, even_grid

_RATE_HZ: Final = 50
_STEP_MS: Final = 1_000 // _RATE_HZ
_GESTURES_PER_S: Final = (0.02, 0.1, 0.3, 0.6)
_GESTURE_DEG: Final = 55.0
_HARD: Final = np.array([0.35, 1.0, 0.55, -0.4, 0.25, -0.12])
_SHARP: Final = np.array([1.0, 0.5, -0.45, 0.25, -0.1, 0.0])


class _Limb:
    """What a limb adds to the trunk: how it is turned against it [rad], and knocks [g]; both shape (n, 3) at 50 Hz."""

    def __init__(self, n: int, rng: np.random.Generator) -> None:
        self.rng = rng
        self.time_s = np.arange(n) / _RATE_HZ
        self.length_s = n / _RATE_HZ
        self.turn = np.zeros((n, 3))
        self.knocks = np.zeros((n, 3))

    def direction(self) -> Float:
        drawn = self.rng.normal(size=3)
        unit: Float = drawn / np.linalg.norm(drawn)
        return unit

    def within(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def angle(self, low_deg: float, high_deg: float) -> float:
        return float(np.radians(self.within(low_deg, high_deg)))

    def wide(self, spread_deg: float) -> float:
        return float(np.radians(abs(self.rng.normal(0.0, spread_deg))))

    def gesture(self, start_s: float, lasts_s: float, turn: Float) -> None:
        """Reach from one place to another without jerk, and stay there."""
        x = np.clip((self.time_s - start_s) / lasts_s, 0.0, 1.0)
        self.turn += (10 * x**3 - 15 * x**4 + 6 * x**5)[:, None] * turn

    def oscillate(self, start_s: float, lasts_s: float, hertz: float, angle: float) -> None:
        there = (self.time_s >= start_s) & (self.time_s < start_s + lasts_s)
        phase = 2 * np.pi * hertz * (self.time_s - start_s)
        self.turn += (angle * np.sin(phase) * there)[:, None] * self.direction()

    def knock(self, at_s: float, peak_g: float) -> None:
        at = int(at_s * _RATE_HZ)
        shape = _HARD if self.rng.random() < 0.5 else _SHARP  # noqa: PLR2004
        if 0 <= at < len(self.knocks) - len(shape):
            self.knocks[at : at + len(shape)] += peak_g * shape[:, None] * self.direction()


def as_a_limb(
    t_ms: NDArray[np.int64], acc: Float, fall_ms: int | None, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Float]:
    """Return a recording of the trunk as a limb might have felt it.

    Parameters
    ----------
    t_ms : ndarray, shape (n,)
        Not decreasing. [ms]
    acc : ndarray, shape (n, 3)
        [g]
    fall_ms : int, optional
        When the trunk hit the floor; None in an activity. [ms]

    Returns
    -------
    tuple of ndarray
        Times [ms] and acceleration [g] at 50 Hz.
    """
    n = int(t_ms[-1] - t_ms[0]) // _STEP_MS + 1
    trunk = even_grid(t_ms.astype(np.float64), acc, start_ms=float(t_ms[0]), step_ms=_STEP_MS, n=n)
    limb = _Limb(n, rng)
    _swing(limb, trunk)
    for _ in range(rng.poisson(rng.choice(_GESTURES_PER_S) * limb.length_s)):
        limb.gesture(limb.within(0.0, limb.length_s), limb.within(0.3, 1.4), limb.direction() * limb.wide(_GESTURE_DEG))
    if fall_ms is None:
        _use(limb)
    else:
        trunk = _thrown(limb, trunk, (fall_ms - int(t_ms[0])) / 1_000)
    return t_ms[0] + np.arange(n, dtype=np.int64) * _STEP_MS, _turned(trunk, limb.turn) + _pull(limb) + limb.knocks


def _swing(limb: _Limb, trunk: Float) -> None:
    """Swing as a limb does in walking, where the trunk walks."""
    if limb.rng.random() > 0.8:  # noqa: PLR2004 - hands in pockets
        return
    length = np.nan_to_num(np.linalg.norm(trunk, axis=1), nan=1.0)
    change = length - _mean(length, 50)
    moving = np.clip(np.sqrt(_mean(change * change, 100)) / 0.25, 0.0, 1.2)
    phase = 2 * np.pi * limb.within(0.75, 1.4) * limb.time_s + limb.within(0.0, 6.28)
    limb.turn += (limb.angle(5, 45) * moving * np.sin(phase))[:, None] * limb.direction()


def _mean(values: Float, width: int) -> Float:
    """Return the sliding mean, as long as the values however short they are."""
    mean: Float = np.convolve(values, np.ones(width) / width)[width // 2 :][: len(values)]
    return mean


def _use(limb: _Limb) -> None:
    """Do with a hand what hands do: clap, hit, put down, shake, or nothing."""
    doing = limb.rng.random()
    if doing < 0.22:  # noqa: PLR2004
        for _ in range(limb.rng.integers(1, 3)):
            _clap(limb)
    elif doing < 0.6:  # noqa: PLR2004
        for _ in range(limb.rng.integers(1, 5)):
            _hit(limb)
    elif doing < 0.75:  # noqa: PLR2004
        hertz = limb.within(1, 5)
        limb.oscillate(
            limb.within(0, limb.length_s), limb.within(1, 10), hertz, limb.angle(10, 60) / max(1.0, hertz / 2)
        )


def _clap(limb: _Limb) -> None:
    start_s, lasts_s = limb.within(0, limb.length_s), limb.within(1.5, 8)
    hertz, peak_g = limb.within(1.5, 5), limb.within(1, 7)
    limb.gesture(start_s - 0.8, 0.6, limb.direction() * limb.angle(30, 110))
    limb.oscillate(start_s, lasts_s, hertz, limb.angle(5, 25))
    for at_s in np.arange(start_s, start_s + lasts_s, 1.0 / hertz):
        limb.knock(float(at_s), peak_g * limb.within(0.6, 1.3))
    limb.gesture(start_s + lasts_s + 0.1, 0.7, limb.direction() * limb.angle(30, 110))


def _hit(limb: _Limb) -> None:
    at_s, lasts_s = limb.within(0, limb.length_s), limb.within(0.2, 0.7)
    turn = limb.direction() * limb.angle(30, 110)
    limb.gesture(at_s - lasts_s - 0.02, lasts_s, turn)
    for number in range(limb.rng.choice((1, 1, 1, 2, 3))):
        limb.knock(at_s + number * limb.within(0.25, 0.7), limb.within(1, 8))
    if limb.rng.random() < 0.7:  # noqa: PLR2004 - back again
        limb.gesture(at_s + limb.within(0.1, 2.5), limb.within(0.3, 1.0), -turn * limb.within(0.5, 1.2))


def _thrown(limb: _Limb, trunk: Float, at_s: float) -> Float:
    """Throw the limb about in a fall and let it hit the floor; return the trunk, harder or softer around the blow."""
    for _ in range(limb.rng.integers(1, 4)):
        limb.gesture(at_s + limb.within(-0.9, 0.15), limb.within(0.25, 0.7), limb.direction() * limb.wide(70))
    if limb.rng.random() < 0.75:  # noqa: PLR2004
        for _ in range(limb.rng.integers(1, 3)):
            limb.knock(at_s + limb.within(-0.25, 0.3), limb.within(1, 6))
    if limb.rng.random() < 0.5:  # noqa: PLR2004
        limb.gesture(at_s + limb.within(0.3, 1.6), limb.within(0.3, 1.0), limb.direction() * limb.wide(40))
    struck = (limb.time_s > at_s - 0.3) & (limb.time_s < at_s + 0.5)
    gain = limb.within(0.8, 1.5) if limb.rng.random() < 0.5 else 1.0  # noqa: PLR2004
    return np.where(struck[:, None], trunk * gain, trunk)


def _turned(vectors: Float, turn: Float) -> Float:
    """Return vectors turned by rotation vectors (Rodrigues), row by row. [rad]."""
    angle = np.linalg.norm(turn, axis=1, keepdims=True)
    axis = turn / np.maximum(angle, 1e-9)
    along = np.einsum("ij,ij->i", axis, vectors)[:, None]
    turned: Float = (
        vectors * np.cos(angle) + np.cross(axis, vectors) * np.sin(angle) + axis * along * (1.0 - np.cos(angle))
    )
    return turned


def _pull(limb: _Limb) -> Float:
    """Return what the lever of a moving limb adds: tangential and centripetal acceleration. [g]."""
    rate = np.gradient(limb.turn, axis=0) * _RATE_HZ
    change = np.gradient(rate, axis=0) * _RATE_HZ
    along = limb.direction()
    centripetal = -np.einsum("ij,ij->i", rate, rate)[:, None] * along
    pull: Float = (np.cross(change, along) + centripetal) * limb.within(0.25, 0.6) / STANDARD_GRAVITY
    return pull
