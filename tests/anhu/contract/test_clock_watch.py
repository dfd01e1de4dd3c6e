from __future__ import annotations

from anhu.contract.clock import HOUR_MS, ManualClock, WallClockWatch


def test_only_a_clock_that_was_set_back_is_told_of() -> None:
    wall, steady_s = ManualClock(1_795_300_000_000), [100.0]
    watch = WallClockWatch(wall, steady_s=lambda: steady_s[0])
    steady_s[0] += 60.0
    wall.forward(60_000)
    assert watch.set_back_ms() == 0
    wall.forward(-2_000)
    assert watch.set_back_ms() == 0, "a clock that is kept by NTP moves by moments"
    wall.forward(HOUR_MS)
    assert watch.set_back_ms() == 0
    wall.forward(-HOUR_MS)
    assert watch.set_back_ms() == HOUR_MS
    assert watch.set_back_ms() == HOUR_MS, "until it is accepted"
    watch.accept()
    assert watch.set_back_ms() == 0
