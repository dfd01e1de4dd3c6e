"""The protocol core of one MQTT connection: bytes in, events and bytes out, no input or output of its own."""

from __future__ import annotations

from enum import Enum

from gateway.mqtt import packets, reader
from gateway.mqtt.handshake import Limits, expect_connect, offered, read_login
from gateway.mqtt.inbound import Inbound
from gateway.mqtt.outbound import Outbound
from gateway.mqtt.packet_splitter import CUT, PacketSplitter
from gateway.mqtt.packets import V5, Connect, Disconnected, Event, Failed
from gateway.mqtt.properties import Property, Value
from gateway.mqtt.reason import MqttError, Reason

MAX_CONNECT_BYTES = 4_096
"""Longest CONNECT: whoever sends it may be a stranger, and everybody waits while it is read. [byte]"""
_MAX_OTHER_BYTES = 16_384  # any packet but PUBLISH; a SUBSCRIBE of a thousand filters would hold up everybody else


class Phase(Enum):
    """How far a connection is."""

    NEW = "new"
    """Nothing but CONNECT may come."""
    WAITING = "waiting"
    """CONNECT came; whoever owns the core must accept or refuse it. Later packets wait unread."""
    OPEN = "open"
    CLOSED = "closed"


class Connection:
    """The server's end of one connection: which packet may come when, and how it begins and ends.

    Parameters
    ----------
    limits : Limits
        What the client must keep to.

    Attributes
    ----------
    inbound : Inbound
        The client's messages and their answers.
    out : Outbound
        What is to be sent; whoever owns the core takes it from there.
    """

    __slots__ = (
        "_limits",
        "_splitter",
        "client_receive_maximum",
        "inbound",
        "out",
        "phase",
        "session_expiry_s",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._splitter = PacketSplitter()
        self.out = Outbound()
        self.inbound = Inbound(self.out, limits)
        self.client_receive_maximum = 0
        self.session_expiry_s = 0
        self.phase = Phase.NEW

    @property
    def unread_bytes(self) -> int:
        """How long the packet is of which a part has come; 0 between two packets. [byte]."""
        return self._splitter.needed_bytes

    def receive(self, data: bytes) -> list[Event]:
        """Take what came and return what it means; after `Failed` or `Disconnected` nothing follows."""
        events: list[Event] = []
        self._splitter.push(data)
        try:
            while self.phase is Phase.OPEN or self.phase is Phase.NEW:
                packet = self._splitter.next(self._limits.max_packet_bytes if self.out.version else MAX_CONNECT_BYTES)
                if packet is None:
                    begun = self._splitter.first_waiting_byte
                    if begun is not None:
                        _check_begun(begun, self.out.version, is_new=self.phase is Phase.NEW)
                    break
                event = self._packet(*packet)
                if event is not None:
                    events.append(event)
        except MqttError as error:
            self._fail(error)
            events.append(Failed(error.reason, str(error)))
        return events

    def _packet(self, first_byte: int, body: bytes) -> Event | None:
        if self.phase is Phase.NEW:
            return self._connect(first_byte, body)
        if first_byte >> 4 == packets.PUBLISH:
            return self.inbound.publish(first_byte, body)
        if first_byte & CUT:
            return self.inbound.too_long(first_byte & 0xFF, body, self._splitter.cut_bytes)
        event = _other(first_byte, body, self.inbound, self.out)
        return self._disconnected(event) if type(event) is Disconnected else event

    def _connect(self, first_byte: int, body: bytes) -> Connect:
        connect = read_login(first_byte, body, self.out)
        self.client_receive_maximum = reader.integer(connect.properties, Property.RECEIVE_MAXIMUM, 65_535)
        self.session_expiry_s = reader.integer(connect.properties, Property.SESSION_EXPIRY, 0)
        self.phase = Phase.WAITING
        return connect

    def accept(
        self,
        *,
        session_present: bool,
        session_expiry_s: int,
        incoming: dict[int, bool],
        assigned_client_id: str = "",
        server_keep_alive_s: int = 0,
    ) -> None:
        """Let the client in; call `receive` with ``b""`` afterwards for what came behind its CONNECT.

        Parameters
        ----------
        session_expiry_s : int
            How long its session will outlive the connection. [s]
        incoming : dict
            Its session's QoS 2 identifiers -> whether the message is on disk; kept up to date by this core.
        server_keep_alive_s : int
            Keep-alive it must use instead of its own; 0 for its own. [s]
        """
        self.inbound.resume(incoming)
        found: dict[Property, Value] = {}
        if self.out.version == V5:
            expiry_s = None if session_expiry_s == self.session_expiry_s else session_expiry_s
            found = offered(self._limits, expiry_s, assigned_client_id, server_keep_alive_s)
        try:
            self.out.connack(Reason.SUCCESS, session_present=session_present, found=found)
        except MqttError as error:
            self._fail(error)
            return
        self.phase, self.out.is_open = Phase.OPEN, True

    def refuse(self, reason: Reason) -> None:
        """Turn the client away."""
        self.out.connack(reason)
        self.lost()

    def close(self, reason: Reason, text: str = "") -> None:
        """End the connection; an MQTT 5 client is told why."""
        if self.phase in (Phase.OPEN, Phase.WAITING):
            self._fail(MqttError(reason, text))
        self.lost()

    def lost(self) -> None:
        """Take that the connection is over: nothing is read or answered any more."""
        self.phase, self.out.is_open = Phase.CLOSED, False

    def _disconnected(self, event: Disconnected) -> Disconnected:
        if event.session_expiry_s and not self.session_expiry_s:
            raise MqttError(Reason.PROTOCOL_ERROR, "a session that ends with the connection cannot be prolonged")
        self.lost()
        return event

    def _fail(self, error: MqttError) -> None:
        if self.phase is Phase.OPEN:
            self.out.disconnect(error)
        elif self.out.version or error.reason is Reason.UNSUPPORTED_VERSION:
            self.out.connack(error.reason)
        self.lost()


def _other(first_byte: int, body: bytes, inbound: Inbound, out: Outbound) -> Event | None:
    """Take a packet that is no message."""
    if len(body) > _MAX_OTHER_BYTES:
        raise MqttError(Reason.PACKET_TOO_LARGE, f"a packet of {len(body)} bytes that is no PUBLISH")
    event: Event | None = None
    match reader.check_flags(first_byte, out.version):
        case packets.PUBACK:
            event = reader.read_puback(body, out.version)
        case packets.PUBREL:
            event = inbound.release(reader.read_pubrel(body, out.version).packet_id)
        case packets.PINGREQ:
            reader.check_empty(body, "PINGREQ")
            out.pong()
        case packets.SUBSCRIBE:
            event = reader.read_subscribe(body, out.version)
        case packets.UNSUBSCRIBE:
            event = reader.read_unsubscribe(body, out.version)
        case packets.DISCONNECT:
            event = reader.read_disconnect(body, out.version)
        case _:
            raise MqttError(Reason.PROTOCOL_ERROR, "a second CONNECT")
    return event


def _check_begun(first_byte: int, version: int, *, is_new: bool) -> None:
    """Refuse at its first byte what is no packet: nobody waits for the rest of it."""
    if is_new:
        expect_connect(first_byte)
    elif first_byte >> 4 != packets.PUBLISH:
        reader.check_flags(first_byte, version)
