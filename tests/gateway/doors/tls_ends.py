"""What stands before and behind our own end of TLS in its tests."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from gateway.doors.tls_listener import TlsListener
from gateway.doors.tls_transport import TlsTransport

WAIT_S = 20.0
MEGABYTE = 1_048_576


class End(asyncio.Protocol):
    """What a protocol is told; answers each byte string as `answer` says."""

    def __init__(self, answer: Callable[[bytes], bytes] = bytes) -> None:
        self.answer = answer
        self.got = bytearray()
        self.waits: list[bool] = []
        self.ended = threading.Event()
        self.error: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, TlsTransport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        self.transport.write(self.answer(data))

    def pause_writing(self) -> None:
        self.waits.append(True)

    def resume_writing(self) -> None:
        self.waits.append(False)

    def connection_lost(self, exc: Exception | None) -> None:
        assert not self.ended.is_set()
        self.error = exc
        self.ended.set()


class Port:
    """A listener, and the protocols of those who came."""

    def __init__(self, certificate: tuple[Path, Path], make: Callable[[], End]) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        self.ends: list[End] = []
        self.trusting = ssl.create_default_context(cafile=str(certificate[0]))
        self.listener = TlsListener(context, lambda: self.ends.append(make()) or self.ends[-1])  # type: ignore[func-returns-value]

    @property
    def port(self) -> int:
        number: int = self.listener.sockets[0].getsockname()[1]
        return number

    def plain(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)

    def client(self) -> ssl.SSLSocket:
        return self.trusting.wrap_socket(self.plain(), server_hostname="127.0.0.1", suppress_ragged_eofs=False)
