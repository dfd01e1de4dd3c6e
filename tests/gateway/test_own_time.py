"""Messages of one device never share a millisecond, whatever comes in a bunch."""

from __future__ import annotations

from gateway.own_time import OwnTimes

T0 = 1_795_300_000_000


def test_a_bunch_of_one_device_is_spread_in_its_order() -> None:
    times = OwnTimes()
    assert [times.of("a", T0) for _ in range(4)] == [T0, T0 + 1, T0 + 2, T0 + 3]
    assert [times.of("a", T0 + 2), times.of("a", T0 + 9)] == [T0 + 4, T0 + 9]


def test_devices_do_not_wait_for_each_other() -> None:
    times = OwnTimes()
    assert [times.of("a", T0), times.of("b", T0), times.of("a", T0), times.of("b", T0 + 1)] == [T0, T0, T0 + 1, T0 + 1]


def test_a_clock_that_is_set_back_is_followed() -> None:
    times = OwnTimes()
    assert times.of("a", T0) == T0
    assert times.of("a", T0 - 3_600_000) == T0 - 3_600_000
    assert times.of("a", T0 - 3_600_000) == T0 - 3_600_000 + 1


def test_nobody_is_put_off_for_more_than_ten_seconds() -> None:
    times = OwnTimes()
    given = [times.of("a", T0) for _ in range(25_000)]
    assert max(given) - T0 <= 10_001
    assert len(set(given)) > 10_000
