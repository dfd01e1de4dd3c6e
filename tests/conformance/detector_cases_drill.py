"""The drill."""

from tests.conformance.detector_cases import Case, at

CASES = {
    "drill_call": [
        Case("a drill", [at("drill_call", 0, 1)], [("drill_call", "present", "HIGH", 0)]),
        Case("a drill that is over", [at("drill_call", 0, 0)], []),
        Case(
            "two drills",
            [at("drill_call", s, 1) for s in (0, 60)],
            [("drill_call", "present", "HIGH", 0), ("drill_call", "present", "HIGH", 60)],
        ),
    ]
}
