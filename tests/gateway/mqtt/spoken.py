"""Packets as a client writes them, byte by byte after the standard, independent of the server's own writer."""

from __future__ import annotations


def varint(value: int) -> bytes:
    out = b""
    while True:
        value, low = divmod(value, 128)
        out += bytes([low | (128 if value else 0)])
        if not value:
            return out


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + varint(len(body)) + body


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return len(raw).to_bytes(2, "big") + raw


def connect(
    version: int = 4,
    *,
    client_id: str = "c1",
    user: str | None = "dev-1",
    password: bytes | None = b"0123456789abcdef0123456789abcdef",
    clean: bool = True,
    keep_alive_s: int = 60,
    properties: bytes = b"",
    will: tuple[str, bytes] | None = None,
    will_properties: bytes = b"",
) -> bytes:
    flags = (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    flags |= (2 if clean else 0) | (4 if will else 0)
    body = text("MQIsdp" if version == 3 else "MQTT") + bytes([version, flags]) + keep_alive_s.to_bytes(2, "big")
    if version == 5:
        body += varint(len(properties)) + properties
    body += text(client_id)
    if will:
        body += varint(len(will_properties)) + will_properties if version == 5 else b""
        body += text(will[0]) + text(will[1])
    body += text(user) if user is not None else b""
    body += text(password) if password is not None else b""
    return packet(0x10, body)


def publish(
    topic: str,
    payload: bytes,
    *,
    version: int = 4,
    qos: int = 1,
    packet_id: int = 1,
    dup: bool = False,
    properties: bytes = b"",
) -> bytes:
    body = text(topic) + (packet_id.to_bytes(2, "big") if qos else b"")
    if version == 5:
        body += varint(len(properties)) + properties
    return packet(0x30 | dup << 3 | qos << 1, body + payload)


def subscribe(topic_filter: str, *, version: int = 4, qos: int = 1, packet_id: int = 9) -> bytes:
    properties = b"\0" if version == 5 else b""
    return packet(0x82, packet_id.to_bytes(2, "big") + properties + text(topic_filter) + bytes([qos]))


def pubrel(packet_id: int) -> bytes:
    return packet(0x62, packet_id.to_bytes(2, "big"))


def puback(packet_id: int) -> bytes:
    return packet(0x40, packet_id.to_bytes(2, "big"))


PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
