"""Takes TLS connections on one port, a few a turn of the loop: who is connected waits for no crowd at the door."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Protocol

from gateway.doors.proxy_protocol import HEADER_S, MOST_BYTES, Proxies, read_header
from gateway.doors.tls_transport import TlsTransport

_logger = logging.getLogger(__name__)
_ACCEPTED_A_TURN = 16  # about 10 ms of handshakes
_PAUSE_S = 1.0
_LOOK_S = 0.02


class ServerContext(Protocol):
    """What makes a TLS connection of an accepted one: `ssl.SSLContext`, or `gateway.doors.psk.PskContext`."""

    def wrap_socket(self, sock: socket.socket, *, server_side: bool, do_handshake_on_connect: bool) -> ssl.SSLSocket:
        """Return the connection, its handshake not begun."""
        ...


class TlsListener:
    """A port, on every address that its host has, whose connections are TLS.

    Parameters
    ----------
    context : ServerContext
        The server's certificate or its keys, and whom to let in.
    make_protocol : callable
        Called for each connection.
    proxies : Proxies, optional
        Whose header, in front of TLS, is read and believed.
    refused : callable, optional
        Told of each handshake that failed: the connection, and the protocol made for it.

    Attributes
    ----------
    failed_handshakes : int
        Connections that spoke no TLS, or one that we do not; since the start.
    """

    def __init__(
        self,
        context: ServerContext,
        make_protocol: Callable[[], asyncio.Protocol],
        proxies: Proxies | None = None,
        *,
        refused: Callable[[ssl.SSLSocket, asyncio.Protocol], None] | None = None,
    ) -> None:
        self._context, self._make_protocol, self._proxies = context, make_protocol, proxies
        self._refused = refused
        self._sockets: list[socket.socket] = []
        self.failed_handshakes = 0

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """The sockets listened on."""
        return tuple(self._sockets)

    async def listen(self, host: str, port: int, backlog: int) -> None:
        """Begin; port 0 takes a free one. Raises `OSError` where a port is taken."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            sock = socket.create_server(address[:2], family=family, backlog=backlog)
            sock.settimeout(0)
            self._sockets.append(sock)
            loop.add_reader(sock.fileno(), self._accept, sock)

    def close(self) -> None:
        """Take no more; those who are connected stay."""
        sockets, self._sockets = self._sockets, []
        for sock in sockets:
            asyncio.get_running_loop().remove_reader(sock.fileno())
            sock.close()

    def _accept(self, sock: socket.socket) -> None:
        for _ in range(_ACCEPTED_A_TURN):
            try:
                accepted, _ = sock.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:  # no file left for it: it waits in the kernel until one is
                _logger.error("no connection can be taken: %s", error)  # noqa: TRY400 - its text says all
                self._pause(sock)
                return
            self._begin(accepted)

    def _begin(self, accepted: socket.socket) -> None:
        try:
            accepted.settimeout(0)
            peer = accepted.getpeername()  # who has gone already must not get into `ssl`, which would not close it
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            self._failed()
            accepted.close()
            return
        if self._proxies is not None and self._proxies.trusts(str(peer[0])):
            deadline_s = asyncio.get_running_loop().time() + HEADER_S
            self._await_header(accepted, self._proxies, deadline_s)
        else:
            self._greet(accepted, self._make_protocol)

    def _await_header(self, accepted: socket.socket, proxies: Proxies, deadline_s: float) -> None:
        """Look at what a proxy sent; what is no header stays for TLS."""
        loop = asyncio.get_running_loop()
        try:
            data = accepted.recv(MOST_BYTES, socket.MSG_PEEK)
            header = read_header(data)
            if not data or (header is None and loop.time() > deadline_s):
                raise ConnectionAbortedError("no header came")
            if header is not None:
                accepted.recv(header.length)
        except BlockingIOError:
            header = None
            if loop.time() > deadline_s:
                self._failed()
                accepted.close()
                return
        except (OSError, ValueError):
            self._failed()
            accepted.close()
            return
        if header is None:
            loop.call_later(_LOOK_S, self._await_header, accepted, proxies, deadline_s)
        else:
            self._greet(accepted, partial(proxies.make_protocol, header.caller))

    def _greet(self, accepted: socket.socket, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        try:
            wrapped = self._context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        except (OSError, ValueError):
            self._failed()
            accepted.close()
            return
        protocol = make_protocol()
        TlsTransport(wrapped, protocol, partial(self._not_let_in, wrapped, protocol))

    def _not_let_in(self, wrapped: ssl.SSLSocket, protocol: asyncio.Protocol) -> None:
        self._failed()
        if self._refused is not None:
            self._refused(wrapped, protocol)

    def _failed(self) -> None:
        self.failed_handshakes += 1

    def _pause(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(sock.fileno())
        loop.call_later(_PAUSE_S, self._go_on, sock)

    def _go_on(self, sock: socket.socket) -> None:
        if sock in self._sockets:
            asyncio.get_running_loop().add_reader(sock.fileno(), self._accept, sock)
