"""A client without a library: a socket, and packets written and read by hand."""

from __future__ import annotations

import socket
from typing import Self

from tests.gateway.mqtt import spoken


class Raw:
    """One TCP connection."""

    def __init__(self, port: int, version: int = 4) -> None:
        self.version = version
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self) -> bytes:
        """Return the next packet; empty at the end of the connection."""
        try:
            head = self._exactly(2)
        except ConnectionResetError:
            return b""
        if not head:
            return b""
        size, shift, header = head[1] & 0x7F, 7, head
        while header[-1] & 0x80:
            header += self._exactly(1)
            size |= (header[-1] & 0x7F) << shift
            shift += 7
        return header + self._exactly(size)

    def quiet(self, seconds: float = 0.15) -> bool:
        """Tell whether nothing comes for a while."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(5)

    def login(self, **more: object) -> bytes:
        """Send CONNECT and return CONNACK."""
        self.send(spoken.connect(self.version, **more))  # type: ignore[arg-type]
        return self.read()

    def drop(self) -> None:
        """Vanish."""
        self._socket.close()

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                return b""
            data += more
        return data
