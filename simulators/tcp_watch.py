"""A watch that speaks ``[3G*…]`` over TCP, as the many that are sold under other names do; it has no secret."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

_TIMEOUT_S = 5.0


class TcpWatch:
    """One connection; every message waits for its answer, and is lost to the caller where none comes.

    Parameters
    ----------
    number : str
        What the watch calls itself.
    """

    def __init__(self, number: str, *, host: str, port: int) -> None:
        self.number, self._host, self._port = number, host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self) -> None:
        """Open the connection. Raises `OSError` where nobody listens."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def keep_alive(self, steps: int, battery: int) -> None:
        """Say that it is there, with its steps of the day and its battery. [%]."""
        await self._say(f"LK,{steps},0,{battery}", b"LK")

    async def press_sos(self, at_s: int) -> None:
        """Call for help at a time, UTC, which tells one call from another. [s]."""
        await self._say(f"AL,{_position(at_s, status=1 << 16)}", b"AL")

    async def fall(self, at_s: int) -> None:
        """Fall. [s]."""
        await self._say(f"AL,{_position(at_s, status=1 << 21)}", b"AL")

    async def close(self) -> None:
        """Break the connection."""
        if self._writer is not None:
            self._writer.close()
            await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)
            self._writer = None

    async def _say(self, content: str, answer: bytes) -> None:
        """Send a frame and wait for its answer. Raises `OSError` or `TimeoutError` where none comes."""
        if self._reader is None or self._writer is None:
            raise ConnectionError("the watch is not connected")
        self._writer.write(f"[3G*{self.number}*{len(content):04X}*{content}]".encode())
        expected = b"[3G*%b*%04X*%b]" % (self.number.encode(), len(answer), answer)
        try:
            heard = await asyncio.wait_for(self._reader.readuntil(b"]"), _TIMEOUT_S)
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the platform closed the connection before it answered") from error
        if heard != expected:
            raise ConnectionError(f"the platform answered {heard!r}")


def _position(at_s: int, *, status: int) -> str:
    at = datetime.fromtimestamp(at_s, UTC)
    where = "A,37.450000,N,116.3100000,E,0.00,0.0,0.0,7,80,64,1200,0"
    return f"{at:%d%m%y,%H%M%S},{where},{status:08X},1,0,460,0,9784,30513,140,0,10"
