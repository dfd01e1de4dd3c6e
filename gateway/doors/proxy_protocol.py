"""The PROXY protocol, versions 1 and 2: a balancer says whose connection it passes on, in front of everything else.

Believed of trusted proxies alone (`ANHU_TRUSTED_PROXIES`). One that sends no header is taken as the caller itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import NamedTuple, cast

from anhu.contract.proxies import Network, is_trusted

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_V1 = b"PROXY "
_MOST_V1_BYTES = 107
MOST_BYTES = 2_048
"""Longest header that is read. [byte]"""
HEADER_S = 10.0
"""How long a proxy may take over it. [s]"""
_ADDRESS_BYTES = {0x11: 4, 0x21: 16}  # TCP over IPv4 and IPv6


class Header(NamedTuple):
    """Whose connection it is (empty: the proxy's own), and how long the header was. [byte]."""

    caller: str
    length: int


class Proxies(NamedTuple):
    """Whom to believe, and what is made for a caller's connection."""

    networks: Sequence[Network]
    make_protocol: Callable[[str], asyncio.Protocol]

    def trusts(self, address: str) -> bool:
        """Tell whether an address is a proxy's."""
        return is_trusted(address, self.networks)


def read_header(data: bytes) -> Header | None:
    """Return the header in front of what came; None until it has come whole, and no length where there is none.

    Raises
    ------
    ValueError
        For what begins as a header and is none.
    """
    if data.startswith(_SIGNATURE):
        return _version_2(data)
    if data.startswith(_V1):
        return _version_1(data)
    begins = _SIGNATURE.startswith(data) or _V1.startswith(data)
    return None if begins else Header("", 0)


def _version_1(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, _MOST_V1_BYTES)
    if end < 0:
        if len(data) >= _MOST_V1_BYTES:
            raise ValueError("a PROXY line of more than 107 bytes")
        return None
    match data[:end].decode("ascii").split(" "):
        case ["PROXY", "UNKNOWN", *_]:
            return Header("", end + 2)
        case ["PROXY", "TCP4" | "TCP6", source, _, _, _]:
            return Header(str(ip_address(source)), end + 2)
    raise ValueError("not a PROXY line of version 1")


def _version_2(data: bytes) -> Header | None:
    head = len(_SIGNATURE) + 4
    if len(data) < head:
        return None
    command, family = data[12], data[13]
    length = head + int.from_bytes(data[14:16], "big")
    if command not in {0x20, 0x21} or length > MOST_BYTES:
        raise ValueError("not a PROXY header of version 2, or one of more than 2,048 bytes")
    if len(data) < length:
        return None
    size = _ADDRESS_BYTES.get(family)
    if command == 0x20 or size is None:  # noqa: PLR2004 - LOCAL: the proxy's own look whether we are there
        return Header("", length)
    if length < head + 2 * size + 4:
        raise ValueError("a PROXY header without room for its addresses")
    return Header(str(ip_address(data[head : head + size])), length)


class ProxyEntrance(asyncio.Protocol):
    """Reads the header of a proxy's plain connection, and leaves the connection to the protocol behind."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies
        self._data = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; whoever is no proxy is let through."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        if self._proxies.trusts(str(peer[0]) if peer else ""):
            self._timer = asyncio.get_running_loop().call_later(HEADER_S, self._transport.abort)
        else:
            self._leave("")

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._data += data
        try:
            header = read_header(self._data)
        except ValueError:
            self._transport.abort()
            return
        if header is not None:
            self._leave(header.caller).data_received(self._data[header.length :])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """End before the header was whole."""
        if self._timer is not None:
            self._timer.cancel()

    def _leave(self, caller: str) -> asyncio.Protocol:
        if self._timer is not None:
            self._timer.cancel()
        protocol = self._proxies.make_protocol(caller)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        return protocol
