"""The network's end of one connection: when it is read from, what is written, and how it ends."""

from __future__ import annotations

import asyncio
import math
import socket

from gateway.doors.tcp.shared import Shared

LOGIN, UNACKED, SLOW_READER, FULL_LOG = 1, 2, 4, 8
"""Reasons not to read from a connection."""
_LINGER_S = 1.0
"""How long we read on after our last word: to bytes that nobody read the kernel answers with a reset. [s]"""
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 20), (socket.TCP_KEEPCNT, 3))
"""A socket whose other end lost its power is found out within two minutes. [s], [s], times"""
FOR_EVER = math.inf


class Wire:
    """A transport, and what waits to be sent over it.

    Attributes
    ----------
    caller : str
        Whom a trusted proxy connected to us; empty where none stands between.
    held : int
        Why it is not read from now; 0 while it is.
    ended_by, ended_detail : str
        Why the connection ended, in one word and in more.
    closing_since_s : float
        When we closed it; infinite before. [s]
    """

    __slots__ = (
        "_flush_due",
        "_out",
        "_shared",
        "_transport",
        "caller",
        "closing_since_s",
        "ended_by",
        "ended_detail",
        "held",
    )

    def __init__(self, shared: Shared, caller: str) -> None:
        self._shared, self.caller = shared, caller
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._flush_due = False
        self.held = 0
        self.ended_by, self.ended_detail = "vanished", ""
        self.closing_since_s = FOR_EVER

    @property
    def is_open(self) -> bool:
        """Whether we go on listening."""
        return self._transport is not None and self.closing_since_s == FOR_EVER

    @property
    def waits_for_us(self) -> bool:
        """Whether it is we who do not read: the other end's silence means nothing then."""
        return bool(self.held & (LOGIN | UNACKED | FULL_LOG))

    @property
    def peer(self) -> tuple[str, int]:
        """Address and port of the other end, as a trusted proxy told the address."""
        found = self._transport.get_extra_info("peername") if self._transport else None
        return (self.caller or str(found[0]), int(found[1])) if found else (self.caller, 0)

    def opened(self, transport: asyncio.Transport) -> None:
        """Begin; the kernel asks from time to time whether the other end is still there."""
        self._transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)

    def lost(self) -> None:
        """Take that the connection is gone."""
        self._transport = None
        self._out.clear()

    def say(self, answer: bytes) -> None:
        """Send it together with the answers of other connections."""
        if not answer or not self.is_open:
            return
        self._out.append(answer)
        if not self._flush_due:
            self._flush_due = True
            self._shared.flush_turn.add(self)

    def flush(self) -> None:
        """Send what there is to say, in one write."""
        self._flush_due = False
        out, self._out = b"".join(self._out), []
        if out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(out)

    def close(self, ended_by: str = "", detail: str = "") -> None:
        """Send what there is to say, and close, with time for the other end to read it."""
        transport = self._transport
        if transport is None or self.closing_since_s != FOR_EVER:
            return
        self.closing_since_s = self._shared.now_s()
        self.ended_by, self.ended_detail = ended_by or self.ended_by, detail
        self.flush()
        if transport.is_closing() or not transport.can_write_eof():
            transport.close()
            return
        if self.held:
            self.held = 0
            transport.resume_reading()
        transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGER_S, transport.close)

    def abort(self) -> None:
        """End it without waiting for the other end to read."""
        if self._transport is not None:
            self._transport.abort()

    def hold(self, why: int) -> None:
        """Read no more, for a reason or one more reason."""
        if not self.held and self.is_open and self._transport is not None:
            self._transport.pause_reading()
        self.held |= why

    def unhold(self, why: int) -> None:
        """Read on, unless there is another reason not to."""
        before, self.held = self.held, self.held & ~why
        if before and not self.held and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
