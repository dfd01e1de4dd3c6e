from __future__ import annotations

import pytest

from alerts.rules import news2_score as news2
from alerts.rules import referral

CHART = [
    ("respiration_rate", 8, 3), ("respiration_rate", 9, 1), ("respiration_rate", 11, 1), ("respiration_rate", 12, 0),
    ("respiration_rate", 20, 0), ("respiration_rate", 21, 2), ("respiration_rate", 24, 2), ("respiration_rate", 25, 3),
    ("spo2", 91, 3), ("spo2", 92, 2), ("spo2", 93, 2), ("spo2", 94, 1), ("spo2", 95, 1), ("spo2", 96, 0),
    ("systolic_pressure", 90, 3), ("systolic_pressure", 91, 2), ("systolic_pressure", 100, 2),
    ("systolic_pressure", 101, 1), ("systolic_pressure", 110, 1), ("systolic_pressure", 111, 0),
    ("systolic_pressure", 219, 0), ("systolic_pressure", 220, 3),
    ("heart_rate", 40, 3), ("heart_rate", 41, 1), ("heart_rate", 50, 1), ("heart_rate", 51, 0), ("heart_rate", 90, 0),
    ("heart_rate", 91, 1), ("heart_rate", 110, 1), ("heart_rate", 111, 2), ("heart_rate", 130, 2),
    ("heart_rate", 131, 3),
    ("body_temperature", 35.0, 3), ("body_temperature", 35.1, 1), ("body_temperature", 36.0, 1),
    ("body_temperature", 36.1, 0), ("body_temperature", 38.0, 0), ("body_temperature", 38.1, 1),
    ("body_temperature", 39.0, 1), ("body_temperature", 39.1, 2),
]  # fmt: skip


@pytest.mark.parametrize(("part", "value", "expected"), CHART)
def test_the_chart(part: str, value: float, expected: int) -> None:
    assert news2.points(part, value) == expected


@pytest.mark.parametrize(
    ("value", "air", "oxygen"),
    [(83, 3, 3), (84, 2, 2), (86, 1, 1), (88, 0, 0), (92, 0, 0), (93, 0, 1), (94, 0, 1), (95, 0, 2), (97, 0, 3)],
)
def test_scale_2(value: float, air: int, oxygen: int) -> None:
    assert news2.points("spo2", value, scale_2=True) == air
    assert news2.points("spo2", value, scale_2=True, oxygen=True) == oxygen


def test_what_is_missing_or_old_is_named_and_never_counted() -> None:
    scored = news2.score({"spo2": (90.0, 60.0), "heart_rate": (120.0, 4_000.0)})
    assert dict(scored.parts) == {"spo2": 3}
    assert scored.total == 3
    assert scored.missing == (
        "respiration_rate",
        "systolic_pressure",
        "heart_rate",
        "body_temperature",
        "consciousness",
    )
    assert scored.has_single_three


def test_oxygen_adds_its_points() -> None:
    assert news2.score({"spo2": (97.0, 0.0)}, oxygen=True).total == 2


@pytest.mark.parametrize(("language", "word"), [("en", "missing: respiration"), ("zh-CN", "缺少：呼吸")])
def test_the_line_says_ages_and_what_is_missing(language: str, word: str) -> None:
    line = news2.described(news2.score({"spo2": (92.0, 120.0)}), language)
    assert word in line
    assert "2" in line


def test_the_referral_table_covers_what_the_score_does_not() -> None:
    assert news2.points("systolic_pressure", 182) == 0
    assert [r.feature for r in referral.rows_met({"systolic_pressure": 182.0}, ())] == ["referral_systolic_mmhg"]
    assert referral.rows_met({"heart_rate": 105.0}, ()) == ()
    assert len(referral.rows_met({"heart_rate": 105.0, "glucose": 3.9}, {"diabetes"})) == 2
