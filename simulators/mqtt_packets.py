"""The few MQTT 3.1.1 packets that a publishing device needs, as bytes; for the fleet, which counts microseconds."""

from __future__ import annotations

from collections.abc import Iterator

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
CONNACK = 2
PUBACK = 4
PINGRESP = 13

_PUBLISH_QOS_1 = 0x32
_DUP = 0x08
_USER_PASSWORD = 0xC0
_MAX_LENGTH_BYTES = 4


def _text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(first: int, body: bytes) -> bytes:
    length = len(body)
    head = bytearray([first])
    while True:
        length, low = divmod(length, 128)
        head.append(low | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def connect(client_id: str, user: str, password: str, keep_alive_s: int) -> bytes:
    """Return CONNECT with a session that outlives the connection."""
    flags = bytes([_USER_PASSWORD])
    body = _text("MQTT") + b"\x04" + flags + keep_alive_s.to_bytes(2, "big") + _text(client_id)
    return _packet(0x10, body + _text(user) + _text(password))


def publish(topic: str, payload: bytes, packet_id: int, *, again: bool = False) -> bytes:
    """Return PUBLISH with QoS 1."""
    first = _PUBLISH_QOS_1 | (_DUP if again else 0)
    return _packet(first, _text(topic) + packet_id.to_bytes(2, "big") + payload)


def cut(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take every complete packet out of the buffer and yield its type and body.

    Raises
    ------
    ValueError
        If a length is not of the protocol.
    """
    while True:
        length = 0
        for i in range(1, _MAX_LENGTH_BYTES + 1):
            if i >= len(buffer):
                return
            length |= (buffer[i] & 0x7F) << (7 * (i - 1))
            if not buffer[i] & 0x80:
                break
        else:
            raise ValueError("the server's packet has a length of more than four bytes")
        end = 1 + i + length
        if len(buffer) < end:
            return
        body = bytes(buffer[1 + i : end])
        kind = buffer[0] >> 4
        del buffer[:end]
        yield kind, body
