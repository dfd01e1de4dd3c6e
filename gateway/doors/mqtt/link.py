"""One connection of a device: what its packets mean for whom, from the log-in to the goodbye."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from gateway.directory import DeviceEntry
from gateway.doors import topic_rules
from gateway.doors.mqtt.publishing import Publishing
from gateway.doors.mqtt.session import FOR_EVER, Key, Session
from gateway.doors.mqtt.shared import Shared
from gateway.doors.mqtt.wire import LOGIN, SLOW_READER, Wire
from gateway.mqtt.packets import (
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


class LinkListener(Protocol):
    """The server, as its connections see it."""

    def arrived(self, link: Link) -> None:
        """Take a new connection."""
        ...

    def login_asked(self, link: Link, connect: Connect) -> None:
        """Take a log-in; answer with `Link.admit` or `Link.refuse`."""
        ...

    def admitted(self, link: Link) -> None:
        """Take that the link is a device's."""
        ...

    def subscriptions_changed(self, link: Link) -> None:
        """Take that the link's subscriptions changed."""
        ...

    def command_acknowledged(self, link: Link, answer: Acknowledged) -> None:
        """Take the device's answer to a command."""
        ...

    def gone(self, link: Link) -> None:
        """Take the end of a connection."""
        ...


class Link(asyncio.Protocol):
    """The asyncio end of one connection.

    Attributes
    ----------
    wire : Wire
        Reading, writing and closing.
    session, key, will
        Set once the device is let in.
    silent_limit_s : float
        How long nothing may come. [s]
    """

    __slots__ = ("_listener", "_publishing", "_shared", "key", "session", "silent_limit_s", "will", "wire")

    def __init__(self, shared: Shared, listener: LinkListener, caller: str = "") -> None:
        self._shared = shared
        self._listener = listener
        self.wire = Wire(shared, caller)
        self._publishing = Publishing(self.wire, shared)
        self.session: Session | None = None
        self.key: Key = ("", "")
        self.will: Will | None = None
        self.silent_limit_s = shared.settings.connect_timeout_s

    @property
    def device(self) -> DeviceEntry | None:
        """The device; None until it is let in."""
        return self._publishing.device

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.wire.transport = cast("asyncio.Transport", transport)
        self._listener.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """End."""
        self.wire.lost()
        self._listener.gone(self)

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read its answers."""
        self.wire.hold(SLOW_READER)

    def resume_writing(self) -> None:
        """Go on."""
        self.wire.unhold(SLOW_READER)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        wire, shared = self.wire, self._shared
        core = wire.core
        wire.last_byte_s = now_s = shared.now_s()
        events = core.receive(data)
        if events or core.out.packets or not core.unread_bytes:
            wire.last_seen_s = now_s
        if events:
            now_ms = shared.clock.now_ms()
            for event in events:
                if type(event) is Publish:
                    self._publishing.take(event, now_ms)
                else:
                    self._happened(event)
        if core.out.packets:
            wire.flush()

    def _happened(self, event: Event) -> None:
        match event:
            case Connect():
                self.wire.hold(LOGIN)
                self._listener.login_asked(self, event)
            case Subscribe():
                self._subscribe(event)
            case Unsubscribe():
                self._unsubscribe(event)
            case Acknowledged():
                self._listener.command_acknowledged(self, event)
            case Repeated():
                self._publishing.take_again(event)
            case Disconnected():
                self._say_goodbye(event)
            case Failed():
                self._shared.counters.protocol_errors += 1
                if event.reason is Reason.PACKET_TOO_LARGE and self.device is None:
                    self._shared.counters.connects_too_long += 1
                self.wire.shut("protocol_error")

    def _subscribe(self, wanted: Subscribe) -> None:
        device, session = self.device, self.session
        if device is None or session is None:
            return
        codec = self._shared.codec_of(device)
        reasons = [int(topic_rules.grant(codec, device, f, qos)) for f, qos in wanted.filters]
        for (topic_filter, _), reason in zip(wanted.filters, reasons, strict=True):
            if reason < FAILURES:
                session.subscriptions[topic_filter] = reason
            else:
                self._shared.counters.rejected_subscriptions += 1
        self.wire.core.out.grant(wanted.packet_id, reasons)
        self._listener.subscriptions_changed(self)

    def _unsubscribe(self, unwanted: Unsubscribe) -> None:
        if self.session is None:
            return
        had = [self.session.subscriptions.pop(f, None) is not None for f in unwanted.filters]
        reasons = [int(Reason.SUCCESS if h else Reason.NO_SUBSCRIPTION_EXISTED) for h in had]
        self.wire.core.out.ungrant(unwanted.packet_id, reasons)
        self._listener.subscriptions_changed(self)

    def _say_goodbye(self, event: Disconnected) -> None:
        if event.session_expiry_s is not None and self.session is not None:
            self.session.expiry_s = min(event.session_expiry_s, self._shared.settings.max_session_expiry_s)
        if event.with_will:
            self.wire.shut()
        else:
            self.will = None
            self.wire.shut("disconnected")

    def admit(self, device: DeviceEntry, session: Session, key: Key, will: Will | None, silent_limit_s: float) -> None:
        """Go on with a device that was let in; `core.accept` was called. [s]."""
        self._publishing.change_device(device)
        self._listener.admitted(self)
        self.session, self.key, self.will = session, key, will
        self.silent_limit_s = silent_limit_s
        if silent_limit_s == FOR_EVER:
            self.wire.watch_for_vanishing()
        self.wire.unhold(LOGIN)
        self.data_received(b"")

    def change_device(self, device: DeviceEntry) -> None:
        """Take the device's new registration."""
        self._publishing.change_device(device)

    def refuse(self, reason: Reason) -> None:
        """Turn the client away."""
        self.wire.core.refuse(reason)
        self.wire.shut("refused")
