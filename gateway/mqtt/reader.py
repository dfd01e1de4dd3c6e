"""Reads the packets that a client sends (MQTT 3.1.1 and 5, chapter 3), checked as far as the standard goes."""

from __future__ import annotations

from typing import cast

from gateway.mqtt import filters, packets, properties
from gateway.mqtt.cursor import Cursor, utf8
from gateway.mqtt.packets import (
    V5,
    V31,
    V311,
    Acknowledged,
    Connect,
    Disconnected,
    Publish,
    Subscribe,
    Unsubscribe,
    Will,
)
from gateway.mqtt.properties import NONE, Properties, Property, read_properties
from gateway.mqtt.reason import MqttError, Reason

_MAX_CLIENT_ID_BYTES = 256
_QOS_2 = 2
_NAMES = {V31: "MQIsdp", V311: "MQTT", V5: "MQTT"}
_DUP = 8

_FLAGS = {
    packets.CONNECT: 0,
    packets.PUBACK: 0,
    packets.PUBREL: 2,
    packets.SUBSCRIBE: 2,
    packets.UNSUBSCRIBE: 2,
    packets.PINGREQ: 0,
    packets.DISCONNECT: 0,
}
_REPEATED_IN_31 = (packets.PUBREL, packets.SUBSCRIBE, packets.UNSUBSCRIBE)
_ANSWERS = frozenset((0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99))
_RELEASES = frozenset((0, 0x92))


def check_flags(first_byte: int, version: int = 0) -> int:
    """Return the packet type after checking its reserved flags. Not for PUBLISH, whose flags mean something."""
    kind, flags = first_byte >> 4, first_byte & 0x0F
    expected = _FLAGS.get(kind)
    if expected is None:
        raise MqttError(Reason.PROTOCOL_ERROR, f"packet type {kind} is not for a client to send here")
    if version == V31 and kind in _REPEATED_IN_31:
        flags &= ~_DUP  # such a packet may come again there
    if flags != expected:
        raise MqttError(Reason.MALFORMED_PACKET, f"packet type {kind} has flags {flags}, expected {expected}")
    return kind


def check_empty(body: bytes, packet: str) -> None:
    """Raise `MqttError` for a body where a packet has none."""
    if body:
        raise MqttError(Reason.MALFORMED_PACKET, f"{packet} has a body")


def version_of(body: bytes) -> int:
    """Return the version a CONNECT asks for, if it is one we speak, else 0."""
    at = 2 + int.from_bytes(body[:2], "big")
    version = body[at] if at < len(body) else 0
    return version if body[2:at] == _NAMES.get(version, "").encode() else 0


def read_connect(body: bytes) -> Connect:
    """Read CONNECT (§3.1)."""
    cursor = Cursor(body)
    name = cursor.text()
    version = cursor.byte()
    if _NAMES.get(version) != name:
        text = f"protocol {name!r} level {version}, expected MQTT 3.1, 3.1.1 or 5"
        raise MqttError(Reason.UNSUPPORTED_VERSION, text)
    flags = cursor.byte()
    _check_connect_flags(flags, version)
    keep_alive_s = cursor.two_bytes()
    found = read_properties(cursor, properties.IN_CONNECT) if version == V5 else NONE
    client_id = cursor.text()
    if len(client_id.encode()) > _MAX_CLIENT_ID_BYTES:
        raise MqttError(Reason.CLIENT_ID_NOT_VALID, f"a client id over {_MAX_CLIENT_ID_BYTES} bytes")
    will = _read_will(cursor, version) if flags & 0x04 else None
    user_name = cursor.text() if flags & 0x80 else ""
    password = cursor.binary() if flags & 0x40 else b""
    _expect_end(cursor)
    return Connect(version, client_id, bool(flags & 0x02), keep_alive_s, user_name, password, will, found)


def _check_connect_flags(flags: int, version: int) -> None:
    will, will_rest = flags & 0x04, flags & 0x38
    bad = flags & 0x01 or (not will and will_rest) or (flags & 0x18) == 0x18  # noqa: PLR2004 - will QoS 3
    if bad or (version != V5 and flags & 0x40 and not flags & 0x80):
        raise MqttError(Reason.MALFORMED_PACKET, f"connect flags {flags:#04x} contradict each other")


def _read_will(cursor: Cursor, version: int) -> Will:
    found = read_properties(cursor, properties.IN_WILL) if version == V5 else NONE
    _check_response_topic(found)
    topic = _topic(cursor.binary())
    return Will(topic, cursor.binary(), integer(found, Property.WILL_DELAY, 0))


def read_publish(first_byte: int, body: bytes, version: int) -> Publish:
    """Read PUBLISH (§3.3); the topic may be empty at MQTT 5, where an alias stands for it."""
    qos = (first_byte >> 1) & 3
    if qos == 3 or (first_byte & 8 and not qos):  # noqa: PLR2004 - there is no QoS 3
        raise MqttError(Reason.MALFORMED_PACKET, f"publish flags {first_byte & 15:#03x} contradict each other")
    if len(body) < 2:  # noqa: PLR2004 - the topic's length
        raise MqttError(Reason.MALFORMED_PACKET, "the packet ends before the topic")
    position = 2 + (body[0] << 8 | body[1])
    topic = body[2:position]
    packet_id = 0
    if qos:
        packet_id = int.from_bytes(body[position : position + 2], "big")
        position += 2
    if position > len(body):
        raise MqttError(Reason.MALFORMED_PACKET, "the packet ends within its header")
    if qos and not packet_id:
        raise MqttError(Reason.PROTOCOL_ERROR, "a packet identifier is 0")
    found = NONE
    if version == V5 and body[position : position + 1] == b"\0":
        position += 1
    elif version == V5:
        cursor = Cursor(body[position:])
        found = read_properties(cursor, properties.IN_PUBLISH)
        _check_response_topic(found)
        position = len(body) - len(cursor.rest())
    name = "" if not topic and Property.TOPIC_ALIAS in found else _topic(topic)
    return Publish(name, body[position:], qos, packet_id, bool(first_byte & 8), bool(first_byte & 1), found)


def _topic(raw: bytes) -> str:
    topic = utf8(raw)
    if not topic or "+" in topic or "#" in topic:
        raise MqttError(Reason.TOPIC_NAME_INVALID, f"topic {topic[:100]!r}, expected a name without + and #")
    return topic


def _check_response_topic(found: Properties) -> None:
    topic = found.get(Property.RESPONSE_TOPIC)
    if isinstance(topic, str):
        _topic(topic.encode())


def read_puback(body: bytes, version: int) -> Acknowledged:
    """Read PUBACK (§3.4)."""
    return _acknowledgement(body, version, _ANSWERS)


def read_pubrel(body: bytes, version: int) -> Acknowledged:
    """Read PUBREL (§3.6)."""
    return _acknowledgement(body, version, _RELEASES)


def _acknowledgement(body: bytes, version: int, known: frozenset[int]) -> Acknowledged:
    """Read an identifier, and at MQTT 5 perhaps a reason."""
    cursor = Cursor(body)
    packet_id = cursor.packet_id()
    reason = 0
    if version == V5 and not cursor.at_end:
        reason = cursor.byte()
        if reason not in known:
            raise MqttError(Reason.MALFORMED_PACKET, f"reason {reason:#04x} does not belong in this packet")
        if not cursor.at_end:
            read_properties(cursor, properties.IN_ACKNOWLEDGEMENT)
    _expect_end(cursor)
    return Acknowledged(packet_id, reason)


def read_subscribe(body: bytes, version: int) -> Subscribe:
    """Read SUBSCRIBE (§3.8); an identifier of it, which is not offered, is passed over: a call may stand behind it."""
    cursor = Cursor(body)
    packet_id = cursor.packet_id()
    if version == V5:
        read_properties(cursor, properties.IN_SUBSCRIBE)
    wanted: list[tuple[str, int]] = []
    while not cursor.at_end:
        topic_filter, options = cursor.text(), cursor.byte()
        if options & 3 > _QOS_2 or options & (0xC0 if version == V5 else 0xFC) or (options >> 4) & 3 == 3:  # noqa: PLR2004
            raise MqttError(Reason.MALFORMED_PACKET, f"subscription options {options:#04x} are not allowed")
        filters.check(topic_filter, version, no_local=bool(options & 4))
        wanted.append((topic_filter, options & 3))
    _expect_filters(wanted)
    return Subscribe(packet_id, tuple(wanted))


def read_unsubscribe(body: bytes, version: int) -> Unsubscribe:
    """Read UNSUBSCRIBE (§3.10)."""
    cursor = Cursor(body)
    packet_id = cursor.packet_id()
    if version == V5:
        read_properties(cursor, properties.IN_UNSUBSCRIBE)
    unwanted: list[str] = []
    while not cursor.at_end:
        unwanted.append(cursor.text())
        filters.check(unwanted[-1], version)
    _expect_filters(unwanted)
    return Unsubscribe(packet_id, tuple(unwanted))


def read_disconnect(body: bytes, version: int) -> Disconnected:
    """Read DISCONNECT (§3.14)."""
    cursor = Cursor(body)
    if version != V5 or cursor.at_end:
        _expect_end(cursor)
        return Disconnected()
    reason = cursor.byte()
    found = NONE if cursor.at_end else read_properties(cursor, properties.IN_DISCONNECT)
    _expect_end(cursor)
    expiry = found.get(Property.SESSION_EXPIRY)
    return Disconnected(reason != Reason.SUCCESS, cast("int | None", expiry))


def integer(found: Properties, name: Property, otherwise: int) -> int:
    """Return an integer property, or what holds without it."""
    return cast("int", found.get(name, otherwise))


def _expect_filters(filters: list[tuple[str, int]] | list[str]) -> None:
    if not filters:
        raise MqttError(Reason.PROTOCOL_ERROR, "no topic filter in the packet")


def _expect_end(cursor: Cursor) -> None:
    if not cursor.at_end:
        raise MqttError(Reason.MALFORMED_PACKET, "bytes are left over after the packet's last field")
