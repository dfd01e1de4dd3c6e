"""What the server says on one connection: packets in the client's version, within its limits, kept until they leave."""

from __future__ import annotations

from gateway.mqtt import writer
from gateway.mqtt.packets import V5
from gateway.mqtt.properties import CHANGES_THE_SESSION, NONE, Properties, Property
from gateway.mqtt.reason import MqttError, Reason


class Outbound:
    """Packets on their way to the client.

    Attributes
    ----------
    packets : list of bytes
        What waits to be sent.
    version : int
        The client's; 0 until it said it.
    is_open : bool
        Whether the client was let in, and neither end has closed since: only then is a message answered.
    max_packet_bytes : int
        Longest packet that the client takes; 0 for any. [byte]
    tells_why : bool
        Whether the client wants to hear reasons in words.
    """

    __slots__ = ("is_open", "max_packet_bytes", "packets", "tells_why", "version")

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.version = 0
        self.is_open = False
        self.max_packet_bytes = 0
        self.tells_why = True

    def take(self) -> bytes:
        """Return the bytes to be sent, each once."""
        if not self.packets:
            return b""
        out = b"".join(self.packets)
        self.packets.clear()
        return out

    def connack(self, reason: Reason, *, session_present: bool = False, found: Properties = NONE) -> None:
        """Answer CONNECT, with less about ourselves for a client that takes only short packets.

        Raises
        ------
        MqttError
            If even what it must know is longer than it takes.
        """
        packet = writer.connack(self.version, reason, session_present=session_present, found=found)
        if not self._takes(packet):
            needed = {name: value for name, value in found.items() if name in CHANGES_THE_SESSION}
            packet = writer.connack(self.version, reason, session_present=session_present, found=needed)
        self._append(packet)

    def acknowledge(self, kind: int, packet_id: int, reason: Reason = Reason.SUCCESS) -> None:
        """Send PUBACK, PUBREC or PUBCOMP; a reason other than success is for MQTT 5 only."""
        self.packets.append(writer.acknowledgement(kind, packet_id, reason))

    def pong(self) -> None:
        """Answer PINGREQ."""
        self.packets.append(writer.PINGRESP)

    def grant(self, packet_id: int, reasons: list[int]) -> None:
        """Answer SUBSCRIBE: a granted QoS or a reason for each filter."""
        self._append(writer.suback(self.version, packet_id, reasons))

    def ungrant(self, packet_id: int, reasons: list[int]) -> None:
        """Answer UNSUBSCRIBE."""
        self._append(writer.unsuback(self.version, packet_id, reasons))

    def publish(self, topic: str, payload: bytes, *, qos: int, packet_id: int, dup: bool = False) -> bool:
        """Send a message to the client; False if it is longer than the client takes."""
        packet = writer.publish(self.version, topic, payload, qos=qos, packet_id=packet_id, dup=dup)
        if not self._takes(packet):
            return False
        self.packets.append(packet)
        return True

    def disconnect(self, error: MqttError) -> None:
        """Say why we close; MQTT 3.1.1 has no word for it."""
        if self.version != V5:
            return
        packet = writer.disconnect(error.reason)
        if self.tells_why and str(error):
            told = writer.disconnect(error.reason, {Property.REASON_STRING: str(error)})
            if self._takes(told):
                packet = told
        if self._takes(packet):
            self.packets.append(packet)

    def _takes(self, packet: bytes) -> bool:
        return not self.max_packet_bytes or len(packet) <= self.max_packet_bytes

    def _append(self, packet: bytes) -> None:
        if not self._takes(packet):
            text = f"an answer of {len(packet)} bytes, and the client takes {self.max_packet_bytes}"
            raise MqttError(Reason.PACKET_TOO_LARGE, text)
        self.packets.append(packet)
