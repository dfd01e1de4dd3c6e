"""MQTT 5 properties (§2.2.2): which there are, what each holds, and in which packet it may stand."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TypeAlias

from gateway.mqtt.cursor import Cursor, encoded_bytes, encoded_varint
from gateway.mqtt.reason import MqttError, Reason


class Property(IntEnum):
    """Property identifiers."""

    PAYLOAD_FORMAT = 0x01
    MESSAGE_EXPIRY = 0x02
    CONTENT_TYPE = 0x03
    RESPONSE_TOPIC = 0x08
    CORRELATION_DATA = 0x09
    SUBSCRIPTION_ID = 0x0B
    SESSION_EXPIRY = 0x11
    ASSIGNED_CLIENT_ID = 0x12
    SERVER_KEEP_ALIVE = 0x13
    AUTHENTICATION_METHOD = 0x15
    AUTHENTICATION_DATA = 0x16
    REQUEST_PROBLEM_INFORMATION = 0x17
    WILL_DELAY = 0x18
    REQUEST_RESPONSE_INFORMATION = 0x19
    REASON_STRING = 0x1F
    RECEIVE_MAXIMUM = 0x21
    TOPIC_ALIAS_MAXIMUM = 0x22
    TOPIC_ALIAS = 0x23
    USER_PROPERTY = 0x26
    RETAIN_AVAILABLE = 0x25
    MAXIMUM_PACKET_SIZE = 0x27
    SUBSCRIPTION_IDS_AVAILABLE = 0x29
    SHARED_SUBSCRIPTIONS_AVAILABLE = 0x2A


Value: TypeAlias = int | str | bytes
Properties: TypeAlias = Mapping[Property, Value]

_P = Property
_BYTE = {
    _P.PAYLOAD_FORMAT,
    _P.REQUEST_PROBLEM_INFORMATION,
    _P.REQUEST_RESPONSE_INFORMATION,
    _P.RETAIN_AVAILABLE,
    _P.SUBSCRIPTION_IDS_AVAILABLE,
    _P.SHARED_SUBSCRIPTIONS_AVAILABLE,
}
_TWO_BYTES = {_P.SERVER_KEEP_ALIVE, _P.RECEIVE_MAXIMUM, _P.TOPIC_ALIAS_MAXIMUM, _P.TOPIC_ALIAS}
_FOUR_BYTES = {_P.MESSAGE_EXPIRY, _P.SESSION_EXPIRY, _P.WILL_DELAY, _P.MAXIMUM_PACKET_SIZE}
_BINARY = {_P.CORRELATION_DATA, _P.AUTHENTICATION_DATA}
_NEVER_ZERO = {_P.RECEIVE_MAXIMUM, _P.MAXIMUM_PACKET_SIZE, _P.SUBSCRIPTION_ID}

_MESSAGE = {
    _P.PAYLOAD_FORMAT,
    _P.MESSAGE_EXPIRY,
    _P.CONTENT_TYPE,
    _P.RESPONSE_TOPIC,
    _P.CORRELATION_DATA,
    _P.USER_PROPERTY,
}
IN_CONNECT = frozenset(
    {
        _P.SESSION_EXPIRY,
        _P.AUTHENTICATION_METHOD,
        _P.AUTHENTICATION_DATA,
        _P.REQUEST_PROBLEM_INFORMATION,
        _P.REQUEST_RESPONSE_INFORMATION,
        _P.RECEIVE_MAXIMUM,
        _P.TOPIC_ALIAS_MAXIMUM,
        _P.USER_PROPERTY,
        _P.MAXIMUM_PACKET_SIZE,
    }
)
IN_WILL = frozenset(_MESSAGE | {_P.WILL_DELAY})
IN_PUBLISH = frozenset(_MESSAGE | {_P.TOPIC_ALIAS})
IN_ACKNOWLEDGEMENT = frozenset({_P.REASON_STRING, _P.USER_PROPERTY})
IN_SUBSCRIBE = frozenset({_P.SUBSCRIPTION_ID, _P.USER_PROPERTY})
IN_UNSUBSCRIBE = frozenset({_P.USER_PROPERTY})
IN_DISCONNECT = frozenset({_P.SESSION_EXPIRY, _P.REASON_STRING, _P.USER_PROPERTY})

CHANGES_THE_SESSION = frozenset({_P.SESSION_EXPIRY, _P.ASSIGNED_CLIENT_ID, _P.SERVER_KEEP_ALIVE})
"""What a client must hear with CONNACK, however short the packets that it takes."""

NONE: Properties = {}
_MOST_USER_PROPERTIES = 64
"""Nothing here reads them; to look at each of the 150,000 that one packet may hold would hold up everybody else."""


def read_properties(cursor: Cursor, allowed: frozenset[Property]) -> Properties:
    """Read a property list; user properties are checked and passed over, and those behind very many not even checked.

    Raises
    ------
    MqttError
        For a property that is unknown, stands twice, does not belong in this packet or holds what it may not; and for
        very many user properties in CONNECT, where what stands behind them decides about the whole connection.
    """
    length = cursor.varint()
    if not length:
        return NONE
    inner = cursor.part(length)
    found: dict[Property, Value] = {}
    passed_over = 0
    while not inner.at_end:
        number = inner.varint()
        try:
            name = Property(number)
        except ValueError:
            raise MqttError(Reason.MALFORMED_PACKET, f"property {number:#04x} is not known") from None
        if name not in allowed:
            raise MqttError(Reason.MALFORMED_PACKET, f"property {name.name} does not belong in this packet")
        if name is Property.USER_PROPERTY:
            passed_over += 1
            if passed_over > _MOST_USER_PROPERTIES:
                if allowed is IN_CONNECT:
                    raise MqttError(Reason.QUOTA_EXCEEDED, f"more than {_MOST_USER_PROPERTIES} user properties")
                break
            inner.text()
            inner.text()
            continue
        if name in found:
            raise MqttError(Reason.PROTOCOL_ERROR, f"property {name.name} stands twice")
        found[name] = _read_value(inner, name)
    return found


def _read_value(cursor: Cursor, name: Property) -> Value:
    if name in _BYTE:
        value = cursor.byte()
        if value > 1:
            raise MqttError(Reason.PROTOCOL_ERROR, f"property {name.name} is {value}, expected 0 or 1")
        return value
    if name in _BINARY:
        return cursor.binary()
    if name in _TWO_BYTES:
        number = cursor.two_bytes()
    elif name in _FOUR_BYTES:
        number = cursor.four_bytes()
    elif name is Property.SUBSCRIPTION_ID:
        number = cursor.varint()
    else:
        return cursor.text()
    if not number and name in _NEVER_ZERO:
        raise MqttError(Reason.PROTOCOL_ERROR, f"property {name.name} is 0, expected 1 or more")
    return number


def encoded_properties(properties: Properties) -> bytes:
    """Return a property list with its length in front."""
    out = bytearray()
    for name, value in properties.items():
        out.append(name)
        if isinstance(value, int):
            out += value.to_bytes(1 if name in _BYTE else 2 if name in _TWO_BYTES else 4, "big")
        else:
            out += encoded_bytes(value.encode() if isinstance(value, str) else value)
    return encoded_varint(len(out)) + bytes(out)
