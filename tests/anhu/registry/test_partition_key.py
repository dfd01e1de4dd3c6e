"""Whose records stay together."""

from __future__ import annotations

import pytest

from anhu.registry.partition_key import partition_key


@pytest.mark.parametrize(
    ("centre_id", "resident_id", "device_id", "parent_id", "key"),
    [
        ("c-1", "r-1", "w-1", None, "c-1"),
        ("c-1", "r-2", "g-1:door", "g-1", "c-1"),
        (None, "r-1", "w-1", None, "r-1"),
        ("", "r-1", "g-1:door", "g-1", "r-1"),
        (None, None, "g-1:door", "g-1", "g-1"),
        (None, None, "g-1", None, "g-1"),
        ("", "", "w-9", "", "w-9"),
    ],
)
def test_the_key_is_the_centre_else_the_resident_else_the_gateway_else_the_device(
    centre_id: str | None, resident_id: str | None, device_id: str, parent_id: str | None, key: str
) -> None:
    assert partition_key(centre_id, resident_id, device_id, parent_id) == key
