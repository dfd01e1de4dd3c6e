"""One connection on the network: moves bytes between the socket, the protocol core and the intake."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from gateway.doors import topic_rules
from gateway.doors.mqtt.door import Door
from gateway.doors.mqtt.session import FOR_EVER, Key, Session
from gateway.mqtt.connection import Connection, Phase
from gateway.mqtt.packets import (
    OVERHEAD_BYTES,
    V5,
    Acknowledged,
    Connect,
    Disconnected,
    Event,
    Failed,
    Publish,
    Repeated,
    Subscribe,
    Unsubscribe,
    Will,
)
from gateway.mqtt.reason import FAILURES, Reason

# Why a link is not read from.
_LOGIN, _UNACKED, _SLOW_READER, _CROWDED = 1, 2, 4, 8


class Link(asyncio.Protocol):
    """The asyncio end of one connection.

    Attributes
    ----------
    core : Connection
        The protocol.
    device, session, key, will
        Set once the device is let in.
    ended_by : str
        Why the connection ended, in one word; ``vanished`` unless somebody said otherwise.
    last_seen_s, silent_limit_s : float
        When something last came, and how long nothing may come. [s]
    closing_since_s : float
        When we closed it; infinite before. [s]
    """

    __slots__ = (
        "_door",
        "_flush_due",
        "_held",
        "_topic",
        "_transport",
        "_unacked",
        "_unacked_bytes",
        "closing_since_s",
        "core",
        "device",
        "ended_by",
        "key",
        "last_seen_s",
        "session",
        "silent_limit_s",
        "will",
    )

    def __init__(self, door: Door) -> None:
        settings = door.settings
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._held = 0
        self._unacked = 0
        self._unacked_bytes = 0
        self._flush_due = False
        self._topic = ""
        self.core = Connection(
            max_packet_bytes=settings.max_packet_bytes,
            receive_maximum=settings.receive_maximum,
            topic_alias_maximum=settings.topic_alias_maximum,
        )
        self.device: DeviceEntry | None = None
        self.session: Session | None = None
        self.key: Key = ("", "")
        self.will: Will | None = None
        self.ended_by = "vanished"
        self.last_seen_s = door.now_s()
        self.silent_limit_s = settings.connect_timeout_s
        self.closing_since_s = FOR_EVER

    @property
    def waits_for_us(self) -> bool:
        """Whether it is we who do not read: the other end's silence means nothing then."""
        return bool(self._held & (_LOGIN | _UNACKED | _CROWDED))

    @property
    def address(self) -> str:
        """The other end's IP address."""
        peer = self._transport.get_extra_info("peername") if self._transport else None
        return str(peer[0]) if peer else ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._door.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """End."""
        self._transport = None
        self.core.phase = Phase.CLOSED
        self._door.gone(self)

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read its answers."""
        self._hold(_SLOW_READER)

    def resume_writing(self) -> None:
        """Go on."""
        self._unhold(_SLOW_READER)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self.last_seen_s = self._door.now_s()
        events = self.core.receive(data)
        if events:
            now_ms = self._door.clock.now_ms()
            for event in events:
                if type(event) is Publish:
                    self._published(event, now_ms)
                else:
                    self._happened(event)
        if self.core.has_output:
            self.flush()

    def _happened(self, event: Event) -> None:
        match event:
            case Connect():
                self._hold(_LOGIN)
                self._door.knock(self, event)
            case Subscribe():
                self._subscribe(event)
            case Unsubscribe():
                self._unsubscribe(event)
            case Acknowledged():
                self._door.command_acknowledged(self, event)
            case Repeated():
                self._door.intake.in_turn(self._repeated, event.packet_id)
            case Disconnected():
                self._say_goodbye(event)
            case Failed():
                self._door.counters.protocol_errors += 1
                self.ended_by = "protocol_error"
                self._shut()

    def _published(self, publish: Publish, now_ms: int) -> None:
        door, device, topic = self._door, self.device, publish.topic
        if device is None or self.closing_since_s != FOR_EVER:
            return
        if topic != self._topic:
            if not topic_rules.may_publish(door.codec_of(device), device, topic):
                self._reject(publish)
                return
            self._topic = topic
        self._unacked += 1
        self._unacked_bytes += len(publish.payload) + OVERHEAD_BYTES
        frame = Frame(
            door=DoorKind.MQTT,
            route=topic,
            payload=publish.payload,
            device_id=device.device_id,
            received_at_ms=now_ms,
        )
        door.counters.received += 1
        intake, settings = door.intake, door.settings
        intake.offer(frame, device, self._on_disk, publish)
        if self._unacked_bytes > settings.max_unacked_bytes or self._unacked >= settings.receive_maximum:
            self._hold(_UNACKED)
        if intake.pending_bytes > settings.max_pending_bytes:
            self._hold(_CROWDED)
            door.crowded(self)

    def _on_disk(self, publish: Publish, error: Exception | None) -> None:
        self._unacked -= 1
        self._unacked_bytes -= len(publish.payload) + OVERHEAD_BYTES
        if error is not None:
            self._not_kept(publish)
            return
        if publish.qos:
            self.core.acknowledge(publish.qos, publish.packet_id)
            self._door.counters.acknowledged += 1
            self._flush_soon()
        if self._held & _UNACKED and self._unacked_bytes * 2 <= self._door.settings.max_unacked_bytes:
            self._unhold(_UNACKED)

    def _not_kept(self, publish: Publish) -> None:
        if not publish.qos:
            self._door.counters.lost_at_qos_0 += 1
            return
        if self.session is not None:
            self.session.incoming.pop(publish.packet_id, None)
        self.close(Reason.QUOTA_EXCEEDED, "the message could not be kept: send it again", "log_refused")

    def _reject(self, publish: Publish) -> None:
        self._door.counters.rejected_publishes += 1
        if self.core.version == V5 and publish.qos:
            self._door.intake.in_turn(self._refuse_in_turn, publish)
        else:
            self.close(Reason.NOT_AUTHORIZED, f"this device may not publish to {publish.topic}", "foreign_topic")

    def _refuse_in_turn(self, publish: Publish, error: Exception | None) -> None:  # noqa: ARG002 - refused either way
        self.core.acknowledge(publish.qos, publish.packet_id, Reason.NOT_AUTHORIZED)
        self._flush_soon()

    def _repeated(self, packet_id: int, error: Exception | None) -> None:
        if error is None and self.session is not None and self.session.incoming.get(packet_id):
            self.core.acknowledge(2, packet_id)
            self._flush_soon()
        else:
            self.close(Reason.QUOTA_EXCEEDED, "the message could not be kept: send it again", "log_refused")

    def _subscribe(self, wanted: Subscribe) -> None:
        if self.device is None or self.session is None:
            return
        codec = self._door.codec_of(self.device)
        reasons = [int(topic_rules.grant(codec, self.device, f, qos)) for f, qos in wanted.filters]
        for (topic_filter, _), reason in zip(wanted.filters, reasons, strict=True):
            if reason < FAILURES:
                self.session.subscriptions[topic_filter] = reason
            else:
                self._door.counters.rejected_subscriptions += 1
        self.core.grant(wanted.packet_id, reasons)
        self._door.listens(self)

    def _unsubscribe(self, unwanted: Unsubscribe) -> None:
        if self.session is None:
            return
        had = [self.session.subscriptions.pop(f, None) is not None for f in unwanted.filters]
        reasons = [int(Reason.SUCCESS if h else Reason.NO_SUBSCRIPTION_EXISTED) for h in had]
        self.core.ungrant(unwanted.packet_id, reasons)
        self._door.listens(self)

    def _say_goodbye(self, event: Disconnected) -> None:
        if not event.with_will:
            self.will = None
            self.ended_by = "disconnected"
        if event.session_expiry_s is not None and self.session is not None:
            self.session.expiry_s = min(event.session_expiry_s, self._door.settings.max_session_expiry_s)
        self._shut()

    def admit(self, device: DeviceEntry, session: Session, key: Key, will: Will | None, silent_limit_s: float) -> None:
        """Go on with a device that was let in; `core.accept` was called. [s]."""
        self.device, self.session, self.key, self.will = device, session, key, will
        self.silent_limit_s = silent_limit_s
        if silent_limit_s == FOR_EVER and self._transport is not None:
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._unhold(_LOGIN)
        self.data_received(b"")

    def change_device(self, device: DeviceEntry) -> None:
        """Take the device's new registration."""
        self.device = device
        self._topic = ""

    def refuse(self, reason: Reason) -> None:
        """Turn the client away."""
        self.core.refuse(reason)
        self.ended_by = "refused"
        self._shut()

    def close(self, reason: Reason, text: str, ended_by: str) -> None:
        """End the connection from our side."""
        if self.closing_since_s == FOR_EVER and self._transport is not None:
            self.ended_by = ended_by
            self.core.close(reason, text)
            self._shut()

    def abort(self) -> None:
        """End it without waiting for the other end to read."""
        if self._transport is not None:
            self._transport.abort()

    def release(self) -> None:
        """Read on: fewer bytes are on their way to the LOG."""
        self._unhold(_CROWDED)

    def flush(self) -> None:
        """Send what the core has to say, in one write."""
        self._flush_due = False
        out = self.core.output()
        if out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(out)

    def _flush_soon(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            self._door.flush_soon(self)

    def _shut(self) -> None:
        self.closing_since_s = self._door.now_s()
        self.flush()
        if self._transport is not None:
            self._transport.close()

    def _hold(self, why: int) -> None:
        if not self._held and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
        self._held |= why

    def _unhold(self, why: int) -> None:
        before, self._held = self._held, self._held & ~why
        if before and not self._held and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
