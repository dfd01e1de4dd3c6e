"""Who measures now and then is seen to recover: healthy readings in a row count, however far apart they are."""

from __future__ import annotations

import pytest

from alerts.accuracy.days import DEVICE, RESIDENT, engine_of
from alerts.finding import Condition
from alerts.rules.detector import Profile
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
HOUR = 3_600_000


def said(rule: str, quantity: str, values: list[float], every_ms: int = HOUR) -> list[tuple[int, Condition]]:
    """Return what is said of readings, and with which of them."""
    engine = engine_of([rule], Profile(), T0)
    found = []
    for i, value in enumerate(values):
        t = T0 + i * every_ms
        told = [*engine.advance(t - 1), *engine.feed(Reading(DEVICE, RESIDENT, t, (Scalar(quantity, value, t),)))]
        found += [(i, one.finding.condition) for one in told]
    return found


@pytest.mark.parametrize("every_ms", [HOUR, 12 * HOUR])
def test_a_lone_high_pressure_ends_with_two_readings_that_are_not(every_ms: int) -> None:
    found = said("pressure_crisis", "systolic_pressure", [140, 185, 150, 148, 150], every_ms)
    assert found == [(2, Condition.PRESENT), (3, Condition.GONE)]


def test_one_healthy_reading_between_two_high_ones_ends_nothing() -> None:
    found = said("pressure_crisis", "systolic_pressure", [185, 150, 185, 150, 185])
    assert Condition.GONE not in [condition for _, condition in found]


def test_what_must_last_before_it_ends_is_not_ended_by_readings_far_apart() -> None:
    beats = [150.0] * 15 + [70.0] * 2
    engine = engine_of(["heart_rate_high"], Profile(report_period_s=60), T0)
    found = []
    for i, bpm in enumerate(beats):
        t = T0 + i * 60_000 + (i > 14) * 2 * HOUR + (i > 15) * 2 * HOUR
        found += engine.feed(Reading(DEVICE, RESIDENT, t, (Scalar("heart_rate", bpm, t),)))
    assert [one.finding.condition for one in found].count(Condition.GONE) == 0
    assert found
