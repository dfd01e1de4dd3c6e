"""A worn device whose pulse nobody can read says so, low, and says when it can be read again."""

from __future__ import annotations

import msgspec
import numpy as np

from alerts.detectors.ppg_pulse import PpgPulse
from alerts.finding import Condition, Finding
from alerts.rules.unreadable import UnreadableWatch
from anhu.contract.priority import Priority
from tests.conformance.detector_cases_ppg import drawn, irregular, regular, resting
from tests.conformance.detector_streams import handed

MINUTE_MS = 60_000


def watch() -> UnreadableWatch:
    return UnreadableWatch(
        "measure_again", "ppg", within_ms=30 * MINUTE_MS, step_ms=2_000, least_share=0.1, enough_share=0.5
    )


def fed(watched: UnreadableWatch, first_min: float, minutes: float, told_share: float) -> list[Finding]:
    """Hand over estimates every 2 s, some of them told."""
    found: list[Finding] = []
    for k in range(round(minutes * 30)):
        t_ms = round(first_min * MINUTE_MS) + 2_000 * k
        found += watched.feed(t_ms, "w", told=k % 100 < 100 * told_share)
    return found


def test_half_an_hour_without_a_sure_rate_is_said_once_and_low() -> None:
    found = fed(watch(), 0, 90, 0.02)
    assert [(f.kind, f.condition, f.priority) for f in found] == [("measure_again", Condition.PRESENT, Priority.LOW)]
    assert 20 * MINUTE_MS <= found[0].decided_at_ms <= 35 * MINUTE_MS
    assert found[0].evidence.features["told_share"] < 0.1


def test_a_day_of_moving_much_says_nothing() -> None:
    assert fed(watch(), 0, 600, 0.3) == []


def test_it_is_over_when_most_rates_are_sure_again_or_the_device_stops() -> None:
    watched = watch()
    fed(watched, 0, 40, 0.0)
    assert fed(watched, 40, 4, 1.0) == []
    assert [f.condition for f in fed(watched, 44, 10, 1.0)] == [Condition.GONE]
    watched = watch()
    fed(watched, 0, 40, 0.0)
    assert [f.condition for f in watched.stop(41 * MINUTE_MS, "w")] == [Condition.GONE]
    assert list(watched.stop(42 * MINUTE_MS, "w")) == []


def test_a_few_estimates_in_a_long_time_are_no_reason() -> None:
    watched, found = watch(), []
    for hour in range(10):
        found += fed(watched, 60 * hour, 2, 0.0)
    assert found == []


def test_its_state_survives_a_restart() -> None:
    first, second = watch(), watch()
    fed(first, 0, 22, 0.0)
    second.restore(msgspec.json.decode(msgspec.json.encode(first.snapshot())))
    assert fed(second, 22, 20, 0.0) == fed(first, 22, 20, 0.0) != []


def test_a_live_wave_that_holds_no_pulse_is_told_of_and_a_pulse_ends_it() -> None:
    noise = np.random.default_rng(3).normal(0, 300, 64 * 2_700)
    found = handed(PpgPulse(), resting(np.concatenate([noise, drawn(regular(70, 900), 900)])))
    assert [(f.kind, f.condition, f.priority) for f in found] == [
        ("measure_again", Condition.PRESENT, Priority.LOW),
        ("measure_again", Condition.GONE, Priority.LOW),
    ]


def test_an_alarm_says_how_much_of_the_last_half_hour_was_told() -> None:
    (found,) = handed(PpgPulse(), resting(drawn(irregular(260), 260)))
    assert 0.3 < found.evidence.features["told_share"] <= 1.0
