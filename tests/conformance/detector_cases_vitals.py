"""Cases for vital signs that are judged together, or against the resident's own weeks."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.rules.detector import Profile, Window
from tests.conformance.detector_cases import Case, at

SPOT = Profile()
HEART_FAILURE = Profile(flags=frozenset({"heart_failure"}))
SENSOR = Profile(report_period_s=300, flags=frozenset({"diabetes"}))
DAY = 86_400.0


def minutes(quantity: str, start: int, n: int, value: float) -> list[Window]:
    return [at(quantity, 60.0 * (start + i), value) for i in range(n)]


def daily(quantity: str, *values: float, at_s: float = 0.0) -> list[Window]:
    return [at(quantity, day * DAY + at_s, value) for day, value in enumerate(values)]


def cuff(day: int, hour: float, systolic: float, diastolic: float) -> list[Window]:
    second = day * DAY + hour * 3_600
    return [at("systolic_pressure", second, systolic), at("diastolic_pressure", second, diastolic)]


def protocol(systolic: float, diastolic: float, days: int = 8) -> list[Window]:
    """Twice a day, twice each time: at 6:26, when the stream begins, and at 19:26 by the resident's clock."""
    times = [(day, hour + minute / 60) for day in range(days) for hour in (0, 13) for minute in (0, 2)]
    return [one for day, hour in times for one in cuff(day, hour, systolic, diastolic)]


def night(number: int, value: float) -> list[Window]:
    """Eight hours, a reading every ten minutes, from 22:26 by the resident's clock (the stream begins at 6:26)."""
    return [at("spo2", number * DAY + 57_600 + 600 * i, value) for i in range(48)]


def sensor(*values: float) -> list[Window]:
    return [at("glucose", 300.0 * i, value) for i, value in enumerate(values)]


def rising_rest() -> list[Window]:
    """Four weeks at 64, then days at 78; a reading each quarter of an hour."""
    levels = [64.0 + day % 3 for day in range(28)] + [78.0] * 5
    return [at("heart_rate", day * DAY + 900 * i, level) for day, level in enumerate(levels) for i in range(96)]


CASES: dict[str, Sequence[Case]] = {
    "news2": [
        Case(
            "a chest infection: pulse 118, breathing 24, 93 %",
            [*minutes("heart_rate", 0, 8, 118), at("respiration_rate", 30, 24), at("spo2", 60, 93)],
            [("news2", "present", "MEDIUM", 360)],
            until_s=3_600,
        ),
        Case(
            "sepsis: and 98 mmHg",
            [
                at("respiration_rate", 0, 24),
                at("spo2", 10, 93),
                at("systolic_pressure", 20, 98),
                at("heart_rate", 30, 118),
            ],
            [("news2", "present", "MEDIUM", 320), ("news2", "present", "HIGH", 330)],
            until_s=3_600,
        ),
        Case("a fast pulse alone has a rule of its own", minutes("heart_rate", 0, 10, 135), [], until_s=3_600),
        Case("up the stairs", [at("spo2", 0, 96), *minutes("heart_rate", 1, 3, 128)], [], until_s=3_600),
        Case("three healthy parts", [at("spo2", 0, 97), at("systolic_pressure", 1, 182), at("heart_rate", 2, 70)], []),
        Case(
            "91 % with COPD",
            [at("spo2", 0, 90), at("respiration_rate", 1, 22), at("heart_rate", 2, 95)],
            [],
            profile=Profile(flags=frozenset({"copd"})),
            until_s=3_600,
        ),
    ],
    "pressure_uncontrolled": [
        Case(
            "142/86 for a week",
            protocol(142, 86),
            [("pressure_uncontrolled", "present", "LOW", 358400)],
            until_s=9 * DAY,
        ),
        Case(
            "142/82 at 70 years",
            protocol(142, 82),
            [],
            profile=Profile(flags=frozenset({"age_65"})),
            until_s=9 * DAY,
        ),
        Case("three days only", protocol(160, 95, days=3), [], until_s=9 * DAY),
        Case(
            "sixteen readings",
            protocol(142, 86, days=5),
            [("pressure_uncontrolled", "present", "LOW", 358400)],
            until_s=9 * DAY,
        ),
        Case(
            "sixteen readings of a fibrillating heart",
            protocol(142, 86, days=5),
            [],
            profile=Profile(flags=frozenset({"atrial_fibrillation"})),
            until_s=9 * DAY,
        ),
    ],
    "weight_gain": [
        Case(
            "2.4 kg in three days",
            [*daily("weight", 61.0, 61.2, 62.2, 63.4), at("weight", 3 * DAY + 600, 63.5)],
            [
                ("measure_again", "present", "LOW", 259200),
                ("measure_again", "gone", "LOW", 259800),
                ("weight_gain", "present", "MEDIUM", 259800),
            ],
            HEART_FAILURE,
            6 * DAY,
        ),
        Case(
            "2.4 kg, not measured again",
            daily("weight", 61.0, 61.2, 62.2, 63.4),
            [
                ("measure_again", "present", "LOW", 259200),
                ("measure_again", "gone", "LOW", 345600),
                ("weight_gain", "present", "MEDIUM", 345600),
            ],
            HEART_FAILURE,
            6 * DAY,
        ),
        Case("the grandson on the scale", daily("weight", 61.0, 61.2, 41.0, 61.3), [], HEART_FAILURE, 6 * DAY),
        Case("no heart failure", daily("weight", 61.0, 61.2, 62.2, 63.4, 63.5), [], SPOT, 6 * DAY),
    ],
    "weight_loss": [
        Case(
            "62 kg, then 58",
            daily("weight", *[62.0] * 40, *[58.0] * 30),
            [("weight_loss", "present", "LOW", 4579200)],
            SPOT,
        ),
        Case("62 kg, then 60.5", daily("weight", *[62.0] * 40, *[60.5] * 30), [], SPOT),
    ],
    "glucose_falling": [
        Case(
            "from 7.6, 0.1 a minute",
            sensor(7.6, 7.1, 6.6, 6.1, 5.6, 5.1, 4.6, 4.1, 4.0, 4.0, 5.1, *[5.6] * 6),
            [("glucose_falling", "present", "MEDIUM", 2100), ("glucose_falling", "gone", "MEDIUM", 4800)],
            SENSOR,
        ),
        Case(
            "an excursion is told once, though it comes back for a moment",
            sensor(5.6, 5.1, 4.6, 4.1, 3.7, 3.6, 4.4, 4.2, 3.8, 3.6, 4.3, 4.1, 3.8),
            [("glucose_falling", "present", "MEDIUM", 900)],
            SENSOR,
        ),
        Case("nobody knows of diabetes", sensor(5.6, 5.1, 4.6, 4.1, 3.7), [], Profile(report_period_s=300)),
        Case("one wrong reading", sensor(6.0, 6.1, 6.0, 4.0, 6.0, 6.1, 6.0), [], SENSOR),
        Case("after a meal", sensor(9.0, 11.0, 12.0, 11.5, 11.0, 10.4, 9.9), [], SENSOR),
    ],
    "spo2_nights": [
        Case(
            "three low nights",
            [one for k in range(3) for one in night(k, 88)],
            [("spo2_nights", "present", "LOW", 261200)],
            until_s=4 * DAY,
        ),
        Case("two low nights", [one for k in range(2) for one in night(k, 88)], [], until_s=4 * DAY),
    ],
    "trend": [Case("the rate at rest rises by 13", rising_rest(), [("trend", "present", "LOW", 2742300)])],
    "measure_again": [
        Case(
            "178, then 132",
            [
                *daily("systolic_pressure", *[130] * 7),
                at("systolic_pressure", 7 * DAY, 178),
                at("systolic_pressure", 7 * DAY + 300, 132),
            ],
            [("measure_again", "present", "LOW", 604800), ("measure_again", "gone", "LOW", 605100)],
            SPOT,
        ),
        Case(
            "186, and nothing more",
            [at("systolic_pressure", 0, 186)],
            [("measure_again", "present", "LOW", 0), ("measure_again", "gone", "LOW", 3600)],
            SPOT,
            7_200,
        ),
        Case("a device that measures by itself", [at("systolic_pressure", 0, 186)], [], until_s=7_200),
    ],
    "diabetic_tachycardia": [
        Case(
            "106 for an hour and a half",
            minutes("heart_rate", 0, 100, 106),
            [("heart_rate_high", "present", "MEDIUM", 5400)],
            Profile(report_period_s=60, flags=frozenset({"diabetes"})),
        ),
        Case("106 without diabetes", minutes("heart_rate", 0, 100, 106), []),
    ],
}
