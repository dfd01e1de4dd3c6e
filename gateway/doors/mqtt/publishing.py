"""What one device publishes: to the intake, and its acknowledgement back once the LOG has it on disk."""

from __future__ import annotations

from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from gateway.doors import topic_rules
from gateway.doors.mqtt.session import FOR_EVER
from gateway.doors.mqtt.shared import Shared
from gateway.doors.mqtt.wire import FULL_LOG, UNACKED, Wire
from gateway.mqtt.packets import OVERHEAD_BYTES, V5, Publish, Repeated
from gateway.mqtt.reason import Reason

_MQTT = DoorKind.MQTT


class Publishing:
    """One connection's messages on their way to the LOG, bounded in number and bytes.

    Attributes
    ----------
    device : DeviceEntry or None
        Who publishes; None until it is let in.
    """

    __slots__ = ("_shared", "_topic", "_unacked", "_unacked_bytes", "_wire", "device")

    def __init__(self, wire: Wire, shared: Shared) -> None:
        self._wire, self._shared = wire, shared
        self._topic = ""
        self._unacked = 0
        self._unacked_bytes = 0
        self.device: DeviceEntry | None = None

    def change_device(self, device: DeviceEntry) -> None:
        """Take who publishes, or its new registration."""
        self.device = device
        self._topic = ""

    def take(self, publish: Publish, now_ms: int) -> None:
        """Take a message that came at a time. [ms]."""
        wire, shared, device, topic = self._wire, self._shared, self.device, publish.topic
        if device is None or wire.closing_since_s != FOR_EVER:
            return
        if topic != self._topic:
            if not topic_rules.may_publish(shared.codec_of(device), device, topic):
                self._reject(publish)
                return
            self._topic = topic
        self._unacked += 1
        self._unacked_bytes += len(publish.payload) + OVERHEAD_BYTES
        shared.counters.received += 1
        frame = Frame(
            door=_MQTT, route=topic, payload=publish.payload, device_id=device.device_id, received_at_ms=now_ms
        )
        shared.intake.offer(frame, device, self._on_disk, publish)
        settings = shared.settings
        if self._unacked_bytes > settings.max_unacked_bytes or self._unacked >= settings.receive_maximum:
            wire.hold(UNACKED)
        if shared.intake.pending_bytes > settings.max_pending_bytes:
            wire.hold(FULL_LOG)
            shared.full_log.wait(wire)

    def take_again(self, repeated: Repeated) -> None:
        """Take a QoS 2 message that is on its way already: it is answered with its first copy."""
        self._shared.intake.in_turn(self._first_copy_on_disk, repeated.packet_id)

    def _on_disk(self, publish: Publish, error: Exception | None) -> None:
        self._unacked -= 1
        self._unacked_bytes -= len(publish.payload) + OVERHEAD_BYTES
        if error is not None:
            self._not_kept(publish)
            return
        wire = self._wire
        if publish.qos:
            wire.core.inbound.acknowledge(publish.qos, publish.packet_id)
            self._shared.counters.acknowledged += 1
            wire.flush_soon()
        if wire.held & UNACKED and self._unacked_bytes * 2 <= self._shared.settings.max_unacked_bytes:
            wire.unhold(UNACKED)

    def _not_kept(self, publish: Publish) -> None:
        if not publish.qos:
            self._shared.counters.lost_at_qos_0 += 1
            return
        self._wire.core.inbound.at_qos_2.pop(publish.packet_id, None)
        self._send_again()

    def _send_again(self) -> None:
        self._wire.close(Reason.QUOTA_EXCEEDED, "the message could not be kept: send it again", "log_refused")

    def _reject(self, publish: Publish) -> None:
        self._shared.counters.rejected_publishes += 1
        if self._wire.core.out.version == V5 and publish.qos:
            self._shared.intake.in_turn(self._refuse_in_turn, publish)
        else:
            text = f"this device may not publish to {publish.topic}"
            self._wire.close(Reason.NOT_AUTHORIZED, text, "foreign_topic")

    def _refuse_in_turn(self, publish: Publish, error: Exception | None) -> None:  # noqa: ARG002 - refused either way
        self._wire.core.inbound.acknowledge(publish.qos, publish.packet_id, Reason.NOT_AUTHORIZED)
        self._wire.flush_soon()

    def _first_copy_on_disk(self, packet_id: int, error: Exception | None) -> None:
        inbound = self._wire.core.inbound
        if error is None and inbound.at_qos_2.get(packet_id):
            inbound.acknowledge(2, packet_id)
            self._wire.flush_soon()
        else:
            self._send_again()
