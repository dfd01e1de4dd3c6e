"""The protocol core of one MQTT connection: bytes in, events and bytes out, no input or output of its own."""

from __future__ import annotations

from enum import Enum

from gateway.mqtt import packets, reader, writer
from gateway.mqtt.packet_splitter import Framer
from gateway.mqtt.packets import V5, Connect, Disconnected, Event, Failed, Publish, Repeated
from gateway.mqtt.properties import Property, Value
from gateway.mqtt.reason import FAILURES, MqttError, Reason

_MAX_CONNECT_BYTES = 140_000  # will, user name and password may have 64 KiB each; nobody needs them all
_QOS_2 = 2
_PLAIN_QOS_1 = packets.PUBLISH << 4 | 1 << 1  # not a duplicate, not retained


class Phase(Enum):
    """How far a connection is."""

    NEW = "new"
    """Nothing but CONNECT may come."""
    WAITING = "waiting"
    """CONNECT came; whoever owns the core must accept or refuse it. Later packets wait unread."""
    OPEN = "open"
    CLOSED = "closed"


class Connection:
    """The server's end of one connection.

    Parameters
    ----------
    max_packet_bytes : int
        Longest packet the client may send. [byte]
    receive_maximum : int
        QoS 1 and 2 messages an MQTT 5 client may have unanswered.
    topic_alias_maximum : int
        Topic aliases an MQTT 5 client may use.
    """

    __slots__ = (
        "_aliases",
        "_framer",
        "_incoming",
        "_max_packet_bytes",
        "_open_publishes",
        "_out",
        "_receive_maximum",
        "_tell_why",
        "_their_max_packet_bytes",
        "_topic",
        "_topic_alias_maximum",
        "_topic_bytes",
        "client_receive_maximum",
        "phase",
        "session_expiry_s",
        "version",
    )

    def __init__(self, *, max_packet_bytes: int, receive_maximum: int, topic_alias_maximum: int) -> None:
        self._max_packet_bytes = max_packet_bytes
        self._receive_maximum = receive_maximum
        self._topic_alias_maximum = topic_alias_maximum
        self._framer = Framer()
        self._out: list[bytes] = []
        self._aliases: dict[int, str] | None = None
        self._incoming: dict[int, bool] = {}
        self._open_publishes = 0
        self._tell_why = True
        self._topic = ""
        self._topic_bytes = b"\0\0"
        self._their_max_packet_bytes = 0
        self.client_receive_maximum = 0
        self.session_expiry_s = 0
        self.phase = Phase.NEW
        self.version = 0

    @property
    def has_output(self) -> bool:
        """Whether there is something to be sent."""
        return bool(self._out)

    def output(self) -> bytes:
        """Return the bytes to be sent, each once."""
        if not self._out:
            return b""
        out = b"".join(self._out)
        self._out.clear()
        return out

    def receive(self, data: bytes) -> list[Event]:
        """Take what came and return what it means; after `Failed` or `Disconnected` nothing follows."""
        events: list[Event] = []
        self._framer.push(data)
        try:
            while self.phase is Phase.OPEN or self.phase is Phase.NEW:
                frame = self._framer.next(self._max_packet_bytes if self.version else _MAX_CONNECT_BYTES)
                if frame is None:
                    if self.phase is Phase.NEW:
                        self._expect_connect()
                    break
                event = self._packet(*frame)
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
            return self._publish(first_byte, body)
        event: Event | None = None
        match reader.check_flags(first_byte):
            case packets.PUBACK:
                event = reader.read_acknowledgement(body, self.version)
            case packets.PUBREL:
                self._release(reader.read_acknowledgement(body, self.version).packet_id)
            case packets.PINGREQ:
                self._ping(body)
            case packets.SUBSCRIBE:
                event = reader.read_subscribe(body, self.version)
            case packets.UNSUBSCRIBE:
                event = reader.read_unsubscribe(body, self.version)
            case packets.DISCONNECT:
                event = self._disconnected(reader.read_disconnect(body, self.version))
            case _:
                raise MqttError(Reason.PROTOCOL_ERROR, "a second CONNECT")
        return event

    def _ping(self, body: bytes) -> None:
        if body:
            raise MqttError(Reason.MALFORMED_PACKET, "PINGREQ has a body")
        self._out.append(writer.PINGRESP)

    def _expect_connect(self) -> None:
        """Refuse at the first byte what is no MQTT: nobody waits for the rest of a web request."""
        begun = self._framer.first_waiting_byte
        if begun is not None and begun >> 4 != packets.CONNECT:
            raise MqttError(Reason.PROTOCOL_ERROR, f"packet type {begun >> 4} came before CONNECT")

    def _connect(self, first_byte: int, body: bytes) -> Connect:
        if first_byte >> 4 != packets.CONNECT:
            raise MqttError(Reason.PROTOCOL_ERROR, f"packet type {first_byte >> 4} came before CONNECT")
        reader.check_flags(first_byte)
        self.version = reader.version_of(body)  # known first, so that errors behind it are told in its words
        connect = reader.read_connect(body)
        found = connect.properties
        self.client_receive_maximum = reader.integer(found, Property.RECEIVE_MAXIMUM, 65_535)
        self._their_max_packet_bytes = reader.integer(found, Property.MAXIMUM_PACKET_SIZE, 0)
        self._tell_why = bool(reader.integer(found, Property.REQUEST_PROBLEM_INFORMATION, 1))
        self.session_expiry_s = reader.integer(found, Property.SESSION_EXPIRY, 0)
        if Property.AUTHENTICATION_METHOD in found:
            raise MqttError(Reason.BAD_AUTHENTICATION_METHOD, "enhanced authentication is not offered")
        if not connect.client_id and not connect.clean_start and connect.version != V5:
            raise MqttError(Reason.CLIENT_ID_NOT_VALID, "an empty client id needs a clean session")
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
        self._incoming = incoming
        self.phase = Phase.OPEN
        found: dict[Property, Value] = {}
        if self.version == V5:
            found[Property.RECEIVE_MAXIMUM] = self._receive_maximum
            found[Property.MAXIMUM_PACKET_SIZE] = self._max_packet_bytes
            found[Property.TOPIC_ALIAS_MAXIMUM] = self._topic_alias_maximum
            found[Property.SUBSCRIPTION_IDS_AVAILABLE] = 0
            found[Property.SHARED_SUBSCRIPTIONS_AVAILABLE] = 0
            if session_expiry_s != self.session_expiry_s:
                found[Property.SESSION_EXPIRY] = session_expiry_s
            if assigned_client_id:
                found[Property.ASSIGNED_CLIENT_ID] = assigned_client_id
            if server_keep_alive_s:
                found[Property.SERVER_KEEP_ALIVE] = server_keep_alive_s
        self._out.append(writer.connack(self.version, Reason.SUCCESS, session_present=session_present, found=found))

    def refuse(self, reason: Reason) -> None:
        """Turn the client away."""
        self._out.append(writer.connack(self.version, reason))
        self.phase = Phase.CLOSED

    def _publish(self, first_byte: int, body: bytes) -> Event | None:
        publish = self._read_publish(first_byte, body)
        if not publish.qos:
            return publish
        self._open_publishes += 1
        if self.version == V5 and self._open_publishes > self._receive_maximum:
            raise MqttError(
                Reason.RECEIVE_MAXIMUM_EXCEEDED, f"more than {self._receive_maximum} messages without an answer"
            )
        if publish.qos == _QOS_2:
            on_disk = self._incoming.get(publish.packet_id)
            if on_disk:
                self._out.append(writer.acknowledgement(packets.PUBREC, publish.packet_id))
                return None
            if on_disk is False:
                return Repeated(publish.packet_id)
            self._incoming[publish.packet_id] = False
        return publish

    def _read_publish(self, first_byte: int, body: bytes) -> Publish:
        """Read PUBLISH; most say the same topic as the one before, and nothing else: those need no second check."""
        at = len(self._topic_bytes)
        if first_byte == _PLAIN_QOS_1 and self._topic and body.startswith(self._topic_bytes) and len(body) > at + 2:
            packet_id = body[at] << 8 | body[at + 1]
            if packet_id and self.version != V5:
                return Publish(self._topic, body[at + 2 :], 1, packet_id)
            if packet_id and not body[at + 2]:
                return Publish(self._topic, body[at + 3 :], 1, packet_id)
        publish = reader.read_publish(first_byte, body, self.version)
        if self.version == V5 and (publish.properties or not publish.topic):
            return self._without_alias(publish)
        self._topic, self._topic_bytes = publish.topic, body[: 2 + (body[0] << 8 | body[1])]
        return publish

    def _without_alias(self, publish: Publish) -> Publish:
        found = publish.properties
        if Property.TOPIC_ALIAS not in found:
            return publish
        alias = reader.integer(found, Property.TOPIC_ALIAS, 0)
        if not 0 < alias <= self._topic_alias_maximum:
            raise MqttError(
                Reason.TOPIC_ALIAS_INVALID, f"topic alias {alias}, expected 1 to {self._topic_alias_maximum}"
            )
        if self._aliases is None:
            self._aliases = {}
        topic = publish.topic or self._aliases.get(alias)
        if topic is None:
            raise MqttError(Reason.PROTOCOL_ERROR, f"topic alias {alias} was never given a topic")
        self._aliases[alias] = topic
        return Publish(
            topic, publish.payload, publish.qos, publish.packet_id, publish.dup, publish.retain, publish.properties
        )

    def acknowledge(self, qos: int, packet_id: int, reason: Reason = Reason.SUCCESS) -> None:
        """Answer a QoS 1 or 2 message: it is on disk, or (MQTT 5 only) why it will never be."""
        if qos == 1 and reason is Reason.SUCCESS:
            self._open_publishes -= 1
            if self.phase is Phase.OPEN:
                self._out.append(b"\x40\x02" + packet_id.to_bytes(2, "big"))  # PUBACK, as nearly all of them are
            return
        failed = reason >= FAILURES
        if qos == _QOS_2:
            if failed:
                self._incoming.pop(packet_id, None)
            else:
                self._incoming[packet_id] = True
        if qos != _QOS_2 or failed:
            self._open_publishes -= 1
        if self.phase is Phase.OPEN:
            kind = packets.PUBREC if qos == _QOS_2 else packets.PUBACK
            self._out.append(writer.acknowledgement(kind, packet_id, reason))

    def _release(self, packet_id: int) -> None:
        if self._incoming.get(packet_id) is False:
            raise MqttError(Reason.PROTOCOL_ERROR, f"PUBREL of {packet_id}, which PUBREC has not answered")
        known = self._incoming.pop(packet_id, None)
        self._open_publishes = max(0, self._open_publishes - 1)
        reason = Reason.PACKET_ID_NOT_FOUND if known is None and self.version == V5 else Reason.SUCCESS
        self._out.append(writer.acknowledgement(packets.PUBCOMP, packet_id, reason))

    def _disconnected(self, event: Disconnected) -> Disconnected:
        if event.session_expiry_s and not self.session_expiry_s:
            raise MqttError(Reason.PROTOCOL_ERROR, "a session that ends with the connection cannot be prolonged")
        self.phase = Phase.CLOSED
        return event

    def grant(self, packet_id: int, reasons: list[int]) -> None:
        """Answer SUBSCRIBE: a granted QoS or a reason for each filter."""
        self._out.append(writer.suback(self.version, packet_id, reasons))

    def ungrant(self, packet_id: int, reasons: list[int]) -> None:
        """Answer UNSUBSCRIBE."""
        self._out.append(writer.unsuback(self.version, packet_id, reasons))

    def send(self, topic: str, payload: bytes, *, qos: int, packet_id: int, dup: bool = False) -> bool:
        """Send a message to the client; False if it is longer than the client takes."""
        packet = writer.publish(self.version, topic, payload, qos=qos, packet_id=packet_id, dup=dup)
        if self._their_max_packet_bytes and len(packet) > self._their_max_packet_bytes:
            return False
        self._out.append(packet)
        return True

    def close(self, reason: Reason, text: str = "") -> None:
        """End the connection; an MQTT 5 client is told why."""
        if self.phase in (Phase.OPEN, Phase.WAITING):
            self._fail(MqttError(reason, text))
        self.phase = Phase.CLOSED

    def _fail(self, error: MqttError) -> None:
        if self.phase is Phase.OPEN:
            if self.version == V5:
                self._out.append(self._disconnect_packet(error))
        elif self.version or error.reason is Reason.UNSUPPORTED_VERSION:
            self._out.append(writer.connack(self.version, error.reason))
        self.phase = Phase.CLOSED

    def _disconnect_packet(self, error: MqttError) -> bytes:
        plain = writer.disconnect(error.reason)
        if not self._tell_why or not str(error):
            return plain
        told = writer.disconnect(error.reason, {Property.REASON_STRING: str(error)})
        limit = self._their_max_packet_bytes
        return plain if limit and len(told) > limit else told
