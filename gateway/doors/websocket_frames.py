"""The frames of RFC 6455 as a server reads and writes them: nothing is gathered, what came of a frame is passed on.

MQTT is a stream inside binary frames that may be cut anywhere (MQTT 5 §6), so a frame's length and a message's number
of fragments cost nothing here; what they carry has the limits of every other connection.
"""

from __future__ import annotations

from typing import NamedTuple

_CONTINUED, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_FIN, _RESERVED, _MASKED = 0x80, 0x70, 0x80
_SHORT, _TWO_BYTES = 125, 126
_MOST_EMPTY = 64
"""Frames without anything in them, one after the other: nobody needs them, and each has to be read."""
PROTOCOL_ERROR, NOT_BINARY, NOT_UTF_8, TOO_MANY = 1002, 1003, 1007, 1008
NORMAL = 1000
_SAYABLE = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
"""Close codes that may stand in a frame (RFC 6455 §7.4, and those registered since)."""
_CODE_BYTES = 2


class WebSocketError(Exception):
    """The client broke the protocol; `code` is what it is told, `before` what it had said before that, in the clear."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.before = b""


class Received(NamedTuple):
    """What came: bytes of MQTT, the last ping that wants its answer, and whether the client said goodbye."""

    data: bytes
    ping: bytes | None
    goodbye: bool


class _Header(NamedTuple):
    opcode: int
    is_last: bool
    length: int
    mask: bytes
    bytes: int


def frame(payload: bytes, opcode: int = _BINARY) -> bytes:
    """Return a whole frame, unmasked as a server's are."""
    length = len(payload)
    first = _FIN | opcode
    if length <= _SHORT:
        return bytes((first, length)) + payload
    if length <= 0xFFFF:  # noqa: PLR2004 - what two bytes hold
        return bytes((first, _TWO_BYTES)) + length.to_bytes(2, "big") + payload
    return bytes((first, _TWO_BYTES + 1)) + length.to_bytes(8, "big") + payload


def pong(payload: bytes) -> bytes:
    """Return the answer to a ping."""
    return frame(payload, _PONG)


def goodbye(code: int) -> bytes:
    """Return a close frame."""
    return frame(code.to_bytes(2, "big"), _CLOSE)


class FrameReader:
    """Reads a client's frames, however they come."""

    __slots__ = ("_empty", "_in_message", "_left", "_mask", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0
        self._mask = b""
        self._in_message = False
        self._empty = 0

    def receive(self, data: bytes) -> Received:
        """Take what came. Raises `WebSocketError`."""
        said: list[bytes] = []
        try:
            return self._read(self._rest + data if self._rest else data, said)
        except WebSocketError as error:
            error.before = b"".join(said)
            raise

    def _read(self, buffer: bytes, said: list[bytes]) -> Received:
        at, ping = 0, None
        while True:
            if self._left and at < len(buffer):
                piece = buffer[at : at + self._left]
                said.append(self._unmasked(piece))
                at += len(piece)
            header = None if self._left else _header(buffer, at)
            if header is None:
                break
            if header.opcode < _CLOSE:
                at += header.bytes
                self._begin(header)
                continue
            end = at + header.bytes + header.length
            if end > len(buffer):
                break
            if header.opcode == _CLOSE:
                self._rest = b""
                _check_goodbye(_xor(buffer[at + header.bytes : end], header.mask))
                return Received(b"".join(said), ping, goodbye=True)
            if header.opcode == _PING:
                ping = _xor(buffer[at + header.bytes : end], header.mask)
            at = end
        self._rest = buffer[at:]
        return Received(b"".join(said), ping, goodbye=False)

    def _begin(self, header: _Header) -> None:
        if header.opcode == _TEXT:
            raise WebSocketError(NOT_BINARY, "a text frame: MQTT is binary")
        if (header.opcode == _CONTINUED) != self._in_message:
            raise WebSocketError(PROTOCOL_ERROR, "a fragment out of its turn")
        self._empty = 0 if header.length else self._empty + 1
        if self._empty > _MOST_EMPTY:
            raise WebSocketError(TOO_MANY, "too many empty frames")
        self._in_message = not header.is_last
        self._left, self._mask = header.length, header.mask

    def _unmasked(self, piece: bytes) -> bytes:
        """Return a piece of a frame's payload in the clear, and go on behind it."""
        turned = len(piece) % 4
        plain = _xor(piece, self._mask)
        self._mask = self._mask[turned:] + self._mask[:turned]
        self._left -= len(piece)
        return plain


def _check_goodbye(body: bytes) -> None:
    """Raise `WebSocketError` for a close frame that says nothing that may be said."""
    if body and (len(body) < _CODE_BYTES or int.from_bytes(body[:_CODE_BYTES], "big") not in _SAYABLE):
        raise WebSocketError(PROTOCOL_ERROR, "a close frame with no code that may stand there")
    try:
        body[_CODE_BYTES:].decode()
    except UnicodeDecodeError:
        raise WebSocketError(NOT_UTF_8, "a close frame whose reason is no UTF-8") from None


def _header(buffer: bytes, at: int) -> _Header | None:
    """Return the header that begins here; None until it has come whole."""
    if len(buffer) < at + 2:
        return None
    first, second = buffer[at], buffer[at + 1]
    opcode, length, size = first & 0x0F, second & 0x7F, 2
    if first & _RESERVED or opcode not in (_CONTINUED, _TEXT, _BINARY, _CLOSE, _PING, _PONG):
        raise WebSocketError(PROTOCOL_ERROR, "a frame of an extension that was not agreed on")
    if not second & _MASKED:
        raise WebSocketError(PROTOCOL_ERROR, "a client's frame without a mask")
    if opcode >= _CLOSE and (length > _SHORT or not first & _FIN):
        raise WebSocketError(PROTOCOL_ERROR, "a control frame that is long or in pieces")
    if length > _SHORT:
        wide = 2 if length == _TWO_BYTES else 8
        length, size = int.from_bytes(buffer[at + 2 : at + 2 + wide], "big"), 2 + wide
        if length >> 63:
            raise WebSocketError(PROTOCOL_ERROR, "a frame's length beyond all")
    size += 4
    if len(buffer) < at + size:
        return None
    return _Header(opcode, bool(first & _FIN), length, buffer[at + size - 4 : at + size], size)


def _xor(piece: bytes, mask: bytes) -> bytes:
    length = len(piece)
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(piece, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")
