"""Where the platform may connect to on somebody's word: never to its own neighbours, unless it is told so."""

from __future__ import annotations

import asyncio
import ipaddress
import socket


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


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global and not parsed.is_multicast
