"""Named cases for PPG: drawn pulses that breathe, at rest and while the arm swings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.rules.detector import Profile, Window
from tests.conformance.detector_cases import T0, Case
from tests.conformance.detector_streams import RATE_HZ

HZ = RATE_HZ["ppg"]


def drawn(beats_s: NDArray[np.float64], seconds: float, breaths_per_min: float = 15.0) -> NDArray[np.float64]:
    """Return a PPG with a systolic and a dicrotic wave for each beat, its baseline and height moved by breathing."""
    rng = np.random.default_rng(0)
    t = np.arange(round(seconds * HZ)) / HZ
    breath = np.sin(2 * np.pi * breaths_per_min / 60 * t)
    wave = np.zeros(len(t))
    for beat in beats_s:
        near = slice(*np.searchsorted(t, (beat - 1.0, beat + 1.25)))  # farther off it is smaller than the last digit
        away = t[near] - beat
        wave[near] += np.exp(-0.5 * (away / 0.07) ** 2) + 0.35 * np.exp(-0.5 * ((away - 0.25) / 0.08) ** 2)
    ppg: NDArray[np.float64] = wave * (1 + 0.1 * breath) + 0.2 * breath + rng.normal(0, 0.005, len(t))
    return 1_000 * ppg


def regular(rate_bpm: float, seconds: float) -> NDArray[np.float64]:
    steps = 60 / rate_bpm + np.random.default_rng(1).normal(0, 0.01, int(seconds * rate_bpm / 60) - 1)
    beats: NDArray[np.float64] = 0.5 + np.cumsum(steps)
    return beats


def irregular(seconds: float) -> NDArray[np.float64]:
    steps = np.clip(np.random.default_rng(2).normal(0.78, 0.16, round(seconds / 0.7)), 0.5, 1.3)
    beats: NDArray[np.float64] = 0.5 + np.cumsum(steps)
    return beats[beats < seconds - 0.5]


def window(quantity: str, t_ms: NDArray[np.int64], values: NDArray[np.float64]) -> Window:
    return Window(
        quantity=quantity,
        device_id="dev-1",
        t_ms=t_ms,
        values=values,
        quality=np.zeros(len(t_ms), dtype=np.int32),
        sampling_rate_hz=RATE_HZ[quantity],
        position="wrist",
        received_at_ms=int(t_ms[-1]),
    )


def resting(ppg: NDArray[np.float64]) -> list[Window]:
    t = T0 + np.rint(np.arange(len(ppg)) * 1_000 / HZ).astype(np.int64)
    step = round(HZ)
    return [window("ppg", t[i : i + step], ppg[i : i + step, None]) for i in range(0, len(ppg), step)]


def swinging(ppg: NDArray[np.float64], per_min: float) -> list[Window]:
    """Return PPG of an arm that swings, with its acceleration a little before it."""
    rate = RATE_HZ["acceleration"]
    seconds = len(ppg) / HZ
    t = np.arange(round(seconds * rate)) / rate
    acc = np.zeros((len(t), 3))
    acc[:, 0] = 0.4 * np.sin(2 * np.pi * per_min / 60 * t)
    acc[:, 2] = 1.0
    moved = ppg + 900 * np.sin(2 * np.pi * per_min / 60 * np.arange(len(ppg)) / HZ)
    t_ms = T0 + np.rint(t * 1_000).astype(np.int64)
    step = round(rate)
    motion = [window("acceleration", t_ms[i : i + step], acc[i : i + step]) for i in range(0, len(t), step)]
    return [one for pair in zip(motion, resting(moved), strict=True) for one in pair]


CASES: dict[str, Sequence[Case]] = {
    "ppg_pulse": [
        Case(
            "an irregular pulse at rest",
            resting(drawn(irregular(260), 260)),
            [("irregular_rhythm", "present", "LOW", 160.0)],
            profile=Profile(),
        ),
        Case(
            "an irregular pulse of an arm that swings",
            swinging(drawn(irregular(260), 260), 100),
            [],
            profile=Profile(),
            until_s=400,
        ),
        Case(
            "150 at rest",
            resting(drawn(regular(150, 420), 420)),
            [("heart_rate_high", "present", "HIGH", 352.0)],
            profile=Profile(),
        ),
        Case("running for a quarter of an hour", swinging(drawn(regular(150, 900), 900), 170), [], profile=Profile()),
        Case(
            "breathing 30 times a minute",
            resting(drawn(regular(84, 480), 480, breaths_per_min=30)),
            [("respiration_high", "present", "MEDIUM", 336.0)],
            profile=Profile(),
        ),
        Case("resting for ten minutes", resting(drawn(regular(66, 600), 600)), [], profile=Profile(), until_s=800),
    ]
}
