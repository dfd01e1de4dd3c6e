"""A push as it goes over the line, and what comes back."""

from __future__ import annotations

import asyncio

from tests.gateway.doors.toy_push import AT_MS, KEY, PATH, signature

HEART = b'{"data":[{"imei":"dev-1","kind":"hr","value":72}]}'
SOS = b'{"data":[{"imei":"dev-1","kind":"sos"}]}'


def bytes_of(body: bytes, *more: str, key: bytes = KEY, version: str = "1.1", length: int | None = None) -> bytes:
    """Return a push as it goes over the line."""
    lines = [
        f"POST {PATH} HTTP/{version}",
        "Host: anhu",
        f"X-Time: {AT_MS}",
        f"X-Sign: {signature(key, AT_MS, PATH, body)}",
    ]
    lines += [f"Content-Length: {len(body) if length is None else length}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


async def exchange(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Send parts, and return all that comes back until the door closes, or nothing came for a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause_s)
    got = b""
    try:
        async with asyncio.timeout(15):
            while data := await asyncio.wait_for(reader.read(65_536), 3):
                got += data
                if got.rstrip().endswith(b"}") and got.count(b"HTTP/1.1 ") >= sum(p.count(b"POST ") for p in parts):
                    break
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return got


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
