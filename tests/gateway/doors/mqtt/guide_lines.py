"""What the guide's programs have to bear: a line that is cut, and a platform that writes its JSON in another way."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

_CONNACK_BYTES = 4
_PUBLISH, _PUBACK = 0x30, 0x40


class _Listener:
    """Takes one connection after the other, in a thread."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.lines = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                self.lines += 1
                with suppress(OSError), line:
                    self._hold(line)

    def _hold(self, line: socket.socket) -> None:
        raise NotImplementedError


class CutLine(_Listener):
    """A line to a door: the first one ends at once, the others up to `cuts` after the answer to the log-in."""

    def __init__(self, door: int, cuts: int) -> None:
        super().__init__()
        self._door, self._cuts = door, cuts

    def _hold(self, line: socket.socket) -> None:
        if self.lines == 1:
            return
        with socket.create_connection(("127.0.0.1", self._door)) as door:
            if self.lines <= self._cuts:
                door.sendall(line.recv(4_096))
                line.sendall(door.recv(_CONNACK_BYTES))
                line.recv(4_096)
                return
            back = threading.Thread(target=_pass, args=(door, line), daemon=True)
            back.start()
            _pass(line, door)


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class Platform(_Listener):
    """Acknowledges everything, and sends commands once the second message is there."""

    def __init__(self, commands: Sequence[bytes]) -> None:
        super().__init__()
        self._commands = commands
        self.said: list[dict[str, Any]] = []

    def _hold(self, line: socket.socket) -> None:
        stream = line.makefile("rb")
        while head := stream.read(1):
            body = stream.read(_length(stream))
            kind = head[0] & 0xF0
            if kind == 0x10:
                line.sendall(b"\x20\x02\x00\x00")
            elif kind == 0x80:
                line.sendall(b"\x90\x03" + body[:2] + b"\x01")
            elif kind == _PUBLISH:
                end = 2 + int.from_bytes(body[:2], "big")
                line.sendall(b"\x40\x02" + body[end : end + 2])
                self.said.append(json.loads(body[end + 2 :]))
                if len(self.said) == 2:
                    self._send(line)

    def _send(self, line: socket.socket) -> None:
        topic = b"anhu/v1/dev-1/commands"
        for number, command in enumerate(self._commands, 1):
            body = len(topic).to_bytes(2, "big") + topic + number.to_bytes(2, "big") + command
            line.sendall(b"\x32" + _varint(len(body)) + body)


def _length(stream: Any) -> int:  # noqa: ANN401 - a file of a socket has no public type
    length = shift = 0
    while True:
        byte = int(stream.read(1)[0])
        length |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return length


def _varint(length: int) -> bytes:
    out = bytearray()
    while length > 127:
        out.append(length % 128 | 128)
        length //= 128
    out.append(length)
    return bytes(out)
