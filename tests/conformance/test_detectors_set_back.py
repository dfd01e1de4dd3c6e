"""A clock that is set back in the middle changes nothing but the times: every detector's cases show it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from alerts.detectors.not_worn import NotWorn
from alerts.finding import Finding
from alerts.rules.detector import Detector, Profile, Window
from anhu.contract.clock import HOUR_MS
from tests.conformance.detector_cases import T0, Case
from tests.conformance.detector_cases_home import door, motion
from tests.conformance.detector_streams import handed
from tests.conformance.test_detectors_fire import CASES, DETECTORS
from tests.times_in_states import moved

_BY_MS = -HOUR_MS
_LOCAL_DAYS = {"no_motion", "not_in_bed", "not_up", "pressure_uncontrolled", "spo2_nights", "trend"}
"""These ask what hour or day it is for people: that has changed."""


def earlier(window: Window) -> Window:
    return replace(window, t_ms=window.t_ms + np.int64(_BY_MS), received_at_ms=window.received_at_ms + _BY_MS)


def when(found: list[Finding], by_ms: int) -> list[Any]:
    return [(f.kind, f.condition, f.priority, f.at_ms + by_ms, f.decided_at_ms + by_ms) for f in found]


def packed(detector: Detector) -> bytes:
    return msgspec.msgpack.encode(detector.snapshot())


def forgets_a_time(detector: Detector) -> bool:
    """Move a detector's times; tell whether one of those in its state stayed behind, or anything else moved."""
    expected = msgspec.msgpack.decode(moved(packed(detector), _BY_MS))
    detector.shift(_BY_MS)
    return bool(msgspec.msgpack.decode(packed(detector)) != expected)


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name}: {case.name}") for name in sorted(CASES) for case in CASES[name]],
)
def test_no_time_is_forgotten(name: str, case: Case) -> None:
    detector = DETECTORS[name].for_profile(case.profile)
    parts = min(8, len(case.windows))
    for part in range(parts):
        first, last = (len(case.windows) * n // parts for n in (part, part + 1))
        handed(detector, case.windows[first:last])
        other = DETECTORS[name].for_profile(case.profile)
        other.restore(msgspec.msgpack.decode(packed(detector)))
        assert not forgets_a_time(other)


def test_how_long_somebody_was_out_is_no_time() -> None:
    detector = DETECTORS["routine_changed"].for_profile(Profile(flags=frozenset({"lives_alone"})))
    handed(detector, [motion(0), door(3_600), door(4 * 3_600), motion(4 * 3_600 + 60), motion(5 * 3_600)])
    assert detector.snapshot()["today"][-1]
    assert not forgets_a_time(detector)


class Forgetful(NotWorn):
    """Remembers when the strap was taken off, whatever becomes of the clock."""

    def shift(self, by_ms: int) -> None:
        del by_ms


def test_a_detector_that_forgets_one_is_seen() -> None:
    [case, *_] = CASES["not_worn"]
    detector = Forgetful.for_profile(case.profile)
    handed(detector, case.windows[:1])
    assert forgets_a_time(detector)


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, id=f"{name}: {case.name}")
        for name in sorted(CASES.keys() - _LOCAL_DAYS)
        for case in CASES[name]
    ],
)
def test_what_is_remembered_moves_with_the_clock(name: str, case: Case) -> None:
    made = DETECTORS[name].for_profile
    end_ms = T0 + round(case.until_s * 1_000)
    cut = max(1, len(case.windows) // 2)
    usual = made(case.profile)
    handed(usual, case.windows[:cut])
    set_back = made(case.profile)
    set_back.restore(msgspec.msgpack.decode(packed(usual)))
    set_back.shift(_BY_MS)
    expected = handed(usual, case.windows[cut:], end_ms)
    found = handed(set_back, [earlier(window) for window in case.windows[cut:]], end_ms + _BY_MS)
    assert when(found, -_BY_MS) == when(expected, 0)
