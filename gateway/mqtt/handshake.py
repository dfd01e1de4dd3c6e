"""How a connection begins: what the client asks with CONNECT, and what it is offered in return."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.mqtt import packets, reader
from gateway.mqtt.outbound import Outbound
from gateway.mqtt.packets import V5, V31, Connect
from gateway.mqtt.properties import Property, Value
from gateway.mqtt.reason import MqttError, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client is told to keep to.

    Attributes
    ----------
    max_packet_bytes : int
        Longest packet it may send. [byte]
    receive_maximum : int
        QoS 1 and 2 messages an MQTT 5 client may have unanswered.
    topic_alias_maximum : int
        Topic aliases an MQTT 5 client may use.
    """

    max_packet_bytes: int
    receive_maximum: int
    topic_alias_maximum: int


def read_login(first_byte: int, body: bytes, out: Outbound) -> Connect:
    """Read CONNECT, and keep to the client's version and limits from here on; raises `MqttError`."""
    expect_connect(first_byte)
    reader.check_flags(first_byte)
    out.version = reader.version_of(body)  # known first, so that errors behind it are told in its words
    connect = reader.read_connect(body)
    found = connect.properties
    out.max_packet_bytes = reader.integer(found, Property.MAXIMUM_PACKET_SIZE, 0)
    out.tells_why = bool(reader.integer(found, Property.REQUEST_PROBLEM_INFORMATION, 1))
    if Property.AUTHENTICATION_METHOD in found:
        raise MqttError(Reason.BAD_AUTHENTICATION_METHOD, "enhanced authentication is not offered")
    if Property.AUTHENTICATION_DATA in found:
        raise MqttError(Reason.PROTOCOL_ERROR, "authentication data without a method")
    if not connect.client_id and (connect.version == V31 or not (connect.clean_start or connect.version == V5)):
        raise MqttError(Reason.CLIENT_ID_NOT_VALID, "an empty client id needs MQTT 3.1.1 and a clean session")
    return connect


def expect_connect(first_byte: int) -> None:
    """Refuse at the first byte what is no MQTT: nobody waits for the rest of a web request."""
    if first_byte >> 4 != packets.CONNECT:
        raise MqttError(Reason.PROTOCOL_ERROR, f"packet type {first_byte >> 4} came before CONNECT")


def offered(
    limits: Limits, session_expiry_s: int | None, assigned_client_id: str, server_keep_alive_s: int
) -> dict[Property, Value]:
    """Return what an MQTT 5 client is told with CONNACK: our limits, and what differs from what it asked for.

    That nothing is retained is not told: clients then refuse to send a retained message, and it may be the call.
    """
    found: dict[Property, Value] = {
        Property.RECEIVE_MAXIMUM: limits.receive_maximum,
        Property.MAXIMUM_PACKET_SIZE: limits.max_packet_bytes,
        Property.TOPIC_ALIAS_MAXIMUM: limits.topic_alias_maximum,
        Property.SUBSCRIPTION_IDS_AVAILABLE: 0,
        Property.SHARED_SUBSCRIPTIONS_AVAILABLE: 0,
    }
    if session_expiry_s is not None:
        found[Property.SESSION_EXPIRY] = session_expiry_s
    if assigned_client_id:
        found[Property.ASSIGNED_CLIENT_ID] = assigned_client_id
    if server_keep_alive_s:
        found[Property.SERVER_KEEP_ALIVE] = server_keep_alive_s
    return found
