"""A clock that is set back in the middle changes nothing but the times: every detector's cases show it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from alerts.detectors.not_worn import NotWorn
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Finding
from alerts.rules.detector import Detector, Profile, Window
from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.contract.observation import Scalar, TimeQuality
from anhu.contract.record import Reading
from tests.conformance.detector_cases import T0, Case
from tests.conformance.detector_cases_home import door, motion
from tests.conformance.detector_streams import handed
from tests.conformance.test_detectors_fire import CASES, DETECTORS
from tests.conformance.windows_sent import RESIDENT, sent
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


def engine_of(name: str, case: Case) -> Engine:
    engine = Engine([DETECTORS[name]])
    for device_id in sorted({window.device_id for window in case.windows}):
        engine.update_roster([WatchedDevice(device_id, RESIDENT, case.profile, enrolled_at_ms=T0 - DAY_MS)])
    return engine


def told(engine: Engine, messages: list[Reading], cut: int, by_ms: int, end_ms: int) -> list[Any]:
    """Feed messages, the clock being set after some of them; return what is told, in the time before that."""
    found: list[tuple[int, Finding]] = []
    for n, one in enumerate(messages):
        moved_ms = by_ms if n >= cut else 0
        at = [msgspec.structs.replace(o, observed_at_ms=o.observed_at_ms + moved_ms) for o in one.observations]
        now_ms = one.received_at_ms + moved_ms
        said = engine.feed(Reading(one.device_id, one.resident_id, now_ms, tuple(at)))
        found += [(moved_ms, f.finding) for f in said]
    found += [(by_ms, f.finding) for f in engine.advance(end_ms + by_ms)]
    return [w for moved_ms, f in found for w in when([f], -moved_ms)]


def cuts(messages: list[Reading]) -> list[int]:
    """Return the first, the middle and the last place where time passes from one message to the next."""
    times = [one.received_at_ms for one in messages]
    places = [n for n in range(1, len(times)) if times[n] > max(times[:n])]
    return sorted({places[0], places[len(places) // 2], places[-1]}) if places else []


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name}: {case.name}") for name in sorted(CASES) for case in CASES[name]],
)
def test_the_first_message_after_it_is_not_taken_for_one_that_came_before(name: str, case: Case) -> None:
    messages = sent(case.windows)
    for cut in cuts(messages):
        until, gap_ms = messages[: cut + 1], messages[cut].received_at_ms - messages[cut - 1].received_at_ms
        usual, set_back = engine_of(name, case), engine_of(name, case)
        told(usual, until, cut, 0, 0)
        told(set_back, until, cut, _BY_MS - gap_ms, 0)
        counted = [[e.counters().get(c, 0) for c in ("duplicates", "out_of_order")] for e in (usual, set_back)]
        assert counted[0] == counted[1]
        assert set_back.counters()["set_back"] == 1


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, id=f"{name}: {case.name}")
        for name in sorted(CASES.keys() - _LOCAL_DAYS)
        for case in CASES[name]
    ],
)
def test_the_engine_tells_the_same_at_the_same_time(name: str, case: Case) -> None:
    messages = sent(case.windows)
    for cut in cuts(messages)[1:2]:
        now_ms = messages[cut].received_at_ms - 1  # how long it took is known by whoever spoke last
        number = Scalar("battery", 80.0, now_ms, time_quality=TimeQuality.RECEIVED)
        fed = [*messages[:cut], Reading("dev-of-another", "r-2", now_ms, (number,)), *messages[cut:]]
        end_ms = max(T0 + round(case.until_s * 1_000), messages[-1].received_at_ms)
        usual, set_back = (told(engine_of(name, case), fed, cut + 1, by_ms, end_ms) for by_ms in (0, _BY_MS))
        assert set_back == usual
