"""A network cable in front of a TCP service: it can be cut, go dead without a word, or carry slowly."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Literal

HOST = "127.0.0.1"
_CHUNK_BYTES = 65_536
_SLOW_S = 0.05
Mode = Literal["sound", "cut", "dead", "slow"]


class Cable:
    """Carries every connection made to `port` on to the service's port.

    Attributes
    ----------
    port : int
        Where to connect.
    """

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self._to_port = to_port
        self._mode: Mode = "sound"
        self._carries = asyncio.Event()
        self._carries.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to carry."""
        self._server = await asyncio.start_server(self._carry, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End for good."""
        self.switch("cut")
        self._let_go(set(self._writers))
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(_SLOW_S)  # the loop closes the sockets of aborted connections

    def switch(self, mode: Mode) -> None:
        """Cut (refused and reset), go dead (half-open: nothing arrives, nobody is told), slow down, or mend.

        Connections that were half-open are reset when the cable is mended, as a router that was restarted does.
        `forget_all` is worse.
        """
        was, self._mode = self._mode, mode
        if mode == "dead":
            self._carries.clear()
        else:
            self._carries.set()
        if mode == "cut" or was == "dead":
            for writer in list(self._writers):
                writer.transport.abort()

    def forget_all(self) -> None:
        """Let nothing more through present connections, and tell nobody, ever; new ones are sound."""
        self._forgotten |= self._writers

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode == "cut":
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._to_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._writers |= ends
        with suppress(asyncio.CancelledError):  # the end of all: asyncio's own callback would print it
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        if not ends & self._forgotten:
            self._let_go(ends)

    def _let_go(self, ends: set[asyncio.StreamWriter]) -> None:
        for writer in ends:
            writer.transport.abort()
        self._writers -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                await self._carries.wait()
                if writer in self._forgotten:
                    continue
                if self._mode == "slow":
                    await asyncio.sleep(_SLOW_S)
                writer.write(data)
                await writer.drain()
        if writer not in self._forgotten:
            writer.close()
