"""Named cases for the ECG: drawn beats on a drawn baseline, so that the expected moment is known exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.rules.detector import Profile, Window
from tests.conformance.detector_cases import T0, Case

RATE_HZ = 128.0
REACH = 12.0
"""How far a wave is drawn, in its widths: what is left of it there is smaller than the last digit of the sum."""


def drawn(beats_s: NDArray[np.float64], seconds: float, *, p_waves: bool = True, seed: int = 0) -> NDArray[np.float64]:
    """Return an ECG with a P, a QRS and a T wave for each beat, wander and a little noise. [mV]."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    ecg = 0.05 * np.sin(2 * np.pi * 0.25 * t) + rng.normal(0, 0.008, len(t))
    waves = [(-0.02, 0.008, -0.12), (0.0, 0.011, 1.0), (0.025, 0.01, -0.2), (0.26, 0.05, 0.25)]
    if p_waves:
        waves.append((-0.16, 0.022, 0.15))
    else:
        ecg += 0.04 * np.sin(2 * np.pi * 6.1 * t + 3 * np.sin(2 * np.pi * 0.4 * t))
    for beat in beats_s:
        for at, width, height in waves:
            near = slice(*np.searchsorted(t, (beat + at - REACH * width, beat + at + REACH * width)))
            ecg[near] += height * np.exp(-0.5 * ((t[near] - beat - at) / width) ** 2)
    return ecg


def pieces(ecg: NDArray[np.float64], step_s: float = 1.0) -> list[Window]:
    t = T0 + np.rint(np.arange(len(ecg)) * 1_000 / RATE_HZ).astype(np.int64)
    step = round(step_s * RATE_HZ)
    return [
        Window(
            quantity="ecg",
            device_id="dev-1",
            t_ms=t[i : i + step],
            values=ecg[i : i + step, None],
            quality=np.zeros(len(t[i : i + step]), dtype=np.int32),
            sampling_rate_hz=RATE_HZ,
            received_at_ms=int(t[i : i + step][-1]),
        )
        for i in range(0, len(ecg), step)
    ]


def regular(rate_bpm: float, seconds: float, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    n = int(seconds * rate_bpm / 60) - 1
    beats: NDArray[np.float64] = 0.5 + np.cumsum(60 / rate_bpm + rng.normal(0, 0.012, n))
    return beats


def irregular(seconds: float, seed: int = 1) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    beats: NDArray[np.float64] = 0.5 + np.cumsum(np.clip(rng.normal(0.68, 0.17, round(seconds / 0.68)), 0.36, 1.3))
    return beats[beats < seconds - 0.5]


def paused(seconds: float, pause_s: float = 4.0) -> NDArray[np.float64]:
    beats = regular(70, seconds)
    return beats[(beats < 41.0) | (beats > 41.0 + pause_s)]


def often_paused(seconds: float) -> NDArray[np.float64]:
    beats = regular(70, seconds)
    return beats[(beats % 54.0 < 48.0) | (beats % 54.0 > 51.5)]


def ectopic(seconds: float, seed: int = 2) -> NDArray[np.float64]:
    """Return a steady rhythm whose beats are early now and then, singly and in pairs, each time by another interval."""
    rng = np.random.default_rng(seed)
    steps: list[float] = []
    while sum(steps) < seconds:
        steps += [0.84 + rng.normal(0, 0.012) for _ in range(int(rng.integers(2, 6)))]
        steps += [rng.uniform(0.42, 0.6) for _ in range(int(rng.integers(1, 3)))]
        steps.append(rng.uniform(0.95, 1.05))
    beats: NDArray[np.float64] = 0.5 + np.cumsum(steps)
    return beats[beats < seconds - 0.5]


def bigeminy(seconds: float) -> NDArray[np.float64]:
    steps = np.tile([0.52, 1.12], round(seconds / 1.64) - 1)
    beats: NDArray[np.float64] = 0.5 + np.cumsum(steps)
    return beats


CASES: dict[str, Sequence[Case]] = {
    "ecg_rhythm": [
        Case(
            "fibrillation from a minute on",
            pieces(drawn(irregular(300), 300, p_waves=False)),
            [("irregular_rhythm", "present", "MEDIUM", 182.2)],
            profile=Profile(),
        ),
        Case(
            "a hand-held strip of half a minute",
            pieces(drawn(irregular(30, seed=5), 30, p_waves=False)),
            [("irregular_rhythm", "present", "MEDIUM", 89.992)],
            profile=Profile(),
            until_s=120,
        ),
        Case(
            "fibrillation that is known",
            pieces(drawn(irregular(300), 300, p_waves=False)),
            [],
            profile=Profile(flags=frozenset({"atrial_fibrillation"})),
        ),
        Case("every second beat early", pieces(drawn(bigeminy(300), 300)), [], profile=Profile(), until_s=420),
        Case(
            "a heart that stops for four seconds",
            pieces(drawn(paused(90), 90)),
            [("asystole_pause", "present", "MEDIUM", 62.2)],
            profile=Profile(),
        ),
        Case(
            "a heart that stops where one strip ends and the next begins",
            pieces(drawn(paused(90), 90)[round(13 * RATE_HZ) :]),
            [("asystole_pause", "present", "MEDIUM", 62.2)],
            profile=Profile(),
        ),
        Case(
            "a heart that stops for six seconds",
            pieces(drawn(paused(90, 6.0), 90)),
            [("asystole_pause", "present", "HIGH", 62.2)],
            profile=Profile(),
        ),
        Case(
            "one that stops ten times in ten minutes: one alarm with a count, and urgent at the tenth",
            pieces(drawn(often_paused(600), 600)),
            [
                ("asystole_pause", "present", "MEDIUM", 62.2),
                *(
                    ("asystole_pause", "grown", "MEDIUM", at_s + 2.2)
                    for at_s in (120, 180, 240, 270, 330, 390, 450, 510)
                ),
                ("asystole_pause", "present", "HIGH", 542.2),
            ],
            profile=Profile(),
        ),
        Case(
            "a steady rhythm with early beats, singly and in pairs",
            pieces(drawn(ectopic(600), 600)),
            [("rhythm_unclear", "present", "LOW", 512.2)],
            profile=Profile(),
        ),
        Case(
            "the same in a lead that shows no P waves",
            pieces(drawn(ectopic(600, seed=9), 600, p_waves=False)),
            [("rhythm_unclear", "present", "LOW", 512.2)],
            profile=Profile(),
        ),
        Case(
            "150 for eight minutes",
            pieces(drawn(regular(150, 480), 480)),
            [("heart_rate_high", "present", "HIGH", 330.0)],
            profile=Profile(),
        ),
        Case(
            "36 for five minutes",
            pieces(drawn(regular(36, 300), 300)),
            [("heart_rate_low", "present", "HIGH", 150.0)],
            profile=Profile(),
        ),
    ]
}
