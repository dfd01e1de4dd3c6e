"""Equal values are kept once, and values that only look equal are not mixed up."""

from __future__ import annotations

from alerts.detectors.heart_rate_high import HeartRateHigh
from alerts.rules.detector import Profile
from alerts.rules.one_of import one_of


def test_equal_profiles_are_one_object() -> None:
    first, second, other = (
        one_of(Profile(limits={"heart_rate_high.medium_bpm": bpm}, flags=frozenset({"copd"})))
        for bpm in (105.0, 105.0, 106.0)
    )
    assert first is second
    assert other is not first
    assert other.limits == {"heart_rate_high.medium_bpm": 106.0}


def test_numbers_of_another_type_stay_what_they_are() -> None:
    assert [type(one_of(value)) for value in (1, 1.0, True)] == [int, float, bool]


def test_residents_of_one_profile_share_rules_and_no_state() -> None:
    first, second = (HeartRateHigh.for_profile(Profile(report_period_s=60.0)) for _ in range(2))
    assert first.rules is second.rules  # type: ignore[attr-defined]
    for minute in range(30):
        first.note("heart_rate", minute * 60_000 + 1, 80.0)
    assert second.snapshot() == HeartRateHigh.for_profile(Profile()).snapshot()
