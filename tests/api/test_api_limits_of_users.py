"""One user's haste is nobody else's wait, and no clock keeps a desk out."""

from __future__ import annotations

import pytest

from anhu.contract.allowance import Rate
from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.registry.roles import Role
from api.errors import TooManyRequestsError
from api.login_throttle import LoginThrottle
from api.rate_limits import RateLimits, Rates

T0 = 1_790_000_000_000
FEW = Rates(staff_reads=Rate(5, 60), outside_reads=Rate(2, 60), writes=Rate(1, 60))


def _ask(limits: RateLimits, user_id: str, role: Role, now_ms: int = T0, *, writes: bool = False) -> bool:
    try:
        limits.take(user_id, role, writes=writes, now_ms=now_ms)
    except TooManyRequestsError:
        return False
    return True


def test_who_is_refused_is_told_how_long() -> None:
    limits = RateLimits(FEW)
    limits.take("u-1", Role.DESK, writes=True, now_ms=T0)
    with pytest.raises(TooManyRequestsError) as refused:
        limits.take("u-1", Role.DESK, writes=True, now_ms=T0)
    assert refused.value.retry_after_s == pytest.approx(1.0)


def test_each_user_has_limits_of_his_own_for_reading_and_for_writing() -> None:
    limits = RateLimits(FEW)
    assert [_ask(limits, "u-1", Role.FAMILY) for _ in range(3)] == [True, True, False]
    assert [_ask(limits, "u-2", Role.DESK) for _ in range(6)] == [True] * 5 + [False]
    assert [_ask(limits, "u-2", Role.DESK, writes=True) for _ in range(2)] == [True, False]
    assert limits.refused == 3
    assert _ask(limits, "u-1", Role.FAMILY, T0 + SECOND_MS)


def test_a_desk_reads_on_when_the_clock_is_set_back() -> None:
    limits = RateLimits(FEW)
    assert _ask(limits, "u-2", Role.DESK)
    assert [_ask(limits, "u-2", Role.DESK, T0 - HOUR_MS) for _ in range(5)] == [True] * 4 + [False]
    assert _ask(limits, "u-2", Role.DESK, T0 - HOUR_MS + SECOND_MS)


@pytest.mark.parametrize("back_ms", [0, HOUR_MS])
def test_who_mistyped_waits_half_a_minute_whatever_the_clock_does(back_ms: int) -> None:
    throttle = LoginThrottle()
    assert [throttle.begin("192.0.2.1", "team-b", T0) for _ in range(5)] == [0] * 5
    now_ms = T0 - back_ms
    assert 0 < throttle.begin("192.0.2.1", "team-b", now_ms) <= MINUTE_MS
    assert throttle.begin("192.0.2.1", "team-b", now_ms + MINUTE_MS) == 0
