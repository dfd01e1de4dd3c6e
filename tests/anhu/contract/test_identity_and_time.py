from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anhu.contract.clock import ManualClock, SystemClock, from_rfc3339, to_rfc3339
from anhu.contract.errors import FieldError
from anhu.contract.identity import checked_id, child_device_id, device_id, new_id, resident_id
from anhu.contract.payload import time_ms


@pytest.mark.parametrize("text", ["a", "865067123456789", "08:F9:E0:D1:F7:B4", "r-1.x_2", "x" * 64])
def test_good_identity(text: str) -> None:
    assert device_id(text) == text


@pytest.mark.parametrize("text", ["", "-a", "a-", "a b", "a/b", "a+b", "#", "x" * 65, "王", "a\n", None, 7])
def test_bad_identity(text: object) -> None:
    with pytest.raises(FieldError, match="resident_id: got"):
        resident_id(text)


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_child_always_has_a_good_identity(gateway: str, child: str) -> None:
    assert checked_id(child_device_id("g" + gateway.encode().hex(), child), field="child")


def test_new_identities_differ() -> None:
    made = {new_id("r") for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(checked_id(one, field="id") for one in made)


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2026-11-23T03:00:00Z", 1_795_402_800_000),
        ("2026-11-23T11:00:00+08:00", 1_795_402_800_000),
        ("2026-11-23T03:00:00.125Z", 1_795_402_800_125),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000),
    ],
)
def test_rfc3339(text: str, at_ms: int) -> None:
    assert from_rfc3339(text) == at_ms


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30T00:00:00Z", "2026-11-23T03:00:00", "2026-11-23"])
def test_bad_rfc3339(text: str) -> None:
    with pytest.raises(FieldError, match="seen: got"):
        from_rfc3339(text, field="seen")


@pytest.mark.parametrize("value", [1e308, -1e308, "-1e306", -1, 0, "1e400", True, None])
def test_an_epoch_that_is_none(value: object) -> None:
    with pytest.raises(FieldError):
        time_ms(value, "seen")


@given(st.integers(946_684_800_000, 4_102_444_800_000))
def test_time_there_and_back(at_ms: int) -> None:
    assert from_rfc3339(to_rfc3339(at_ms)) == at_ms


def test_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(5)
    assert (clock.now_ms(), clock.forward(3), clock.now_ms()) == (5, 8, 8)
    clock.set(1)
    assert clock.now_ms() == 1


def test_system_clock_is_in_our_time() -> None:
    assert 1_700_000_000_000 < SystemClock().now_ms() < 4_102_444_800_000
