"""What the client publishes on one connection, and what it is told of it: QoS 1 and 2, topic aliases."""

from __future__ import annotations

import msgspec

from gateway.mqtt import packets, reader
from gateway.mqtt.handshake import Limits
from gateway.mqtt.outbound import Outbound
from gateway.mqtt.packets import V5, Event, Publish, Released, Repeated, TooLong
from gateway.mqtt.properties import Property
from gateway.mqtt.reason import FAILURES, MqttError, Reason

_QOS_2 = 2
MOST_UNRELEASED = 1_024
"""How many QoS 2 messages are remembered that were answered and not released; no rule of MQTT 3.1.1 bounds them."""
_PLAIN_QOS_1 = packets.PUBLISH << 4 | 1 << 1  # not a duplicate, not retained


class Inbound:
    """The client's messages, each until it is answered.

    Parameters
    ----------
    out : Outbound
        Takes the answers.
    limits : Limits
        What the client must keep to.

    Attributes
    ----------
    at_qos_2 : dict
        The session's QoS 2 identifiers -> whether the message is on disk; kept up to date here.
    """

    __slots__ = (
        "_aliases",
        "_carried",
        "_out",
        "_receive_maximum",
        "_topic",
        "_topic_alias_maximum",
        "_topic_bytes",
        "_unanswered",
        "at_qos_2",
    )

    def __init__(self, out: Outbound, limits: Limits) -> None:
        self._out = out
        self._receive_maximum = limits.receive_maximum
        self._topic_alias_maximum = limits.topic_alias_maximum
        self._aliases: dict[int, str] | None = None
        self._topic = ""
        self._topic_bytes = b"\0\0"
        self._unanswered = 0
        self.at_qos_2: dict[int, bool] = {}
        self._carried: set[int] = set()

    def resume(self, at_qos_2: dict[int, bool]) -> None:
        """Go on with a session's QoS 2 identifiers, kept up to date from here on."""
        self.at_qos_2 = at_qos_2
        self._carried = set(at_qos_2)

    def publish(self, first_byte: int, body: bytes) -> Event | None:
        """Read PUBLISH; nothing for a QoS 2 message that is known to be on disk, if nothing is on its way there."""
        publish = self._read(first_byte, body)
        if not publish.qos:
            return publish
        self._unanswered += 1
        if self._unanswered > self._receive_maximum and self._out.version == V5:
            raise MqttError(
                Reason.RECEIVE_MAXIMUM_EXCEEDED, f"more than {self._receive_maximum} messages without an answer"
            )
        if publish.qos == _QOS_2:
            on_disk = self._known(publish)
            if on_disk and all(self.at_qos_2.values()):
                self._out.acknowledge(packets.PUBREC, publish.packet_id)
                return None
            if on_disk is not None:
                return Repeated(publish.packet_id)
            self.at_qos_2[publish.packet_id] = False
            if len(self.at_qos_2) > MOST_UNRELEASED:
                self._forget_one()
        return publish

    def _known(self, publish: Publish) -> bool | None:
        """Return whether the message's first copy is on disk; None for a message that did not come before.

        A client that begins anew with the identifiers of an earlier connection, as after a reboot of its own, says
        something new with them, and does not mark it as a duplicate.
        """
        packet_id = publish.packet_id
        if packet_id in self._carried:
            self._carried.discard(packet_id)
            if not publish.dup and self.at_qos_2.get(packet_id):
                del self.at_qos_2[packet_id]
        return self.at_qos_2.get(packet_id)

    def _forget_one(self) -> None:
        answered = next((one for one, on_disk in self.at_qos_2.items() if on_disk), None)
        if answered is not None:
            del self.at_qos_2[answered]

    def too_long(self, first_byte: int, head: bytes, packet_bytes: int) -> Event | None:
        """Read what was kept of a PUBLISH over the limit. [byte]."""
        event = self.publish(first_byte, head)
        return TooLong(event, packet_bytes) if isinstance(event, Publish) else event

    def _read(self, first_byte: int, body: bytes) -> Publish:
        """Read PUBLISH; most say the same topic as the one before, and nothing else: those need no second check."""
        at = len(self._topic_bytes)
        version = self._out.version
        if first_byte == _PLAIN_QOS_1 and self._topic and body.startswith(self._topic_bytes) and len(body) > at + 2:
            packet_id = body[at] << 8 | body[at + 1]
            if packet_id and version != V5:
                return Publish(self._topic, body[at + 2 :], 1, packet_id)
            if packet_id and not body[at + 2]:
                return Publish(self._topic, body[at + 3 :], 1, packet_id)
        publish = reader.read_publish(first_byte, body, version)
        if version == V5 and (publish.properties or not publish.topic):
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
        return msgspec.structs.replace(publish, topic=topic)

    def acknowledge(self, qos: int, packet_id: int, reason: Reason = Reason.SUCCESS) -> None:
        """Answer a QoS 1 or 2 message: it is on disk, or (MQTT 5 only) why it will never be."""
        out = self._out
        if qos == 1 and reason is Reason.SUCCESS:
            self._unanswered -= 1
            if out.is_open:
                out.packets.append(b"\x40\x02" + packet_id.to_bytes(2, "big"))  # PUBACK, as nearly all of them are
            return
        failed = reason >= FAILURES
        if qos == _QOS_2:
            if failed:
                self.at_qos_2.pop(packet_id, None)
            else:
                self.at_qos_2[packet_id] = True
        if qos != _QOS_2 or failed:
            self._unanswered -= 1
        if out.is_open:
            out.acknowledge(packets.PUBREC if qos == _QOS_2 else packets.PUBACK, packet_id, reason)

    def release(self, packet_id: int) -> Released:
        """Take PUBREL: the client will not send this message again."""
        if self.at_qos_2.get(packet_id) is False:
            raise MqttError(Reason.PROTOCOL_ERROR, f"PUBREL of {packet_id}, which PUBREC has not answered")
        known = self.at_qos_2.pop(packet_id, None)
        self._unanswered = max(0, self._unanswered - 1)
        reason = Reason.PACKET_ID_NOT_FOUND if known is None and self._out.version == V5 else Reason.SUCCESS
        self._out.acknowledge(packets.PUBCOMP, packet_id, reason)
        return Released(packet_id)
