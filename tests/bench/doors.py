"""Ways into a front door, and devices that come in by them, many a turn."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from itertools import cycle
from typing import Final, NamedTuple

from simulators import mqtt_packets as packets
from simulators.credential import Credential

CUT: Final = (ConnectionError, ssl.SSLError)
"""What a device sees that the server cuts off before it answers; it comes again."""
_ANSWER_WITHIN = struct.pack("ll", 60, 0)  # the kernel's own limit: Python's costs four system calls a connection
_A_TURN = 500
_ADDRESSES = 12  # with more than 5,000 on one, the kernel searches for free ports for longer than all else takes


class Door(NamedTuple):
    """One way in.

    Attributes
    ----------
    kind : str
        What it is called in the report.
    tls : ssl.SSLContext, optional
        None where everything is sent as it is.
    """

    kind: str
    port: int
    tls: ssl.SSLContext | None = None

    def dial(self, source: str) -> socket.socket:
        """Return a connected socket. TLS has greeted, and waits for the answer when something is sent first."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _ANSWER_WITHIN)
        sock.bind((source, 0))
        sock.connect(("127.0.0.1", self.port))
        if self.tls is None:
            return sock
        wrapped = self.tls.wrap_socket(sock, server_hostname="127.0.0.1", do_handshake_on_connect=False)
        wrapped.settimeout(0)
        with suppress(ssl.SSLWantReadError):
            wrapped.do_handshake()
        wrapped.settimeout(None)
        return wrapped


class Visit(NamedTuple):
    """Who comes in, and where."""

    one: Credential
    door: Door

    def log_in(self, sock: socket.socket) -> None:
        """Say who is there, without waiting for the answer."""
        sock.sendall(packets.connect(self.one.device_id, self.one.device_id, self.one.secret, 0))

    def be_let_in(self, sock: socket.socket) -> None:
        """Wait for the answer."""
        answer = sock.recv(4)
        if not answer:
            raise ConnectionAbortedError("the server closed the connection before it answered")
        assert answer[3:] == b"\0", "a device was refused"


def come_in(stack: ExitStack, visits: Sequence[Visit]) -> int:
    """Connect everybody, many at once, until the stack closes; return how often somebody was cut off and came again."""
    waiting, came = list(visits), 0
    for number in cycle(range(2, 2 + _ADDRESSES)):
        if not waiting:
            break
        came += len(waiting[:_A_TURN])
        waiting = _turn(stack, waiting[:_A_TURN], f"127.0.0.{number}") + waiting[_A_TURN:]
    return came - len(visits)


def _turn(stack: ExitStack, visits: Sequence[Visit], source: str) -> list[Visit]:
    """Connect them; return those who were cut off.

    Answers are read from the last to the first: when the last is there the others are, and nobody has to be woken for
    each of them.
    """
    inside = [(visit, stack.enter_context(visit.door.dial(source))) for visit in visits]
    cut: list[Visit] = []
    for step in (Visit.log_in, Visit.be_let_in):
        for visit, sock in tuple(reversed(inside)):
            try:
                step(visit, sock)
            except CUT:
                cut.append(visit)
                inside.remove((visit, sock))
    return cut
