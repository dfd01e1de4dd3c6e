"""Numbers that come together are looked at together, and judged exactly as if they were looked at one by one."""

from __future__ import annotations

import random

import pytest

from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.observation import Observation, Scalar, TimeQuality
from anhu.contract.record import Numbers, Reading
from ingest.quality import QualityChecks

_T0 = 1_795_300_000_000
_SETS = (
    ("heart_rate", "spo2"),
    ("heart_rate", "spo2", "respiration_rate"),
    ("battery",),
    ("spo2",),
    ("weight", "battery"),
)


def _stream(seed: int) -> list[Numbers]:
    """Make a device's life: mostly regular, with pauses, repetitions, corrections, late bursts and a wrong clock."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    sent: list[Numbers] = []
    at_ms, behind_ms, companies = _T0, 0, _SETS[: chance.choice((1, 2, 3, 5))]
    for _ in range(400):
        at_ms += chance.choices((MINUTE_MS, 0, 20 * MINUTE_MS, 3 * SECOND_MS), (90, 3, 4, 3))[0]
        if chance.random() < 0.02:
            behind_ms = chance.choice((0, 0, 30 * MINUTE_MS, -30 * MINUTE_MS, 5 * MINUTE_MS))
        values = {
            code: chance.choices((70.0, 71.5, 96.0, 900.0), (40, 30, 29, 1))[0] for code in chance.choice(companies)
        }
        quality = TimeQuality.RECEIVED if chance.random() < 0.02 else TimeQuality.DEVICE
        sent.append(Numbers("dev-1", "r-1", at_ms, at_ms - behind_ms, quality, values))
        if chance.random() < 0.05:
            old = chance.choice(sent[-8:])
            again = {code: value + chance.choice((0.0, 0.0, 1.0)) for code, value in old.values.items()}
            sent.append(Numbers("dev-1", "r-1", at_ms, old.observed_at_ms, old.time_quality, again))
    return sent


@pytest.mark.parametrize("seed", range(40))
def test_together_or_one_by_one_the_verdict_is_the_same(seed: int) -> None:
    together, one_by_one = QualityChecks(), QualityChecks()
    passed = 0
    for numbers in _stream(seed):
        expected = one_by_one.check(numbers.reading())
        if together.passes(numbers):
            passed += 1
            assert (expected.kept, expected.duplicates, expected.conflicts) == (numbers.observations, 0, ())
        else:
            assert together.check(numbers.reading()) == expected
    assert passed  # the quick way is taken at all


def test_what_is_regular_passes_from_the_first_message_on() -> None:
    checks = QualityChecks()
    for minute in range(50):
        at_ms = _T0 + minute * MINUTE_MS
        assert checks.passes(
            Numbers("dev-1", "r-1", at_ms, at_ms, TimeQuality.DEVICE, {"heart_rate": 70.0, "spo2": 97.0})
        )


def test_after_something_odd_the_quick_way_is_taken_again() -> None:
    checks = QualityChecks()

    def told(at_ms: int, heart_rate: float) -> Numbers:
        values = {"heart_rate": heart_rate, "spo2": 97.0}
        return Numbers("dev-1", "r-1", at_ms, at_ms, TimeQuality.DEVICE, values)

    assert checks.passes(told(_T0, 70.0))
    odd = told(_T0 + MINUTE_MS, 900.0)
    assert not checks.passes(odd)
    kept: tuple[Observation, ...] = checks.check(odd.reading()).kept
    assert kept[0].quality
    assert checks.passes(told(_T0 + 2 * MINUTE_MS, 71.0))
    alone = Reading("dev-1", "r-1", _T0 + MINUTE_MS, (Scalar("heart_rate", 900.0, _T0 + MINUTE_MS),))
    assert checks.check(alone).duplicates == 1
