"""Proxies that may say whose connection they pass on: one reading of the setting, for every door."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from anhu.contract.errors import SettingsError

Network = IPv4Network | IPv6Network
_VARIABLE = "ANHU_TRUSTED_PROXIES"


def trusted_networks(text: str) -> tuple[Network, ...]:
    """Read ``10.0.0.5, 172.18.0.0/16, fd00::/8``; empty means that nobody is trusted.

    Raises
    ------
    SettingsError
        Naming the entry that is neither an address nor a network.
    """
    found: list[Network] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ip_network(entry, strict=False))
        except ValueError:
            expected = "addresses or networks with commas between: 10.0.0.5, 172.18.0.0/16"
            raise SettingsError(_VARIABLE, entry, expected) from None
    return tuple(found)


def is_trusted(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether the other end of a connection is one of the proxies; what is no address never is."""
    try:
        one = plain_address(address)
    except ValueError:
        return False
    return any(one in network for network in networks)


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """Return the address; an IPv4 one that came in IPv6 (``::ffff:10.0.0.5``) as IPv4. Raises `ValueError`."""
    one = ip_address(text.partition("%")[0])
    if isinstance(one, IPv6Address) and one.ipv4_mapped is not None:
        return one.ipv4_mapped
    return one


def address_group(text: str) -> str:
    """Return whom an address counts as: IPv6 by its /64, which is what one household gets; others as they are."""
    try:
        one = plain_address(text)
    except ValueError:
        return text
    return str(one) if isinstance(one, IPv4Address) else str(ip_network((one, 64), strict=False))
