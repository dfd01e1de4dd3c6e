"""Where messages may be sent on somebody's word."""

from __future__ import annotations

import asyncio

import pytest

from notify.addresses import AddressRefusedError, checked_address

INSIDE = (
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.192",
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "::1",
    "::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:0:10.0.0.1",
    "fe80::1",
    "fec0::1",
    "fd00::1",
    "ff02::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "224.0.0.1",
)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_may_lead_inside_is_refused(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        asyncio.run(checked_address(address, 443, allow_private=False))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_taken(address: str) -> None:
    assert asyncio.run(checked_address(address, 443, allow_private=False)) == address
