"""Cases for rising from lying, told by a tag on the breastbone: front, up, side. The stream begins at 6:26:40."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alerts.rules.detector import Profile, Window
from tests.conformance.detector_cases import T0, Case

WATCHED = Profile(flags=frozenset({"bed_watch"}))
LYING, SITTING, LEANING = (1.05, 0.0, -0.07), (0.35, 0.94, 0.04), (0.72, 0.7, 0.0)


def tag(second: float, *poses: tuple[float, float, float], position: str = "sternum") -> list[Window]:
    """Return a reading every two seconds."""
    return [
        Window(
            quantity="acceleration",
            device_id="dev-1",
            t_ms=np.array([T0 + round((second + 2 * i) * 1_000)], dtype=np.int64),
            values=np.array([pose]),
            quality=np.zeros(1, dtype=np.int32),
            position=position,
            received_at_ms=T0 + round((second + 2 * i) * 1_000),
        )
        for i, pose in enumerate(poses)
    ]


CASES: dict[str, Sequence[Case]] = {
    "bed_rise": [
        Case(
            "sits up, and lies down again",
            tag(0, *[LYING] * 10, *[SITTING] * 5, *[LYING] * 10),
            [("bed_exit", "present", "MEDIUM", 22), ("bed_exit", "gone", "MEDIUM", 40)],
            WATCHED,
            100,
        ),
        Case("turns over", tag(0, *[LYING] * 10, (-0.9, 0.2, 0.4), SITTING, *[LYING] * 10), [], WATCHED, 100),
        Case("leans on pillows", tag(0, *[LYING] * 10, *[LEANING] * 20), [], WATCHED, 100),
        Case("up at half past ten", tag(14_600, *[LYING] * 10, *[SITTING] * 5), [], WATCHED, 15_000),
        Case("may rise alone", tag(0, *[LYING] * 10, *[SITTING] * 5), [], Profile(), 100),
        Case("worn elsewhere", tag(0, *[LYING] * 10, *[SITTING] * 5, position="wrist"), [], WATCHED, 100),
    ],
}
