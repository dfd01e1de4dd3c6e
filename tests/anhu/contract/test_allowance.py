"""An allowance fills up with time, never beyond its burst, and a clock that is set back takes nothing away."""

from __future__ import annotations

import pytest

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS

T0 = 1_790_000_000_000
RATE = Rate(burst=3, a_minute=60)


def _used_up(now_ms: int = T0) -> Allowance:
    allowance = Allowance.full(RATE, now_ms)
    assert [allowance.takes(now_ms) for _ in range(4)] == [True, True, True, False]
    return allowance


def test_one_a_second_comes_back_and_never_more_than_the_burst() -> None:
    allowance = _used_up()
    assert allowance.wait_s == pytest.approx(1.0)
    assert not allowance.takes(T0 + 500)
    assert allowance.takes(T0 + SECOND_MS)
    assert [allowance.takes(T0 + HOUR_MS) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_is_set_back_keeps_nobody_out() -> None:
    allowance = Allowance.full(RATE, T0)
    allowance.takes(T0)
    back_ms = T0 - HOUR_MS
    assert [allowance.takes(back_ms) for _ in range(3)] == [True, True, False]
    assert allowance.takes(back_ms + MINUTE_MS)
