"""The packets of MQTT that carry something, as the protocol core hands them over."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from gateway.mqtt.properties import NONE, Properties
from gateway.mqtt.reason import Reason

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH = 8, 9, 10, 11, 12, 13, 14, 15

V31 = 3
V311 = 4
V5 = 5
OVERHEAD_BYTES = 512
"""What a message costs beside its payload while it waits for the LOG. [byte]"""


class Will(msgspec.Struct, frozen=True):
    """What a client wants said when it vanishes.

    Attributes
    ----------
    delay_s : int
        How long to wait for it to come back first. [s]
    """

    topic: str
    payload: bytes
    delay_s: int = 0


class Connect(msgspec.Struct, frozen=True):
    """A client's first packet.

    Attributes
    ----------
    keep_alive_s : int
        Longest silence it promises; 0: no promise. [s]
    """

    version: int
    client_id: str
    clean_start: bool
    keep_alive_s: int
    user_name: str = ""
    password: bytes = b""
    will: Will | None = None
    properties: Properties = NONE


class Publish(msgspec.Struct, frozen=True, gc=False):
    """A message of the client; `packet_id` is 0 at QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0
    dup: bool = False
    retain: bool = False
    properties: Properties = NONE


class TooLong(msgspec.Struct, frozen=True):
    """A message over the limit: read past, and to be answered like any other, so that the next packet has its turn.

    Attributes
    ----------
    publish : Publish
        With the beginning of its payload.
    packet_bytes : int
        Its whole length. [byte]
    """

    publish: Publish
    packet_bytes: int


class Repeated(msgspec.Struct, frozen=True):
    """A QoS 2 message that came before: answer it behind what is still on its way to the disk."""

    packet_id: int


class Subscribe(msgspec.Struct, frozen=True):
    """Wanted topics: (filter, QoS)."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]


class Unsubscribe(msgspec.Struct, frozen=True):
    """Topics no longer wanted."""

    packet_id: int
    filters: tuple[str, ...]


class Acknowledged(msgspec.Struct, frozen=True):
    """The client has our message (PUBACK), or says why it will not take it (`reason` of 0x80 and above)."""

    packet_id: int
    reason: int = 0


class Released(msgspec.Struct, frozen=True):
    """The client will not send this QoS 2 message again; it was answered."""

    packet_id: int


class Disconnected(msgspec.Struct, frozen=True):
    """The client says good-bye.

    Attributes
    ----------
    with_will : bool
        It wants its will said all the same.
    session_expiry_s : int or None
        New life of its session, if it gave one. [s]
    """

    with_will: bool = False
    session_expiry_s: int | None = None


class Failed(msgspec.Struct, frozen=True):
    """The client broke the protocol; the answer is in the output, and the connection must be closed."""

    reason: Reason
    text: str


Event: TypeAlias = (
    Connect | Publish | TooLong | Repeated | Released | Subscribe | Unsubscribe | Acknowledged | Disconnected | Failed
)
