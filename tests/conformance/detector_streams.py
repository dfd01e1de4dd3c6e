"""Streams of windows for the detector suite, and the way the engine hands them over: ticks before data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.finding import Finding
from alerts.rules.detector import HEARD, Detector, Profile, Window
from anhu.contract.quantities import QUANTITIES, Kind

T0 = 1_795_300_000_000
HEALTHY = {
    "heart_rate": 72.0,
    "pulse_rate": 72.0,
    "respiration_rate": 15.0,
    "spo2": 97.0,
    "systolic_pressure": 128.0,
    "diastolic_pressure": 78.0,
    "body_temperature": 36.6,
    "glucose": 6.1,
    "room_temperature": 22.0,
    "room_humidity": 50.0,
    "battery": 80.0,
    "weight": 62.0,
    "rr_interval": 830.0,
    HEARD: 1.0,
    "connection": 1.0,
    "worn": 1.0,
}
RATE_HZ = {"acceleration": 50.0, "angular_velocity": 50.0, "ecg": 128.0, "ppg": 64.0}
CHANNELS = {"acceleration": 3, "angular_velocity": 3}


def is_wave(quantity: str) -> bool:
    return quantity in QUANTITIES and QUANTITIES[quantity].kind is Kind.WAVEFORM


def is_event(quantity: str) -> bool:
    return quantity == HEARD or QUANTITIES[quantity].kind is Kind.EVENT


def window(
    quantity: str, t_ms: NDArray[np.int64], values: NDArray[np.float64], quality: NDArray[np.int32] | None = None
) -> Window:
    flags = np.zeros(len(t_ms), dtype=np.int32) if quality is None else quality
    return Window(
        quantity=quantity,
        device_id="dev-1",
        t_ms=t_ms,
        values=values,
        quality=flags,
        sampling_rate_hz=RATE_HZ.get(quantity, 0.0),
        position="waist" if is_wave(quantity) else "",
        received_at_ms=int(t_ms[-1]),
    )


def healthy(quantity: str, hours: float, seed: int = 0) -> Window:
    """A quiet stretch: numbers each minute, a wave of ten minutes at rest, events that mean nothing is wrong."""
    rng = np.random.default_rng(seed)
    if is_wave(quantity):
        rate = RATE_HZ[quantity]
        n = round(600 * rate)
        channels = CHANNELS.get(quantity, 1)
        values = rng.normal(0, 0.01, (n, channels))
        values[:, -1] += 1.0 if quantity == "acceleration" else 0.0
        t = T0 + np.rint(np.arange(n) * 1_000 / rate).astype(np.int64)
        return window(quantity, t, values)
    n = round(hours * 60)
    t = T0 + np.arange(n, dtype=np.int64) * 60_000
    level = HEALTHY.get(quantity, 0.0)
    values = np.full((n, 1), level)
    if not is_event(quantity):
        values += rng.normal(0, 0.01 * abs(level), (n, 1))
    return window(quantity, t, values)


def restless(quantity: str, seed: int) -> Window:
    """Anything at all: healthy and alarming numbers, gaps, flags, missing samples."""
    rng = np.random.default_rng(seed)
    if is_wave(quantity):
        rate, channels = RATE_HZ[quantity], CHANNELS.get(quantity, 1)
        n = round(60 * rate)
        values = rng.normal(0, 0.05, (n, channels))
        values[:, -1] += 1.0
        for start in rng.integers(0, n - 50, 5):
            values[start : start + int(rng.integers(1, 40))] *= rng.uniform(0, 8)
        values[rng.random(n) < 0.01] = np.nan
        return window(quantity, T0 + np.rint(np.arange(n) * 1_000 / rate).astype(np.int64), values)
    n = 200
    steps = rng.choice([1_000, 20_000, 60_000, 400_000, 4_000_000], n, p=[0.2, 0.3, 0.3, 0.15, 0.05])
    t = T0 + np.cumsum(steps).astype(np.int64)
    if is_event(quantity):
        values = rng.integers(0, 2, (n, 1)).astype(np.float64)
    else:
        row = QUANTITIES[quantity]
        values = np.repeat(rng.uniform(row.low, row.high, (n // 10, 1)), 10, axis=0)
        values[rng.random(n) < 0.05] = np.nan
    quality = rng.choice([0, 0, 0, 0, 1, 16, 32], n).astype(np.int32)
    return window(quantity, t, values, quality)


def pieces(whole: Window, sizes: Sequence[int]) -> Iterator[Window]:
    """Cut a window; events come one by one, as devices send them."""
    start, n, i = 0, len(whole.t_ms), 0
    while start < n:
        size = 1 if is_event(whole.quantity) else sizes[i % len(sizes)]
        part = slice(start, start + size)
        yield Window(
            quantity=whole.quantity,
            device_id=whole.device_id,
            t_ms=whole.t_ms[part],
            values=whole.values[part],
            quality=whole.quality[part],
            sampling_rate_hz=whole.sampling_rate_hz,
            position=whole.position,
            context=whole.context,
            received_at_ms=int(whole.t_ms[part][-1]),
            attributes=whole.attributes,
        )
        start += size
        i += 1


def ticked(detector: Detector, until_ms: int) -> list[Finding]:
    found: list[Finding] = []
    for _ in range(1_000):
        due = detector.due_ms()
        if due is None or due > until_ms:
            return found
        found += detector.tick(due)
    raise AssertionError(f"{detector.name} is due again and again without time passing")


def handed(detector: Detector, windows: Sequence[Window], until_ms: int = 0) -> list[Finding]:
    """Hand windows over as the engine does; let time pass to the end."""
    found: list[Finding] = []
    for one in windows:
        found += ticked(detector, int(one.t_ms[0]))
        found += detector.update(one)
    return found + ticked(detector, until_ms)


PROFILES = (
    Profile(),
    Profile(report_period_s=60.0),
    Profile(flags=frozenset({"copd", "beta_blocker", "age_65"}), report_period_s=300.0, only_alarm_device=True),
)
