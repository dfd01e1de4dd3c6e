"""Cases for falls seen in body-worn acceleration: a made-up fall, hard enough that no model may miss it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.rules.detector import Window
from tests.conformance.detector_cases import T0, Case

RATE_HZ = 50


def stretch(seconds: float, x: float, y: float, z: float, noise_g: float = 0.005) -> NDArray[np.float64]:
    rng = np.random.default_rng(5)
    shape = (round(seconds * RATE_HZ), 3)
    return np.full(shape, (x, y, z)) + rng.normal(0, noise_g, shape)


def worn_at_the_waist(*parts: NDArray[np.float64]) -> list[Window]:
    samples = np.concatenate(parts)
    t = T0 + np.rint(np.arange(len(samples)) * 1_000 / RATE_HZ).astype(np.int64)
    windows = []
    for start in range(0, len(samples), 2 * RATE_HZ):
        part = slice(start, start + 2 * RATE_HZ)
        windows.append(
            Window(
                quantity="acceleration",
                device_id="dev-1",
                t_ms=t[part],
                values=samples[part],
                quality=np.zeros(len(t[part]), dtype=np.int32),
                sampling_rate_hz=RATE_HZ,
                position="waist",
                received_at_ms=int(t[part][-1]),
            )
        )
    return windows


def fall() -> list[NDArray[np.float64]]:
    """Upright, half a second of falling, the impact, its echo, then flat on the side."""
    return [
        stretch(20, 0, 1, 0, 0.03),
        stretch(0.4, 0.1, 0.25, 0.1, 0.05),
        stretch(0.06, 2.6, 3.4, 1.4, 0.2),
        stretch(0.1, 0.6, 0.4, 0.3, 0.2),
        stretch(0.06, 1.5, 0.6, 0.8, 0.2),
    ]


CASES: dict[str, Sequence[Case]] = {
    "fall_motion": [
        Case(
            "falls and stays down",
            worn_at_the_waist(*fall(), stretch(80, 0.98, 0.05, 0.15)),
            [("fall_suspected", "present", "HIGH", 23.92), ("fall", "present", "HIGH", 80.92)],
        ),
        Case("sits quietly", worn_at_the_waist(stretch(120, 0.2, 0.95, 0.1, 0.02)), []),
    ]
}
