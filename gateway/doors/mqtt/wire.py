"""The network's end of one connection: when it is read from, what is written, and how it ends."""

from __future__ import annotations

import asyncio
import socket

from gateway.doors.mqtt.session import FOR_EVER
from gateway.doors.mqtt.shared import Shared
from gateway.mqtt.connection import Connection
from gateway.mqtt.reason import Reason

LOGIN, UNACKED, SLOW_READER, FULL_LOG, DRAINED = 1, 2, 4, 8, 16
"""Reasons not to read from a connection."""
_LINGER_S = 1.0
"""How long we read on after our last word: to bytes that nobody read the kernel answers with a reset, and the other end
would never hear why. [s]"""


class Wire:
    """A transport, and the protocol core whose bytes it carries.

    Attributes
    ----------
    transport : asyncio.Transport or None
        None before the connection is made, and once it is gone.
    core : Connection
        The protocol.
    caller : str
        Whom a trusted proxy connected to us; empty where none stands between.
    held : int
        Why it is not read from now; 0 while it is.
    ended_by : str
        Why the connection ended, in one word; ``vanished`` unless somebody said otherwise.
    ended_detail : str
        The same in more words, as it may be shown; empty where there is no more to say.
    last_byte_s, last_seen_s : float
        When something last came, and when a packet last came whole. [s]
    epoch : int
        Under which its door holds its line, among several doors.
    closing_since_s : float
        When we closed it; infinite before. [s]
    """

    __slots__ = (
        "_flush_due",
        "_shared",
        "caller",
        "closing_since_s",
        "core",
        "ended_by",
        "ended_detail",
        "epoch",
        "held",
        "last_byte_s",
        "last_seen_s",
        "transport",
    )

    def __init__(self, shared: Shared, caller: str = "") -> None:
        self._shared = shared
        self.caller = caller
        self.transport: asyncio.Transport | None = None
        self.held = 0
        self._flush_due = False
        self.core = Connection(shared.limits)
        self.ended_by = "vanished"
        self.ended_detail = ""
        self.last_byte_s = self.last_seen_s = shared.now_s()
        self.closing_since_s = FOR_EVER
        self.epoch = 0

    @property
    def waits_for_us(self) -> bool:
        """Whether it is we who do not read: the other end's silence means nothing then."""
        return bool(self.held & (LOGIN | UNACKED | FULL_LOG))

    @property
    def address(self) -> str:
        """The other end's IP address, as a trusted proxy told it where one stands between."""
        if self.caller:
            return self.caller
        peer = self.transport.get_extra_info("peername") if self.transport else None
        return str(peer[0]) if peer else ""

    def lost(self) -> None:
        """Take that the connection is gone."""
        self.transport = None
        self.core.lost()

    def watch_for_vanishing(self) -> None:
        """Have the kernel ask whether the other end is still there: it promised no sign of life."""
        if self.transport is not None:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def close(self, reason: Reason, text: str, ended_by: str) -> None:
        """End the connection from our side."""
        if self.closing_since_s == FOR_EVER and self.transport is not None:
            self.core.close(reason, text)
            self.shut(ended_by)

    def shut(self, ended_by: str = "") -> None:
        """Send what there is to say, and close; to whoever did not say goodbye, with time to read it."""
        first, self.closing_since_s = self.closing_since_s == FOR_EVER, self._shared.now_s()
        self.ended_by = ended_by or self.ended_by
        self.flush()
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if not first or ended_by in ("", "disconnected") or not transport.can_write_eof():
            transport.close()
            return
        if self.held:
            self.held = 0
            transport.resume_reading()
        transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGER_S, transport.close)

    def abort(self) -> None:
        """End it without waiting for the other end to read."""
        if self.transport is not None:
            self.transport.abort()

    def flush(self) -> None:
        """Send what the core has to say, in one write."""
        self._flush_due = False
        out = self.core.out.take()
        if out and self.transport is not None and not self.transport.is_closing():
            self.transport.write(out)

    def flush_soon(self) -> None:
        """Send it together with the answers of other connections."""
        if not self._flush_due:
            self._flush_due = True
            self._shared.flush_turn.add(self)

    def hold(self, why: int) -> None:
        """Read no more, for a reason or one more reason."""
        if not self.held and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self.held |= why

    def unhold(self, why: int) -> None:
        """Read on, unless there is another reason not to."""
        before, self.held = self.held, self.held & ~why
        if before and not self.held and self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def read_on(self) -> None:
        """Read on: fewer bytes are on their way to the LOG."""
        self.unhold(FULL_LOG)
