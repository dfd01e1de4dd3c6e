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
    signal: Signal = np.random.default_rng(n).normal(0, noise_g, (n, 3)) + np.array(gravity)
    return signal


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
    "a table that is hit again and again": np.where(np.arange(6_000)[:, None] % 170 == 0, 3.1, 1.0) * still(120),
    "thrown on a bed and left": np.concatenate(
        [swing(20, 1.8, 0.3), still(0.3, 0.05, (0.0, 0.1, 0.1)), still(0.06, 0.2, (0.3, 0.2, 1.9)), still(120)]
    ),
    "a drawer shut": np.concatenate([still(20), [[2.5, 0.3, 1.2]], still(20)]),
    "tapped again and again": np.where(np.arange(6_000)[:, None] % 75 == 0, 2.4, 1.0) * still(120),
}


def heard(signal: Signal, position: str, t_ms: NDArray[np.int64] | None = None) -> list[Finding]:
    t = np.arange(len(signal), dtype=np.int64) * (1_000 // RATE_HZ) if t_ms is None else t_ms
    return stream(FallMotion(), windows("acceleration", t, signal, position=position), silence_s=300.0)


def recorded(signal: Signal, rate_hz: float, limit_g: float, seed: int) -> tuple[Signal, NDArray[np.int64]]:
    """Return what a device of another rate and range gives, mounted anyhow, unevenly sampled, with gaps and NaN."""
    rng = np.random.default_rng(seed)
    lasts_s = (len(signal) - 1) / RATE_HZ
    even = np.arange(0.0, lasts_s, 1.0 / rate_hz)
    t_s = np.sort(np.clip(even + rng.uniform(-0.4, 0.4, len(even)) / rate_hz, 0.0, lasts_s))
    away = (t_s % 47.0 < 1.3) | (rng.random(len(t_s)) < 0.02)
    t_s = t_s[~away]
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    at = np.arange(len(signal)) / RATE_HZ
    seen = np.stack([np.interp(t_s, at, axis) for axis in (signal @ turn).T], axis=1)
    seen[rng.random(len(seen)) < 0.01] = np.nan
    return np.clip(seen, -limit_g, limit_g), np.rint(t_s * 1_000).astype(np.int64)


@pytest.mark.parametrize("position", ["waist", "wrist", ""])
@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_life_raises_nothing(name: str, position: str) -> None:
    assert heard(ORDINARY[name], position) == []


@pytest.mark.parametrize("position", ["waist", "wrist"])
@pytest.mark.parametrize(
    ("rate_hz", "limit_g", "seed"),
    [(20.0, 8.0, 1), (31.25, 2.0, 2), (52.0, 4.0, 3), (100.0, 16.0, 4), (200.0, 16.0, 5)],
)
@pytest.mark.parametrize("name", ORDINARY)
def test_no_device_however_it_samples_raises_anything(
    name: str, rate_hz: float, limit_g: float, seed: int, position: str
) -> None:
    seen, t_ms = recorded(ORDINARY[name], rate_hz, limit_g, seed)
    assert heard(seen, position, t_ms) == []


@pytest.mark.parametrize("position", ["waist", "wrist"])
def test_a_quiet_day_raises_nothing(position: str) -> None:
    rng = np.random.default_rng(3)
    hour = np.concatenate(
        [still(1_500), swing(120, 1.7, 0.25), still(1_500, 0.01, (0.9, 0.1, 0.4)), swing(480, 0.3, 0.1)]
    )
    for _ in range(24):
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        assert heard(hour @ turn, position) == []


@pytest.mark.parametrize("level_g", [0.0, 1.0, 1.7, 8.0])
def test_a_flat_line_or_nothing_but_nan_raises_nothing(level_g: float) -> None:
    flat = np.tile([0.0, level_g, 0.0], (600 * RATE_HZ, 1))
    assert heard(flat, "waist") == []
    assert heard(flat * np.nan, "waist") == []


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
