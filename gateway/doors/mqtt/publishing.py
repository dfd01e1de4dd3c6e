"""What one device publishes: to the intake, and its acknowledgement back once the LOG has it on disk."""

from __future__ import annotations

from functools import partial

import msgspec

from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind, ReplyTo
from gateway.doors import topic_rules
from gateway.doors.mqtt.cloud_answers import answer_as_cloud, reply_of
from gateway.doors.mqtt.session import FOR_EVER, Session
from gateway.doors.mqtt.shared import Shared
from gateway.doors.mqtt.wire import FULL_LOG, UNACKED, Wire
from gateway.doors.set_aside import KEPT_BYTES, Aside
from gateway.group_commit import Done
from gateway.mqtt.inbound import MOST_UNRELEASED
from gateway.mqtt.packets import OVERHEAD_BYTES, V5, Publish, Repeated, TooLong
from gateway.mqtt.reason import Reason

_MQTT = DoorKind.MQTT
_QOS_2 = 2
_NO = {Aside.FOREIGN: Reason.NOT_AUTHORIZED, Aside.TOO_LONG: Reason.QUOTA_EXCEEDED}


class Publishing:
    """One connection's messages on their way to the LOG, bounded in number and bytes.

    Attributes
    ----------
    device : DeviceEntry or None
        Who publishes; None until it is let in.
    session : Session or None
        Its session; None until then.
    """

    __slots__ = ("_reply", "_shared", "_topic", "_unacked", "_unacked_bytes", "_wire", "device", "session")

    def __init__(self, wire: Wire, shared: Shared) -> None:
        self._wire, self._shared = wire, shared
        self._topic = ""
        self._reply: ReplyTo | None = None
        self._unacked = self._unacked_bytes = 0
        self.device: DeviceEntry | None = None
        self.session: Session | None = None

    def change_device(self, device: DeviceEntry) -> None:
        """Take who publishes, or its new registration."""
        self.device, self._reply = device, reply_of(device, self._shared)
        self._topic = ""

    def take(self, publish: Publish, now_ms: int) -> None:
        """Take a message that came at a time. [ms]."""
        wire, shared, device, topic = self._wire, self._shared, self.device, publish.topic
        if device is None or wire.closing_since_s != FOR_EVER:
            return
        if topic != self._topic:
            if not topic_rules.may_publish(shared.codec_of(device), device, topic):
                self._take_foreign(device, publish, now_ms)
                return
            self._topic = topic
        shared.counters.received += 1
        self._count_in(publish)
        frame = Frame(
            door=_MQTT, route=topic, payload=publish.payload, device_id=device.device_id, received_at_ms=now_ms
        )
        if publish.qos == _QOS_2 and self.session is not None and self.session.expiry_s:
            self._offer_once(frame, device, publish, self.session)
        else:
            shared.intake.offer(frame, device, self._on_disk, publish)
        self._hold_back()

    def _offer_once(self, frame: Frame, device: DeviceEntry, publish: Publish, session: Session) -> None:
        """Offer a message that may come again after an end of ours: then with the time that it has now."""
        came = session.came_ms.pop(publish.packet_id, None) if publish.dup else None
        if came is not None:
            frame = msgspec.structs.replace(frame, received_at_ms=came)
        self._shared.kept_sessions.changed(session)  # written before the message is: it waits for its turn from here
        own_ms = self._shared.intake.offer(frame, device, self._on_disk, publish, timed=came is not None)
        session.came_ms[publish.packet_id] = own_ms
        if len(session.came_ms) > MOST_UNRELEASED:
            del session.came_ms[next(iter(session.came_ms))]

    def _hold_back(self) -> None:
        wire, shared, settings = self._wire, self._shared, self._shared.settings
        if self._unacked_bytes > settings.max_unacked_bytes or self._unacked >= settings.receive_maximum:
            wire.hold(UNACKED)
        if shared.intake.pending_bytes > settings.max_pending_bytes:
            wire.hold(FULL_LOG)
            shared.full_log.wait(wire)

    def take_again(self, repeated: Repeated) -> None:
        """Take a QoS 2 message that came before: it is answered when all that came before it is."""
        self._shared.intake.in_turn(self._first_copy_on_disk, repeated.packet_id)

    def take_too_long(self, too_long: TooLong, now_ms: int) -> None:
        """Take what was kept of a message over the limit: it is answered, so that the client goes on. [ms]."""
        limit = self._shared.settings.max_packet_bytes
        self._shared.counters.too_long_publishes += 1
        reason = f"packet: got {too_long.packet_bytes} bytes, expected at most {limit}; only the beginning is kept"
        if self.device is not None:
            self._set_aside(self.device, too_long.publish, Aside.TOO_LONG, reason, now_ms)

    def _take_foreign(self, device: DeviceEntry, publish: Publish, now_ms: int) -> None:
        self._shared.counters.rejected_publishes += 1
        reason = topic_rules.not_its_topic(self._shared.codec_of(device))
        self._set_aside(device, publish, Aside.FOREIGN, reason, now_ms)

    def _set_aside(self, device: DeviceEntry, publish: Publish, why: Aside, reason: str, now_ms: int) -> None:
        """Answer in its turn what is not taken, and keep it among the dead letters as far as that may be."""
        shared = self._shared
        if self._wire.closing_since_s != FOR_EVER:
            return
        publish = msgspec.structs.replace(publish, payload=publish.payload[:KEPT_BYTES])
        self._count_in(publish)
        answer: Done = self._on_disk
        if self._wire.core.out.version == V5 and publish.qos:
            answer = partial(self._answer, reason=_NO[why])
        kept = shared.aside.note(device, why, publish.topic, now_ms)
        frame = Frame(
            door=_MQTT,
            route=publish.topic,
            payload=publish.payload,
            device_id=device.device_id,
            received_at_ms=now_ms,
        )
        shared.intake.set_aside(frame, reason if kept else "", device, answer, publish)
        self._hold_back()

    def _count_in(self, publish: Publish) -> None:
        self._unacked += 1
        self._unacked_bytes += len(publish.payload) + OVERHEAD_BYTES

    def _on_disk(self, publish: Publish, error: Exception | None) -> None:
        self._answer(publish, error, Reason.SUCCESS)
        if self._reply is not None and error is None:
            answer_as_cloud(self._reply, publish, self.session, self._wire, self._shared)

    def _answer(self, publish: Publish, error: Exception | None, reason: Reason) -> None:
        self._unacked -= 1
        self._unacked_bytes -= len(publish.payload) + OVERHEAD_BYTES
        if error is not None:
            self._not_kept(publish)
            return
        wire = self._wire
        if publish.qos:
            wire.core.inbound.acknowledge(publish.qos, publish.packet_id, reason)
            if publish.qos == _QOS_2 and self.session is not None:
                self._shared.kept_sessions.changed(self.session)
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

    def _first_copy_on_disk(self, packet_id: int, error: Exception | None) -> None:
        inbound = self._wire.core.inbound
        on_disk = inbound.at_qos_2.get(packet_id)
        if error is not None or on_disk is False:
            self._send_again()
        elif on_disk:  # else it was released meanwhile: the client has its answer
            inbound.acknowledge(_QOS_2, packet_id)
            self._wire.flush_soon()
