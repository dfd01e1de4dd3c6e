"""Numbers come back as they were, in as few bytes as hold them."""

from __future__ import annotations

import math

import pytest

from alerts.signal.packed import added, packed, unpacked


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
    assert kept.itemsize == bytes_each


def test_what_was_kept_before_is_still_there_when_a_wider_one_comes() -> None:
    kept = packed([70.0, 71.0])
    for value in (300.0, 70_000.0, 70.5, 3.0):
        kept = added(kept, value)
    assert unpacked(kept) == [70.0, 71.0, 300.0, 70_000.0, 70.5, 3.0]
