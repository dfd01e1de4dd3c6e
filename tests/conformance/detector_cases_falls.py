"""Falls, made of the phases that every recorded one has: standing, free fall, impact, lying still, rising."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alerts.rules.detector import Window
from tests.conformance.detector_cases import T0, Case, at

RATE_HZ = 50
UP, DOWN = (0.0, 0.0, 1.0), (1.0, 0.0, 0.1)


def posture(seconds: float, gravity: tuple[float, float, float], sway_g: float) -> NDArray[np.float64]:
    n = round(seconds * RATE_HZ)
    swaying: NDArray[np.float64] = np.random.default_rng(n).normal(0, sway_g, (n, 3)) + np.array(gravity)
    return swaying


def fall(*after: NDArray[np.float64]) -> Window:
    """Walk for six seconds, fall, and do what comes after."""
    falling = np.linspace(UP, (0.3, 0.1, 0.2), 20) + np.random.default_rng(1).normal(0, 0.05, (20, 3))
    hit = np.array([[2, 0.5, 0.8], [2.5, 1, 0.5], [3.2, 0.8, 0.4], [3, 1.5, -0.6], [4.4, 1.2, 0.4], [2.4, 1, 0.6]])
    bounce = np.linspace((1.6, 0.4, 0.3), DOWN, 14) + np.random.default_rng(2).normal(0, 0.15, (14, 3))
    return worn(posture(6, UP, 0.08), falling, hit, bounce, *after)


def worn(*parts: NDArray[np.float64]) -> Window:
    values = np.concatenate(parts)
    t = T0 + np.arange(len(values), dtype=np.int64) * (1_000 // RATE_HZ)
    return Window(
        quantity="acceleration",
        device_id="dev-1",
        t_ms=t,
        values=values,
        quality=np.zeros(len(t), dtype=np.int32),
        sampling_rate_hz=RATE_HZ,
        position="waist",
        received_at_ms=int(t[-1]),
    )


LIES = posture(30, DOWN, 0.012)
WALKS = posture(20, UP, 0.2)
SLOWLY = np.linspace(UP, DOWN, 150) * np.where(np.arange(150) == 140, 2.0, 1.0)[:, None]
SLIDES = np.concatenate(
    [
        np.linspace(UP, (0.0, 0.0, 0.3), 6),
        np.linspace(UP, DOWN, 20) * 0.3 + np.random.default_rng(3).normal(0, 0.05, (20, 3)),
        np.array([[1.5, 0.2, 0.1], [1.4, 0.1, 0.2], [1.3, 0.1, 0.1], [1.15, 0.0, 0.1], [0.8, 0.0, 0.1]]),
    ]
)
LEANING = (0.7, 0.0, 0.7)
LIES_DOWN = [np.linspace(UP, LEANING, 75), posture(0.5, LEANING, 0.05), np.linspace(LEANING, DOWN, 75)]
PEAK_S = (6 * RATE_HZ + 24) / RATE_HZ

CASES = {
    "fall_motion": [
        Case("a fall that is just over", [fall(LIES)], [("fall_suspected", "present", "HIGH", PEAK_S + 3.5)]),
        Case(
            "a fall after which nobody rises for ten minutes",
            [fall(*[LIES] * 22)],
            [
                ("fall_suspected", "present", "HIGH", PEAK_S + 3.5),
                ("fall", "present", "HIGH", PEAK_S + 60.5),
                ("long_lie", "present", "HIGH", PEAK_S + 603.5),
            ],
        ),
        Case(
            "a fall, then up and away",
            [fall(LIES, WALKS)],
            [
                ("fall_suspected", "present", "HIGH", PEAK_S + 3.5),
                ("fall_suspected", "gone", "MEDIUM", 45.0 - 0.02),
            ],
        ),
        Case(
            "a fall that the wearer takes back",
            [fall(LIES), at("fall_cancelled", 40, 1)],
            [("fall_suspected", "present", "HIGH", PEAK_S + 3.5), ("fall_suspected", "gone", "MEDIUM", 40)],
            until_s=300,
        ),
        Case(
            "a fall after which the device is silent",
            [fall(LIES)],
            [("fall_suspected", "present", "HIGH", PEAK_S + 3.5), ("fall", "present", "HIGH", 36.78)],
            until_s=300,
        ),
        Case(
            "a slide off a chair without a knock",
            [worn(posture(6, UP, 0.08), SLIDES, LIES)],
            [("fall_suspected", "present", "MEDIUM", 12.0)],
        ),
        Case("lying down on a bed, without a knock", [worn(posture(6, UP, 0.08), *LIES_DOWN, LIES)], []),
        Case("lying down slowly, with a bump", [worn(posture(6, UP, 0.08), SLOWLY, posture(30, DOWN, 0.02))], []),
    ],
}
