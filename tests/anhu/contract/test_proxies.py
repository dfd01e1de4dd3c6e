"""Who may say whose connection he passes on, and as whom an address counts."""

from __future__ import annotations

import pytest

from anhu.contract.errors import SettingsError
from anhu.contract.proxies import address_group, is_trusted, trusted_networks


def test_addresses_and_networks_are_trusted_and_nobody_by_default() -> None:
    networks = trusted_networks(" 10.0.0.5 ,172.18.3.4/16, fd00::/8,")
    assert [is_trusted(a, networks) for a in ("10.0.0.5", "172.18.9.9", "fd00::1", "::ffff:10.0.0.5")] == [True] * 4
    assert [is_trusted(a, networks) for a in ("10.0.0.6", "127.0.0.1", "::1", "", "unix:")] == [False] * 5
    assert not is_trusted("127.0.0.1", trusted_networks(""))


@pytest.mark.parametrize("entry", ["10.0.0.500", "balancer.example", "10.0.0.0/99", "10.0.0.1-10.0.0.9"])
def test_an_entry_that_is_no_network_is_named(entry: str) -> None:
    with pytest.raises(SettingsError) as told:
        trusted_networks(f"10.0.0.1,{entry}")
    assert f"ANHU_TRUSTED_PROXIES: got {entry!r}" in str(told.value)


def test_a_household_of_ipv6_counts_as_one() -> None:
    assert address_group("2001:db8:1:2:3::4") == address_group("2001:db8:1:2::9") != address_group("2001:db8:1:3::9")
    assert address_group("::ffff:10.0.0.5") == address_group("10.0.0.5") == "10.0.0.5"
    assert address_group("fe80::1%eth0") == address_group("fe80::2")
