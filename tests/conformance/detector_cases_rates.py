"""Cases for heart rates and glucose, held against limits and the own days."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.rules.detector import Profile
from tests.conformance.detector_cases import Case, at, each

CASES: dict[str, Sequence[Case]] = {
    "heart_rate_high": [
        Case(
            "132 for five minutes",
            each("heart_rate", *[132] * 6),
            [("heart_rate_high", "present", "HIGH", 300)],
        ),
        Case("115 for ten minutes", each("heart_rate", *[115] * 11), [("heart_rate_high", "present", "MEDIUM", 600)]),
        Case("up the stairs", each("heart_rate", 90, 125, 140, 138, 110, 95), []),
        Case(
            "after a rest 180, held",
            each("heart_rate", *[70, 71] * 8, *[180, 182] * 4),
            [("heart_rate_high", "present", "HIGH", 1_260)],
        ),
        Case(
            "dropouts", each("heart_rate", *[70] * 9, 26, 58, 114, 176, 132, 201, 131, 190, 140, 176, 22, 150, 190), []
        ),
        Case("170, frozen for six minutes", each("heart_rate", *[70, 71] * 8, *[170] * 6, *[72] * 9), []),
        Case(
            "117 on a walk, steps counted",
            [
                one
                for i in range(30)
                for one in (at("steps", 60.0 * i, 100 + 90 * i), at("heart_rate", 60.0 * i + 1, 117 + i % 3))
            ],
            [],
        ),
        Case(
            "whose heart is fast every day",
            each("heart_rate", *[105, 109, 107] * 40, *[112, 113] * 10, *[127, 126] * 6),
            [("heart_rate_high", "present", "MEDIUM", 9_000)],
        ),
    ],
    "heart_rate_low": [
        Case("38 for two minutes", each("pulse_rate", *[38] * 3), [("heart_rate_low", "present", "HIGH", 120)]),
        Case(
            "45 under a beta blocker",
            each("pulse_rate", *[45] * 20),
            [],
            profile=Profile(report_period_s=60, flags=frozenset({"beta_blocker"})),
        ),
    ],
    "usual_heart_rate": [
        Case(
            "slow by habit: asked about once",
            [at("heart_rate", 300.0 * i, 47 + i % 3) for i in range(600)],
            [("usual_heart_rate", "present", "LOW", 79_200)],
        ),
        Case("a usual heart", [at("heart_rate", 300.0 * i, 67 + i % 9) for i in range(600)], []),
    ],
    "glucose_low": [
        Case(
            "a fingertip of 3.6, then 2.8, eaten, re-armed",
            [at("glucose", s, v) for s, v in ((0, 3.6), (900, 2.8), (1_800, 5.4), (2_700, 6.0), (9_000, 3.7))],
            [
                ("glucose_low", "present", "MEDIUM", 0),
                ("glucose_low", "present", "HIGH", 900),
                ("glucose_low", "gone", "HIGH", 2_700),
                ("glucose_low", "present", "MEDIUM", 9_000),
            ],
            profile=Profile(),
        ),
        Case(
            "a sensor under pressure for ten minutes",
            [at("glucose", s, v) for s, v in ((0, 5.6), (300, 3.4), (600, 3.5), (900, 5.5))],
            [],
            profile=Profile(report_period_s=300),
        ),
        Case(
            "a sensor's excursion with a short return is one alarm, and worse is told again",
            [
                at("glucose", 300 * i, v)
                for i, v in enumerate((3.8, 3.6, 3.5, 3.4, 5.2, 5.1, 3.6, 2.8, 2.7, *[5.4] * 7))
            ],
            [
                ("glucose_low", "present", "MEDIUM", 900),
                ("glucose_low", "present", "HIGH", 2_400),
                ("glucose_low", "gone", "HIGH", 4_500),
            ],
            profile=Profile(report_period_s=300, flags=frozenset({"diabetes"})),
        ),
        Case(
            "fifty minutes of somebody without diabetes",
            [at("glucose", 300 * i, v) for i, v in enumerate((*[3.6] * 11, *[5.4] * 8))],
            [],
            profile=Profile(report_period_s=300),
        ),
        Case(
            "a severe low of somebody without diabetes",
            [at("glucose", 300 * i, 2.6) for i in range(4)],
            [("glucose_low", "present", "HIGH", 900)],
            profile=Profile(report_period_s=300),
        ),
    ],
    "glucose_high": [
        Case("17.2", [at("glucose", 0, 17.2)], [("glucose_high", "present", "HIGH", 0)], profile=Profile())
    ],
}
