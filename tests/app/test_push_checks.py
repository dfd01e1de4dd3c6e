"""The doctor says what came to nothing at the push door."""

from __future__ import annotations

from pathlib import Path

import pytest

from anhu.contract.clock import ManualClock
from app import status
from app.check_result import CheckVerdict
from app.push_checks import pushes
from app.settings import Settings

NOW_MS = 1_795_300_000_000


@pytest.mark.parametrize(
    ("counters", "verdict", "said"),
    [
        ({"push_stranger_calls": 1.0, "push_strangers": 3.0}, CheckVerdict.FAILED, "1 calls for help"),
        ({"push_strangers": 3.0}, CheckVerdict.WARNING, "3 messages"),
        ({"push_wrong_keys": 2.0}, CheckVerdict.WARNING, "2 pushes had a wrong key"),
        ({"push_unreadable": 2.0}, CheckVerdict.WARNING, "2 pushes could not be taken apart"),
        ({"push_products_locked": 1.0}, CheckVerdict.FAILED, "the push keys of 1 products cannot be read"),
    ],
)
def test_what_came_to_nothing_is_said(
    tmp_path: Path, counters: dict[str, float], verdict: CheckVerdict, said: str
) -> None:
    clock = ManualClock(NOW_MS)
    status.write(tmp_path / "status", "gateway", counters, clock)
    [found] = pushes(Settings(data=tmp_path), clock)
    assert found.verdict is verdict
    assert said in found.detail


def test_where_nothing_did_nothing_is_said(tmp_path: Path) -> None:
    clock = ManualClock(NOW_MS)
    status.write(tmp_path / "status", "gateway", {"push_accepted": 9.0, "push_strangers": 0.0}, clock)
    assert list(pushes(Settings(data=tmp_path), clock)) == []
    status.write(tmp_path / "status", "gateway", {"push_strangers": 1.0}, clock)
    clock.forward(status.FRESH_MS + 1)
    assert list(pushes(Settings(data=tmp_path), clock)) == [], "old news"
