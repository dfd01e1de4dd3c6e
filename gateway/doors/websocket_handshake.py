"""How a WebSocket begins (RFC 6455 §4.2): one HTTP request, read by h11, and answered or refused."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import h11

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES = 16
_MOST_BYTES = 8_192
PATHS = frozenset({"/", "/mqtt"})
"""What clients ask for by themselves: paho `/mqtt`, MQTT.js `/`."""
_PROTOCOLS = ("mqtt", "mqttv3.1")


class Upgrade(NamedTuple):
    """A handshake that is whole: its answer, what already came behind it, and who a proxy says the caller is."""

    answer: bytes
    rest: bytes
    forwarded_for: str


class RefusedError(Exception):
    """The request is none that begins a WebSocket; `answer` is what it is told."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        body = (text + "\n").encode()
        version = "Sec-WebSocket-Version: 13\r\n" if status.startswith("426") else ""
        head = f"HTTP/1.1 {status}\r\n{version}Connection: close\r\nContent-Type: text/plain\r\n"
        self.answer = head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Handshake:
    """Takes the bytes of one request, at most 8 KiB of them."""

    __slots__ = ("_http", "_room")

    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER)
        self._room = _MOST_BYTES

    def receive(self, data: bytes) -> Upgrade | None:
        """Take what came; None until the request is whole. Raises `RefusedError`."""
        part, behind = data[: self._room], data[self._room :]
        self._room -= len(part)
        self._http.receive_data(part)
        try:
            request = self._http.next_event()
            if request is h11.NEED_DATA and self._room:
                return None
            end = self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise RefusedError("400 Bad Request", f"no request that can be read: {error}") from None
        if not isinstance(request, h11.Request) or not isinstance(end, h11.EndOfMessage):
            raise RefusedError(
                "400 Bad Request", f"a request of at most {_MOST_BYTES} bytes without a body is expected"
            )
        headers, rest = _headers(request), self._http.trailing_data[0] + behind
        return Upgrade(_answer(request, headers), rest, headers.get("x-forwarded-for", ""))


def _headers(request: h11.Request) -> Mapping[str, str]:
    """Return the headers by name in lower case; several of one name as one, with commas between."""
    found: dict[str, str] = {}
    for raw_name, raw_value in request.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _answer(request: h11.Request, headers: Mapping[str, str]) -> bytes:
    if request.method != b"GET":
        raise RefusedError("405 Method Not Allowed", "GET is expected")
    if request.target.decode("latin-1").partition("?")[0] not in PATHS:
        raise RefusedError("404 Not Found", "MQTT is at /mqtt")
    asked = {part.strip().lower() for part in headers.get("connection", "").split(",")}
    if headers.get("upgrade", "").lower() != "websocket" or "upgrade" not in asked:
        raise RefusedError("426 Upgrade Required", "this is MQTT over WebSocket")
    if headers.get("sec-websocket-version") != "13":
        raise RefusedError("426 Upgrade Required", "WebSocket version 13 is expected")
    key = headers.get("sec-websocket-key", "")
    if not _is_key(key):
        raise RefusedError("400 Bad Request", "Sec-WebSocket-Key: 16 bytes in base64 are expected")
    accepted = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accepted + b"\r\n" + _protocol(headers) + b"\r\n"


def _protocol(headers: Mapping[str, str]) -> bytes:
    """Return the header that agrees on MQTT; none for a client that names no protocol at all."""
    if "sec-websocket-protocol" not in headers:
        return b""
    offered = [part.strip() for part in headers["sec-websocket-protocol"].split(",")]
    for protocol in _PROTOCOLS:
        if protocol in offered:
            return b"Sec-WebSocket-Protocol: " + protocol.encode() + b"\r\n"
    raise RefusedError("400 Bad Request", "Sec-WebSocket-Protocol: mqtt is expected")


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False
