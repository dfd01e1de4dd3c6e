"""Cases for nights and mornings at home. The stream begins at 6:26:40 by the resident's clock."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.rules.detector import Profile, Window
from tests.conformance.detector_cases import Case
from tests.conformance.detector_cases_home import DAY, HOME, HOUR, NIGHT_S, bed, days, door, motion


def restless(n: int, away_s: float) -> list[Window]:
    """Five times out of bed each night, for so long each time; nothing else sees it."""
    out = [[(NIGHT_S + i * HOUR, 0.0), (NIGHT_S + i * HOUR + away_s, 1.0)] for i in range(1, 6)]
    night = [(NIGHT_S, 1.0), *(one for pair in out for one in pair), (24.6 * HOUR, 0.0)]
    return [bed(d * DAY + second, state) for d in range(n) for second, state in night]


def late_riser(day: int) -> list[Window]:
    """In bed from 2:26, up for the bathroom at 5:06 and 6:16, for good at 10:56."""
    awake = [(22.6, 0), (22.8, 1), (23.8, 0), (24.0, 1), (28.5, 0)]
    seen = [(22.7, "bathroom"), (23.9, "bathroom"), *((28.6 + 0.5 * i, "living_room") for i in range(28))]
    events = [(20.0, bed(day * DAY + 20 * HOUR, 1))]
    events += [(h, bed(day * DAY + h * HOUR, state)) for h, state in awake]
    events += [(h, motion(day * DAY + h * HOUR, room)) for h, room in seen]
    return [one for _, one in sorted(events, key=lambda pair: pair[0])]


CASES: dict[str, Sequence[Case]] = {
    "bed_exit": [
        Case(
            "out of bed at half past two, not back",
            [bed(NIGHT_S, 1), bed(20 * HOUR, 0)],
            [("bed_exit", "present", "MEDIUM", 74700)],
            HOME,
            22 * HOUR,
        ),
        Case(
            "with a high risk of falling",
            [bed(NIGHT_S, 1), bed(20 * HOUR, 0), bed(20.3 * HOUR, 1)],
            [("bed_exit", "present", "MEDIUM", 72900), ("bed_exit", "gone", "MEDIUM", 73080)],
            Profile(flags=frozenset({"fall_risk"})),
            22 * HOUR,
        ),
        Case(
            "the bathroom and back",
            [bed(NIGHT_S, 1), bed(20 * HOUR, 0), motion(20.1 * HOUR, "bathroom"), bed(20.15 * HOUR, 1)],
            [],
            HOME,
            22 * HOUR,
        ),
        Case(
            "awake for half an hour, seen",
            [bed(NIGHT_S, 1), bed(20 * HOUR, 0), motion(20.1 * HOUR), motion(20.3 * HOUR), bed(20.5 * HOUR, 1)],
            [],
            HOME,
            22 * HOUR,
        ),
        Case(
            "five times a night, and once not back",
            [*restless(9, 300), bed(9 * DAY + NIGHT_S, 1), bed(9 * DAY + 20 * HOUR, 0)],
            [("bed_exit", "present", "MEDIUM", 9 * DAY + 20 * HOUR + 900)],
            HOME,
            9 * DAY + 22 * HOUR,
        ),
        Case(
            "a risk of falling, the own nights known",
            [*restless(9, 300), bed(9 * DAY + NIGHT_S, 1), bed(9 * DAY + 20 * HOUR, 0)],
            [("bed_exit", "present", "MEDIUM", 9 * DAY + 20 * HOUR + 480)],
            Profile(flags=frozenset({"fall_risk"})),
            9 * DAY + 22 * HOUR,
        ),
        Case(
            "half an hour each time is his usual",
            [*restless(9, 1_800), bed(9 * DAY + NIGHT_S, 1), bed(9 * DAY + 20 * HOUR, 0)],
            [("bed_exit", "present", "MEDIUM", 9 * DAY + 20 * HOUR + 2_250)],
            HOME,
            9 * DAY + 22 * HOUR,
        ),
        Case("up at seven", [bed(NIGHT_S, 1), bed(24.6 * HOUR, 0)], [], HOME, 30 * HOUR),
    ],
    "not_up": [
        Case(
            "still in bed",
            [*days(9), bed(8 * DAY + 16 * HOUR, 1)],
            [("not_up", "present", "MEDIUM", 790184)],
            HOME,
            9 * DAY + 12 * HOUR,
        ),
        Case(
            "rises late",
            [*days(9), motion(9 * DAY + 5 * HOUR), motion(9 * DAY + 5.2 * HOUR)],
            [("not_up", "present", "MEDIUM", 790184), ("not_up", "gone", "MEDIUM", 795600)],
            HOME,
            9 * DAY + 12 * HOUR,
        ),
        Case(
            "in bed all of the second day: waited for until two in the first week",
            [*days(1), bed(17 * HOUR, 1)],
            [("not_up", "present", "MEDIUM", 113600)],
            HOME,
            2 * DAY,
        ),
        Case(
            "sleeps until eleven, up twice at night",
            [one for d in range(12) for one in late_riser(d)],
            [],
            HOME,
        ),
        Case("away since the evening", [*days(9), door(8 * DAY + 15 * HOUR)], [], HOME, 9 * DAY + 12 * HOUR),
    ],
}
