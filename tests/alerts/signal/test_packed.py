"""Numbers come back as they were, in as few bytes as hold them."""

from __future__ import annotations

import math

import pytest

from alerts.signal.packed import added, length, packed, unpacked, without_first


@pytest.mark.parametrize(
    ("values", "bytes_each"),
    [
        ((), 1),
        ((0.0, 72.0, 255.0), 1),
        ((72.0, 256.0), 2),
        ((-1.0, 32_767.0), 2),
        ((72.0, 32_768.0), 4),
        ((60_000.0, -60_000.0), 4),
        ((72.0, 36.6), 8),
        ((-0.5,), 8),
        ((2.0**31,), 8),
        ((1e300, math.inf), 8),
    ],
)
def test_what_is_kept_comes_back(values: tuple[float, ...], bytes_each: int) -> None:
    kept = packed(values)
    assert unpacked(kept) == [*values]
    assert all(type(value) is float for value in unpacked(kept))
    assert len(kept) == (1 + len(values) * bytes_each if values else 0)
    assert length(kept) == len(values)


def test_what_was_kept_before_is_still_there_when_a_wider_one_comes() -> None:
    kept = packed([70.0, 71.0])
    for value in (300.0, 70_000.0, 70.5, 3.0):
        kept = added(kept, value)
    assert unpacked(kept) == [70.0, 71.0, 300.0, 70_000.0, 70.5, 3.0]


def test_the_first_goes_and_the_others_stay() -> None:
    kept = without_first(packed([70.5, 71.0]))
    assert unpacked(kept) == [71.0]
    assert unpacked(without_first(kept)) == []
    assert unpacked(added(without_first(kept), 3.0)) == [3.0]
