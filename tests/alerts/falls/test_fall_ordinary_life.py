"""What carries a sensor and is no fall: a bag, a table, a washing machine, a lift, a broken sensor."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.accuracy.stream import stream, windows
from alerts.detectors.fall_motion import FallMotion
from alerts.finding import Finding

RATE_HZ = 50
Signal = NDArray[np.float64]


def still(seconds: float, noise_g: float = 0.004, gravity: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> Signal:
    n = round(seconds * RATE_HZ)
    return np.random.default_rng(n).normal(0, noise_g, (n, 3)) + np.array(gravity)


def swing(seconds: float, hz: float, amplitude_g: float) -> Signal:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    signal = still(seconds, 0.02)
    signal[:, 2] += amplitude_g * np.sin(2 * np.pi * hz * t)
    signal[:, 0] += amplitude_g / 2 * np.cos(2 * np.pi * hz * t)
    return signal


def put_down(gravity: tuple[float, float, float]) -> Signal:
    knock = np.array([[0.0, 0.2, 2.2], [0.1, 0.0, 1.7], [0.0, 0.0, 0.7]])
    return np.concatenate([still(8, 0.03, gravity), knock, still(60)])


def washing_machine() -> Signal:
    rng = np.random.default_rng(7)
    drum = swing(300, 1.2, 0.35)
    drum[rng.random(len(drum)) < 0.01] *= rng.uniform(1.5, 3.5)
    spin = swing(300, 17.0, 0.9) + rng.normal(0, 0.3, (300 * RATE_HZ, 3))
    return np.concatenate([still(20), drum, spin, still(120)])


def handbag() -> Signal:
    walking = swing(60, 1.8, 0.4)
    thrown = np.concatenate([still(0.3, 0.05, (0.0, 0.0, 0.15)), np.array([[1.0, 1.0, 4.0], [0.5, 0.2, 2.0]])])
    return np.concatenate([walking, thrown, still(300, 0.003, (0.02, 0.01, 1.0))])


def stairs() -> Signal:
    steps = swing(120, 1.9, 0.5)
    steps[::26] *= 1.6
    return steps


ORDINARY = {
    "walking": swing(300, 1.8, 0.3),
    "stairs with hard steps": stairs(),
    "running": swing(120, 2.7, 1.4),
    "put on a table": put_down((0.0, 0.3, 0.95)),
    "a handbag put down hard": handbag(),
    "a washing machine": washing_machine(),
    "a drawer shut": np.concatenate([still(20), [[2.5, 0.3, 1.2]], still(20)]),
    "tapped again and again": np.where(np.arange(6_000)[:, None] % 75 == 0, 2.4, 1.0) * still(120),
}


def heard(signal: Signal, position: str) -> list[Finding]:
    t = np.arange(len(signal), dtype=np.int64) * (1_000 // RATE_HZ)
    return stream(FallMotion(), windows("acceleration", t, signal, position=position), silence_s=300.0)


@pytest.mark.parametrize("position", ["waist", "wrist", ""])
@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_life_raises_nothing(name: str, position: str) -> None:
    assert heard(ORDINARY[name], position) == []


@pytest.mark.parametrize("seed", range(8))
def test_a_broken_sensor_raises_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for broken in (
        rng.uniform(-16, 16, (3_000, 3)),
        np.full((3_000, 3), rng.uniform(-16, 16)),
        np.where(rng.random((3_000, 1)) < 0.02, 16.0, still(60)),
        np.where((np.arange(3_000) > 1_500)[:, None], 16.0, still(60)),
        np.where(rng.random((3_000, 1)) < 0.7, np.nan, still(60) * 2),
    ):
        assert heard(broken, "waist") == []
