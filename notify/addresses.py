"""Where the platform may connect to on somebody's word: never to its own neighbours, unless it is told so."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping

PORTS: Mapping[str, int] = {"http": 80, "https": 443}
"""Schemes that are spoken, and their usual ports."""
_TRANSLATED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::/96",  # IPv4-compatible, with the loopback and the unspecified address
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "192.0.0.0/24",  # protocol assignments, NAT64 discovery among them
    )
)
"""Where what looks like a public address may lead into the own network."""


class AddressRefusedError(Exception):
    """The host is inside the own network."""


async def checked_address(host: str, port: int, *, allow_private: bool) -> str:
    """Resolve a host and return the address to connect to.

    The caller connects to this very address: a name that resolves to another one a moment later changes nothing.

    Raises
    ------
    AddressRefusedError
        If any of its addresses is not a public one and private ones are not allowed.
    OSError
        If it does not resolve.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    if not allow_private and not all(_is_public(address) for address in addresses):
        raise AddressRefusedError(f"{host} is an address inside the own network")
    return addresses[0]


def is_private_literal(host: str) -> bool:
    """Tell whether a host, as it is written, is inside the own network; a name that must be looked up is not."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not _is_public(
            socket.inet_ntoa(socket.inet_aton(name)) if name[:1].isdigit() and ":" not in name else name
        )
    except (OSError, ValueError):
        return False


def _is_public(address: str) -> bool:
    """Tell whether an address, and the IPv4 one that a translator would make of it, is one of the public net."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if any(parsed in network for network in _TRANSLATED):
        return False
    inner = getattr(parsed, "ipv4_mapped", None)
    return (inner or parsed).is_global and not parsed.is_multicast and not getattr(parsed, "is_site_local", False)
