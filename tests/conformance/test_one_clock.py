"""Storing and alarming give the same answer to every reading: what the chart calls late is late for the alarm."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from alerts.engine.engine import Engine
from alerts.finding import Finding
from alerts.rules.detector import Detector, Profile, Window
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.device_clock import LATE_MS, until_ms
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, waveform_from_array
from anhu.contract.record import Numbers, Reading
from ingest.quality import QualityChecks

_T0 = 1_795_300_000_000
_MESSAGES = 300
_CODES = tuple(f"made_up_{n}" for n in range(_MESSAGES))
_TIME_FLAGS = Quality.LATE | Quality.CLOCK_SKEW
_BEHIND_MS = (0, 0, 30 * MINUTE_MS, 8 * HOUR_MS, 900 * DAY_MS, -HOUR_MS, -5 * MINUTE_MS, 5 * MINUTE_MS)


class Witness(Detector):
    """Remembers which time each window had."""

    name = "witness"
    kinds = ("sos",)
    reads = _CODES
    ordered = False
    ends_ms: dict[str, int]

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        del profile
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        step_ms = 1_000 / window.sampling_rate_hz if window.sampling_rate_hz else 0
        self.ends_ms[window.quantity] = int(window.t_ms[-1] + step_ms)
        return ()

    def snapshot(self) -> dict[str, Any]:
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        del state

    def shift(self, by_ms: int) -> None:
        del by_ms


def _stream(seed: int) -> Iterator[Reading | Numbers]:
    """Make a device's life: its clock is set and goes wrong, its network delays, its buffer fills and empties."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    now_ms, behind_ms, jitter_ms, backlog_ms = _T0, draw.choice(_BEHIND_MS), 0, 0
    for code in _CODES:
        now_ms += draw.choice((1, 10, 20, 60, 60, 60, 600)) * SECOND_MS
        if draw.random() < 0.03:
            behind_ms, jitter_ms = draw.choice(_BEHIND_MS), draw.choice((0, 1_000, 50_000, 90_000))
        if draw.random() < 0.03:
            backlog_ms = draw.choice((0, 3 * MINUTE_MS, 5 * HOUR_MS, 3 * DAY_MS))
        at_ms = now_ms - behind_ms - draw.randrange(jitter_ms + 1) - backlog_ms
        backlog_ms = max(0, backlog_ms - draw.choice((0, 1, 30)) * MINUTE_MS)
        quality = draw.choices((TimeQuality.DEVICE, TimeQuality.RECEIVED, TimeQuality.SKEWED), (94, 3, 3))[0]
        yield _message(draw, code, now_ms, at_ms, quality)


def _message(draw: random.Random, code: str, now_ms: int, at_ms: int, quality: TimeQuality) -> Reading | Numbers:
    if quality is TimeQuality.RECEIVED:
        at_ms = now_ms
    kind = draw.randrange(4)
    one: Observation = Scalar(code, 70.0, at_ms, time_quality=quality)
    if kind == 0:
        return Numbers("dev-1", "r-1", now_ms, at_ms, quality, {code: 70.0})
    if kind == 1:
        one = Event(code, at_ms, "on", time_quality=quality)
    elif kind == 2 and quality is TimeQuality.DEVICE:
        samples = np.zeros((draw.choice((10, 1_200)), 1))
        one = waveform_from_array(code, samples, observed_at_ms=at_ms, sampling_rate_hz=1, channels=("I",))
    return Reading("dev-1", "r-1", now_ms, (one,))


def _stored(checks: QualityChecks, message: Reading | Numbers) -> Quality:
    if isinstance(message, Numbers):
        if checks.passes(message):
            return Quality.GOOD
        message = message.reading()
    [kept] = checks.check(message).kept
    return Quality(kept.quality) & _TIME_FLAGS


@pytest.mark.parametrize("seed", range(30))
def test_both_rooms_say_the_same_of_every_reading(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_ms: dict[str, int] = {}
    monkeypatch.setattr(Witness, "ends_ms", ends_ms, raising=False)
    checks, engine = QualityChecks(), Engine([Witness])
    for code, message in zip(_CODES, _stream(seed), strict=True):
        flags = _stored(checks, message)
        engine.feed(message)
        [one], now_ms = message.observations, message.received_at_ms
        own_ms = until_ms(one)
        if flags == Quality.CLOCK_SKEW:
            assert ends_ms[code] == now_ms
        elif flags == _TIME_FLAGS:
            assert own_ms < ends_ms[code] < now_ms - LATE_MS
        else:
            assert ends_ms[code] == own_ms
            assert (now_ms - own_ms > LATE_MS) == (flags == Quality.LATE)


def test_all_four_answers_are_given() -> None:
    said = set()
    for seed in range(30):
        checks = QualityChecks()
        said |= {_stored(checks, message) for message in _stream(seed)}
    assert said == {Quality.GOOD, Quality.LATE, Quality.CLOCK_SKEW, _TIME_FLAGS}
