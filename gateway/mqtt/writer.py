"""Writes the packets that the server sends (MQTT 3.1.1 and 5, chapter 3)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from gateway.mqtt import packets
from gateway.mqtt.cursor import encoded_bytes, encoded_varint
from gateway.mqtt.packets import V5, V31
from gateway.mqtt.properties import NONE, Properties, encoded_properties
from gateway.mqtt.reason import CONNACK_311, FAILURE_311, Reason

_PUBACK = packets.PUBACK << 28 | 2 << 16  # the head of the packet that answers nearly every message
PINGRESP = bytes((packets.PINGRESP << 4, 0))


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    """Put the fixed header in front of a body."""
    return bytes((kind << 4 | flags,)) + encoded_varint(len(body)) + body


def connack(version: int, reason: Reason, *, session_present: bool = False, found: Properties = NONE) -> bytes:
    """Write CONNACK; empty where MQTT 3.1.1 has no code for the reason and just closes."""
    if version == V5:
        return packet(packets.CONNACK, bytes((session_present, reason)) + encoded_properties(found))
    if reason is Reason.SUCCESS:
        return packet(packets.CONNACK, bytes((session_present and version != V31, 0)))
    code = CONNACK_311.get(reason)
    return b"" if code is None else packet(packets.CONNACK, bytes((0, code)))


def acknowledgement(kind: int, packet_id: int, reason: Reason = Reason.SUCCESS) -> bytes:
    """Write PUBACK, PUBREC or PUBCOMP; a reason other than success is for MQTT 5 only."""
    identifier = packet_id.to_bytes(2, "big")
    if reason is Reason.SUCCESS:
        return bytes((kind << 4, 2)) + identifier
    return bytes((kind << 4, 3)) + identifier + bytes((reason,))


def pubacks(packet_ids: Sequence[int]) -> bytes:
    """Write a PUBACK that says success for each of many messages."""
    return struct.pack(f">{len(packet_ids)}I", *[_PUBACK | packet_id for packet_id in packet_ids])


def suback(version: int, packet_id: int, reasons: Iterable[int]) -> bytes:
    """Write SUBACK, one reason a filter, in their order."""
    if version == V5:
        return packet(packets.SUBACK, packet_id.to_bytes(2, "big") + b"\0" + bytes(reasons))
    old = bytes(min(FAILURE_311, r) for r in reasons)
    return packet(packets.SUBACK, packet_id.to_bytes(2, "big") + old)


def unsuback(version: int, packet_id: int, reasons: Iterable[int]) -> bytes:
    """Write UNSUBACK; MQTT 3.1.1 has no reasons in it."""
    rest = b"\0" + bytes(reasons) if version == V5 else b""
    return packet(packets.UNSUBACK, packet_id.to_bytes(2, "big") + rest)


def publish(version: int, topic: str, payload: bytes, *, qos: int, packet_id: int, dup: bool = False) -> bytes:
    """Write PUBLISH."""
    body = encoded_bytes(topic.encode())
    if qos:
        body += packet_id.to_bytes(2, "big")
    if version == V5:
        body += b"\0"
    return packet(packets.PUBLISH, body + payload, dup << 3 | qos << 1)


def disconnect(reason: Reason, found: Properties = NONE) -> bytes:
    """Write DISCONNECT, which only MQTT 5 lets a server send."""
    return packet(packets.DISCONNECT, bytes((reason,)) + encoded_properties(found))
