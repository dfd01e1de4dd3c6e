"""One connection of a device: what its packets mean for whom, from the log-in to the goodbye."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from gateway.directory import DeviceEntry, is_let_in_still
from gateway.doors.mqtt import subscribing
from gateway.doors.mqtt.publishing import Publishing
from gateway.doors.mqtt.session import FOR_EVER, Key, Session
from gateway.doors.mqtt.shared import Shared
from gateway.doors.mqtt.wire import LOGIN, SLOW_READER, Wire
from gateway.doors.set_aside import Aside, shown
from gateway.mqtt.connection import Phase
from gateway.mqtt.packets import (
    Acknowledged,
    Connect,
    Disconnected,
    Event,
    Failed,
    Publish,
    Released,
    Repeated,
    Subscribe,
    TooLong,
    Unsubscribe,
    Will,
)
from gateway.mqtt.reason import Reason


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

    __slots__ = ("_listener", "_publishing", "_said_all", "_shared", "key", "session", "silent_limit_s", "will", "wire")

    def __init__(self, shared: Shared, listener: LinkListener, caller: str = "") -> None:
        self._shared = shared
        self._listener = listener
        self.wire = Wire(shared, caller)
        self._publishing = Publishing(self.wire, shared)
        self.session: Session | None = None
        self._said_all = False
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

    def eof_received(self) -> bool:
        """Take that the client will say no more: what it said is answered first."""
        if self._said_all or self.wire.closing_since_s != FOR_EVER or self.wire.core.phase is Phase.NEW:
            return self._said_all and self.wire.closing_since_s == FOR_EVER
        self._said_all = True
        if self.wire.core.phase is Phase.OPEN:
            self._shared.intake.in_turn(self._answered)
        return True

    def _answered(self, token: object, error: Exception | None) -> None:  # noqa: ARG002 - answered or not, it is over
        self.wire.shut()

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read its answers."""
        self.wire.hold(SLOW_READER)

    def resume_writing(self) -> None:
        """Go on."""
        self.wire.unhold(SLOW_READER)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        wire, shared = self.wire, self._shared
        if wire.closing_since_s != FOR_EVER:
            return
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
            _answer(wire, shared)

    def _happened(self, event: Event) -> None:
        match event:
            case Connect():
                self.wire.hold(LOGIN)
                self._listener.login_asked(self, event)
            case TooLong():
                self._publishing.take_too_long(event, self._shared.clock.now_ms())
            case Repeated():
                self._publishing.take_again(event)
            case Disconnected():
                self._say_goodbye(event)
            case Failed():
                self._shared.counters.count_fault(event.reason, is_stranger=self.device is None)
                self._broke_off(event.text)
            case _:
                self._changes_session(event)

    def _changes_session(self, event: Event) -> None:
        device, session = self.device, self.session
        if device is None or session is None:
            return
        match event:
            case Subscribe() | Unsubscribe():
                subscribing.answer(event, device, session, self.wire, self._shared)
                self._listener.subscriptions_changed(self)
            case Acknowledged():
                self._listener.command_acknowledged(self, event)
            case Released():
                session.came_ms.pop(event.packet_id, None)
        self._shared.kept_sessions.changed(session)

    def _broke_off(self, why: str) -> None:
        """End what the client made impossible, and say of it what was wrong."""
        self.wire.ended_detail = shown(why)
        if self.device is not None:
            self._shared.aside.note(self.device, Aside.PROTOCOL, why, self._shared.clock.now_ms())
        self.wire.shut("protocol_error")

    def _say_goodbye(self, event: Disconnected) -> None:
        if event.session_expiry_s is not None and self.session is not None:
            self.session.expiry_s = min(event.session_expiry_s, self._shared.settings.max_session_expiry_s)
        self.will = self.will if event.with_will else None
        self.wire.shut("" if event.with_will else "disconnected")

    def admit(self, device: DeviceEntry, session: Session, key: Key, will: Will | None, silent_limit_s: float) -> None:
        """Go on with a device that was let in; `core.accept` was called. [s]."""
        self._publishing.change_device(device)
        self._listener.admitted(self)
        self.session, self.key, self.will = session, key, will
        self._publishing.session = session
        subscribing.note_will(will, device, self._shared)
        self.silent_limit_s = silent_limit_s
        if silent_limit_s == FOR_EVER:
            self.wire.watch_for_vanishing()
        self.wire.unhold(LOGIN)
        self.data_received(b"")
        if self.wire.core.phase is Phase.CLOSED and self.wire.closing_since_s == FOR_EVER:
            self._broke_off("the client takes no packet as long as the answer to CONNECT")
        elif self._said_all:
            self._shared.intake.in_turn(self._answered)

    def change_device(self, device: DeviceEntry) -> None:
        """Take the device's new registration."""
        self._publishing.change_device(device)

    def refuse(self, reason: Reason) -> None:
        """Turn the client away."""
        self.wire.core.refuse(reason)
        self.wire.shut("refused")


def goes_on_as(link: Link, _device_id: str, device: DeviceEntry | None) -> bool:
    """Give a link its device's new registration; False where it may not go on, and was thrown out."""
    if device is not None and is_let_in_still(device, link.device):
        link.change_device(device)
        return True
    link.wire.close(Reason.ADMINISTRATIVE_ACTION, "the device's credentials were revoked", "revoked")
    return False


def _answer(wire: Wire, shared: Shared) -> None:
    """Send what there is to say, once what it promises is written down."""
    if shared.kept_sessions.is_behind:
        wire.flush_soon()
    else:
        wire.flush()
