"""A clock that is set back in the middle changes nothing but the times: every detector's cases show it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from alerts.engine.clock_set_back import moved
from alerts.finding import Finding
from alerts.rules.detector import Window
from anhu.contract.clock import HOUR_MS
from tests.conformance.detector_cases import T0, Case
from tests.conformance.detector_streams import handed
from tests.conformance.test_detectors_fire import CASES, DETECTORS

_BY_MS = -HOUR_MS
_LOCAL_DAYS = {"not_in_bed", "not_up", "pressure_uncontrolled", "spo2_nights", "trend"}
"""These ask what hour or day it is for people: that has changed."""


def earlier(window: Window) -> Window:
    return replace(window, t_ms=window.t_ms + np.int64(_BY_MS), received_at_ms=window.received_at_ms + _BY_MS)


def when(found: list[Finding], by_ms: int) -> list[Any]:
    return [(f.kind, f.condition, f.priority, f.at_ms + by_ms, f.decided_at_ms + by_ms) for f in found]


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
    kept = msgspec.msgpack.encode(usual.snapshot())
    expected = handed(usual, case.windows[cut:], end_ms)
    set_back = made(case.profile)
    set_back.restore(msgspec.msgpack.decode(moved(kept, _BY_MS)))
    found = handed(set_back, [earlier(window) for window in case.windows[cut:]], end_ms + _BY_MS)
    assert when(found, -_BY_MS) == when(expected, 0)
