"""A device that speaks MQTT inside WebSocket, each write in frames that cut its packets in two."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Iterable
from contextlib import suppress

from simulators.fleet import FleetDevice

_BINARY, _CONTINUED, _LAST, _MASKED, _CLOSE = 2, 0, 0x80, 0x80, 8
_SHORT, _TWO_BYTES = 125, 126
_NO_MASK = bytes(4)
"""A mask all the same: what it does to the bytes is nothing, and costs nothing."""


class WebSocketDevice(FleetDevice):
    """As a `FleetDevice`, over the port of MQTT over WebSocket."""

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        raw = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(raw, loop=loop)
        transport, _ = await loop.create_connection(lambda: protocol, self._host, self._port)
        try:
            transport.write(_request(self._host))
            head = await raw.readuntil(b"\r\n\r\n")
        except BaseException:
            transport.abort()
            raise
        if b" 101 " not in head.partition(b"\r\n")[0]:
            transport.abort()
            raise OSError(f"no WebSocket: {head[:60]!r}")
        inner = asyncio.StreamReader(loop=loop)
        self._pump = loop.create_task(_pass_on(raw, inner))
        return inner, _FrameWriter(transport, protocol, raw, loop)


class _FrameWriter(asyncio.StreamWriter):
    def write(self, data: bytes | bytearray | memoryview) -> None:
        super().write(_frames(bytes(data)))

    def writelines(self, data: Iterable[bytes | bytearray | memoryview]) -> None:
        if said := b"".join(data):
            self.write(said)


def _request(host: str) -> bytes:
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    lines = ["GET /mqtt HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: mqtt"]
    return "\r\n".join([*lines, "", ""]).encode()


def _frames(data: bytes) -> bytes:
    middle = len(data) // 2
    return _frame(_BINARY, data[:middle]) + _frame(_LAST | _CONTINUED, data[middle:])


def _frame(first: int, data: bytes) -> bytes:
    length = len(data)
    if length <= _SHORT:
        size = bytes((_MASKED | length,))
    elif length <= 0xFFFF:
        size = bytes((_MASKED | _TWO_BYTES,)) + length.to_bytes(2, "big")
    else:
        size = bytes((_MASKED | _TWO_BYTES + 1,)) + length.to_bytes(8, "big")
    return bytes((first,)) + size + _NO_MASK + data


async def _pass_on(raw: asyncio.StreamReader, inner: asyncio.StreamReader) -> None:
    """Give on what stands in the server's frames until it closes."""
    with suppress(OSError, asyncio.IncompleteReadError):
        while True:
            first, length = await raw.readexactly(2)
            if length > _SHORT:
                length = int.from_bytes(await raw.readexactly(2 if length == _TWO_BYTES else 8), "big")
            payload = await raw.readexactly(length)
            if first & 0x0F == _CLOSE:
                break
            inner.feed_data(payload)
    inner.feed_eof()
