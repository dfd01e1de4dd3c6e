"""Cases for the sensors of a home. The stream begins at 6:26:40 by the resident's clock."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.rules.detector import HEARD, Profile, Window
from tests.conformance.detector_cases import Case, at

HOME = Profile()
ALONE = Profile(flags=frozenset({"lives_alone"}))
DEMENTIA = Profile(flags=frozenset({"dementia"}))
DAY, HOUR = 86_400.0, 3_600.0
NIGHT_S = 17 * HOUR
"""23:26:40."""


def motion(second: float, room: str = "living_room") -> Window:
    return at("motion", second, 1, context=room)


def door(second: float, state: float = 1) -> Window:
    return at("contact", second, state, context="front_door")


def bed(second: float, state: float) -> Window:
    return at("bed", second, state, context="bedroom")


def days(n: int, *, first_h: float = 0.5, every_h: float = 0.5, until_h: float = 15.0) -> list[Window]:
    """Motion in the living room from morning to evening."""
    spans = round((until_h - first_h) / every_h)
    return [motion(d * DAY + (first_h + i * every_h) * HOUR) for d in range(n) for i in range(spans)]


def visits(n: int) -> list[Window]:
    """Five minutes in the bathroom, then the living room, once an hour from 8:26."""
    return [
        one
        for i in range(n)
        for one in (motion((2 + i) * HOUR, "bathroom"), motion((2 + i) * HOUR + 300), motion((2.5 + i) * HOUR))
    ]


def stay(second: float) -> list[Window]:
    return [motion(second, "bathroom"), motion(second + 360)]


def nights(n: int) -> list[Window]:
    """In bed from 23:26 to 7:02."""
    return [one for d in range(n) for one in (bed(d * DAY + NIGHT_S, 1), bed(d * DAY + 24.6 * HOUR, 0))]


def television(first_day: int, n: int) -> list[Window]:
    """Days with five hours in a chair that nothing watches, after dinner."""
    day = [0.5 + 0.5 * i for i in range(19)] + [14.6, 15.0]
    return [motion((first_day + d) * DAY + h * HOUR) for d in range(n) for h in day]


def late_riser(day: int) -> list[Window]:
    """In bed from 2:26, up for the bathroom at 5:06 and 6:16, for good at 10:56."""
    awake = [(22.6, 0), (22.8, 1), (23.8, 0), (24.0, 1), (28.5, 0)]
    seen = [(22.7, "bathroom"), (23.9, "bathroom"), *((28.6 + 0.5 * i, "living_room") for i in range(28))]
    events = [(20.0, bed(day * DAY + 20 * HOUR, 1))]
    events += [(h, bed(day * DAY + h * HOUR, state)) for h, state in awake]
    events += [(h, motion(day * DAY + h * HOUR, room)) for h, room in seen]
    return [one for _, one in sorted(events, key=lambda pair: pair[0])]


def fix(second: float, north_m: float, accuracy_m: float = 20.0) -> Window:
    latitude = 39.9 + north_m / 111_195
    return at("position", second, 1, latitude_deg=latitude, longitude_deg=116.4, accuracy_m=accuracy_m)


def fenced(*flags: str) -> Profile:
    area = {"wandering.latitude_deg": 39.9, "wandering.longitude_deg": 116.4, "wandering.radius_m": 500.0}
    return Profile(limits=area, flags=frozenset(flags))


CASES: dict[str, Sequence[Case]] = {
    "no_motion": [
        Case(
            "still since 8:26, living alone",
            [motion(2 * HOUR)],
            [("no_motion", "present", "MEDIUM", 36000)],
            ALONE,
            20 * HOUR,
        ),
        Case(
            "still since 8:26, the sensors are there",
            [motion(2 * HOUR), at(HEARD, 12 * HOUR, 1)],
            [("no_motion", "present", "MEDIUM", 36000), ("no_motion", "present", "HIGH", 46800)],
            ALONE,
            20 * HOUR,
        ),
        Case("went shopping", [motion(2 * HOUR), door(2.5 * HOUR), door(2.5 * HOUR + 20, 0)], [], ALONE, 20 * HOUR),
        Case(
            "never came back",
            [motion(2 * HOUR), door(2.5 * HOUR)],
            [("no_motion", "present", "MEDIUM", 95400)],
            ALONE,
            40 * HOUR,
        ),
        Case(
            "home again and then still",
            [motion(2 * HOUR), door(2.5 * HOUR), door(4 * HOUR)],
            [("no_motion", "present", "MEDIUM", 43200)],
            HOME,
            13 * HOUR,
        ),
        Case("asleep in bed all day", [motion(HOUR), bed(2 * HOUR, 1)], [], ALONE, 15 * HOUR),
        Case(
            "every sensor lost its connection",
            [motion(2 * HOUR), at("connection", 3 * HOUR, 0)],
            [],
            ALONE,
            20 * HOUR,
        ),
        Case(
            "moves again",
            [motion(2 * HOUR), motion(11 * HOUR)],
            [("no_motion", "present", "MEDIUM", 36000), ("no_motion", "gone", "MEDIUM", 39600)],
            HOME,
            12 * HOUR,
        ),
        Case(
            "who is never still for long is missed after six hours",
            days(9),
            [("no_motion", "present", "MEDIUM", 800984)],
            HOME,
            10 * DAY,
        ),
        Case("five hours of television each day", [*days(9), *television(9, 5)], [], HOME),
    ],
    "bathroom_dwell": [
        Case(
            "fell in the shower, a presence sensor sees it",
            [at("presence", 3 * HOUR, 1, context="bathroom"), at("presence", 4 * HOUR, 0, context="bathroom")],
            [
                ("bathroom_dwell", "present", "MEDIUM", 12600),
                ("bathroom_dwell", "present", "HIGH", 13500),
                ("bathroom_dwell", "gone", "MEDIUM", 14400),
            ],
            HOME,
            5 * HOUR,
        ),
        Case(
            "a motion sensor, after many short visits",
            [
                *visits(13),
                *[one for i in range(3) for one in stay(DAY + (2 + i) * HOUR)],
                motion(DAY + 5 * HOUR, "bathroom"),
            ],
            [("bathroom_dwell", "present", "MEDIUM", 106200), ("bathroom_dwell", "present", "HIGH", 107100)],
            HOME,
            DAY + 6 * HOUR,
        ),
        Case("the first stay at all", [motion(3 * HOUR, "bathroom")], [], HOME, 8 * HOUR),
        Case(
            "went out from the bathroom",
            [*visits(16), motion(19 * HOUR, "bathroom"), door(19 * HOUR + 120)],
            [],
            HOME,
            24 * HOUR,
        ),
    ],
    "not_in_bed": [
        Case(
            "asleep in the chair until two",
            [*nights(8), motion(8 * DAY + 15 * HOUR), bed(8 * DAY + 19.5 * HOUR, 1)],
            [("not_in_bed", "present", "MEDIUM", 758000), ("not_in_bed", "gone", "MEDIUM", 761400)],
            HOME,
            8 * DAY + 22 * HOUR,
        ),
        Case(
            "never goes to bed, or the sensor is dead: called for one night",
            [*nights(8), motion(8 * DAY + 15 * HOUR)],
            [("not_in_bed", "present", "MEDIUM", 758000), ("not_in_bed", "gone", "MEDIUM", 776000)],
            HOME,
            12 * DAY,
        ),
        Case("a week is not known yet", [*nights(6), motion(6 * DAY + 15 * HOUR)], [], HOME, 7 * DAY),
        Case(
            "out for the night",
            [*nights(8), motion(8 * DAY + 15 * HOUR), door(8 * DAY + 15.5 * HOUR)],
            [],
            HOME,
            9 * DAY,
        ),
        Case(
            "up for a moment at one",
            [*nights(8), bed(8 * DAY + NIGHT_S, 1), bed(8 * DAY + 18.5 * HOUR, 0)],
            [],
            HOME,
            9 * DAY,
        ),
    ],
    "door_open": [
        Case(
            "open for half an hour",
            [door(3 * HOUR), door(4 * HOUR, 0)],
            [("door_open", "present", "MEDIUM", 12600), ("door_open", "gone", "MEDIUM", 15300)],
            HOME,
            5 * HOUR,
        ),
        Case("a parcel", [door(3 * HOUR), door(3 * HOUR + 200, 0)], [], HOME, 5 * HOUR),
        Case(
            "at two in the night, dementia",
            [door(20 * HOUR), door(20 * HOUR + 10, 0)],
            [("door_open", "present", "MEDIUM", 72000), ("door_open", "gone", "MEDIUM", 72910)],
            DEMENTIA,
            22 * HOUR,
        ),
        Case("a cupboard", [at("contact", 20 * HOUR, 1, context="kitchen")], [], DEMENTIA, 30 * HOUR),
    ],
    "wandering": [
        Case(
            "three fixes outside",
            [fix(60 * i, 700) for i in range(4)],
            [("wandering", "present", "MEDIUM", 120)],
            fenced(),
        ),
        Case(
            "dementia: outside, lost, home again",
            [*[fix(60 * i, 900) for i in range(3)], *[fix(5_000 + 120 * i, 50) for i in range(4)]],
            [
                ("wandering", "present", "HIGH", 120),
                ("location_lost", "present", "MEDIUM", 3720),
                ("location_lost", "gone", "MEDIUM", 5000),
                ("wandering", "gone", "HIGH", 5360),
            ],
            fenced("dementia"),
        ),
        Case("by cell tower", [fix(60 * i, 1_500, 2_000) for i in range(10)], [], fenced("dementia")),
        Case("one wild fix", [fix(0, 50), fix(60, 9_000), fix(120, 40)], [], fenced("dementia")),
        Case("no area is set", [fix(60 * i, 7_000) for i in range(9)], [], DEMENTIA),
    ],
    "routine_changed": [
        Case(
            "half as active for a week",
            [*days(26), *[w for w in days(36, every_h=2.5) if w.t_ms[0] >= days(27)[-1].t_ms[0]]],
            [("routine_changed", "present", "LOW", 2593800)],
            HOME,
        ),
    ],
}
