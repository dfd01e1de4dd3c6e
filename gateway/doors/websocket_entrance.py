"""MQTT inside WebSocket: between a connection and the protocol behind it, which sees an ordinary transport.

The protocol is told of the connection at once, before the handshake: its time limit for a log-in holds for TLS, HTTP
and CONNECT together, and a stranger who does not finish has a stranger's place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from anhu.contract.proxies import Network, is_trusted, plain_address
from gateway.doors.websocket_frames import NORMAL, FrameReader, WebSocketError, frame, goodbye, pong
from gateway.doors.websocket_handshake import Handshake, RefusedError

_LINGER_S = 1.0
"""How long the other end has to answer our goodbye. [s]"""


class WebSocketTransport(asyncio.Transport):
    """What the protocol behind writes to: each write is one frame.

    Attributes
    ----------
    is_open : bool
        Whether the handshake is done.
    caller : str
        Whom a trusted proxy passes on, by its header; empty where none does.
    """

    __slots__ = ("_closing", "_outer", "caller", "is_open")

    def __init__(self, outer: asyncio.Transport) -> None:
        super().__init__()
        self._outer = outer
        self._closing = self.is_open = False
        self.caller = ""

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - the interface of asyncio
        """Return what the connection below has; ``peername`` is the caller's."""
        if name == "peername" and self.caller:
            return (self.caller, 0)
        return self._outer.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Whether `close` or `abort` was called, or the other end has gone."""
        return self._closing or self._outer.is_closing()

    def pause_reading(self) -> None:
        """Leave what comes to the kernel."""
        self._outer.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        self._outer.resume_reading()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send one frame."""
        if self.is_open and not self._closing:
            self._outer.write(frame(bytes(data)))

    def can_write_eof(self) -> bool:
        """Whether our half alone can be closed: a goodbye ends both."""
        return False

    def close(self) -> None:
        """Say goodbye, and close."""
        self.say_goodbye(NORMAL)

    def say_goodbye(self, code: int) -> None:
        """Say why, and close once the other end has read it or taken too long."""
        if self.is_closing():
            return
        self._closing = True
        if self.is_open:
            self._outer.write(goodbye(code))
        if self.is_open and self._outer.can_write_eof():
            self._outer.write_eof()
            asyncio.get_running_loop().call_later(_LINGER_S, self._outer.close)
        else:
            self._outer.close()

    def abort(self) -> None:
        """Close now."""
        self._closing = True
        self._outer.abort()


class WebSocketEntrance(asyncio.Protocol):
    """The network's side of it.

    Parameters
    ----------
    inner : asyncio.Protocol
        The protocol behind.
    trusted : sequence of network
        Proxies whose ``X-Forwarded-For`` is believed.
    refused : callable
        Told of each client that spoke no WebSocket, or broke it.
    """

    __slots__ = ("_frames", "_handshake", "_inner", "_outer", "_refused", "_transport", "_trusted")

    def __init__(self, inner: asyncio.Protocol, trusted: Sequence[Network], refused: Callable[[], None]) -> None:
        self._inner, self._trusted, self._refused = inner, trusted, refused
        self._handshake: Handshake | None = Handshake()
        self._frames = FrameReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._outer = cast("asyncio.Transport", transport)
        self._transport = WebSocketTransport(self._outer)
        self._inner.connection_made(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._inner.resume_writing()

    def eof_received(self) -> bool:
        """Take that the client will say no more; what it said is answered first."""
        if self._handshake is not None or self._transport.is_closing():
            return False
        return bool(self._inner.eof_received())

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        if self._transport.is_closing():
            return
        if self._handshake is not None:
            data = self._shake_hands(self._handshake, data)
        if data:
            self._take(data)

    def _shake_hands(self, handshake: Handshake, data: bytes) -> bytes:
        """Go on with the handshake; return what came behind it."""
        try:
            upgrade = handshake.receive(data)
        except RefusedError as refusal:
            self._refused()
            self._outer.write(refusal.answer)
            self._transport.close()
            return b""
        if upgrade is None:
            return b""
        self._handshake = None
        self._transport.caller = self._passed_on(upgrade.forwarded_for)
        self._outer.write(upgrade.answer)
        self._transport.is_open = True
        return upgrade.rest

    def _passed_on(self, forwarded_for: str) -> str:
        """Return the last address in a proxy's header that is no proxy's; empty where nobody may tell us."""
        peer = self._outer.get_extra_info("peername")
        if not is_trusted(str(peer[0]) if peer else "", self._trusted):
            return ""
        for text in reversed(forwarded_for.split(",")):
            try:
                address = str(plain_address(text.strip()))
            except ValueError:
                return ""
            if not is_trusted(address, self._trusted):
                return address
        return ""

    def _take(self, data: bytes) -> None:
        try:
            received = self._frames.receive(data)
        except WebSocketError as error:
            self._refused()
            if error.before:  # a call for help may stand in front of what is broken
                self._inner.data_received(error.before)
            self._transport.say_goodbye(error.code)
            return
        if received.ping is not None:
            self._outer.write(pong(received.ping))
        if received.data:
            self._inner.data_received(received.data)
        if received.goodbye and not self._inner.eof_received():
            self._transport.close()
