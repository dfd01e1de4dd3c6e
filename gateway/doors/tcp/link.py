"""One connection of a device, from the first byte to the last."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from anhu.contract.errors import FieldError
from gateway.directory import DeviceEntry, is_let_in_still
from gateway.door_specs import Credentials
from gateway.doors.set_aside import Aside
from gateway.doors.tcp.cutting import Cutter, Family
from gateway.doors.tcp.shared import Shared
from gateway.doors.tcp.speaking import Speaking
from gateway.doors.tcp.unknown import Hearing
from gateway.doors.tcp.wire import LOGIN, SLOW_READER, Wire

_STRANGERS_SHARE = 16
"""Of the bytes that are passed over of a device, so small a part is of whoever is none yet."""


class LinkListener(Protocol):
    """The server, as its connections see it."""

    def arrived(self, link: Link) -> None:
        """Take a new connection."""
        ...

    def asked(self, link: Link, family: Family, claimed: Credentials, packet: bytes) -> None:
        """Take that a packet says whose it is; answer with `Link.admit`, or hold the wire and answer later."""
        ...

    def may_confirm(self, link: Link, family: Family, device: DeviceEntry, packet: bytes) -> None:
        """Take a packet of a device that has commands to confirm."""
        ...

    def gone(self, link: Link) -> None:
        """Take the end of a connection."""
        ...


class Link(asyncio.Protocol):
    """The asyncio end of one connection.

    Attributes
    ----------
    shared : Shared
        What all connections have in common.
    wire : Wire
        Reading, writing and closing.
    cutter : Cutter
        Where packets begin and end.
    speaking : Speaking
        Who speaks, and what becomes of it.
    began_s, last_seen_s : float
        When a packet began that is not whole yet; when one last came whole. [s]
    unknown_since_s : float
        When a device that nobody registered first spoke; 0 before. [s]
    unknown_packets : int
        How many of its packets came.
    awaited : dict
        Device and key -> the command that was sent over this connection and is not confirmed.
    is_leaving : bool
        A device that is switched off speaks: it is listened to for some seconds yet.
    """

    def __init__(self, shared: Shared, listener: LinkListener, caller: str = "") -> None:
        self.shared, self._listener = shared, listener
        self._said_all = False
        self.wire = Wire(shared, caller)
        self.cutter = Cutter(shared.families)
        self.speaking = Speaking(self.wire, shared)
        self.began_s = self.last_seen_s = shared.now_s()
        self.unknown_since_s, self.unknown_packets = 0.0, 0
        self.awaited: dict[tuple[str, bytes], str] = {}
        self.is_leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.wire.opened(cast("asyncio.Transport", transport))
        self._listener.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """End; half a packet is counted, since its other half will never come."""
        self.shared.counters.lost_with_its_line += bool(self.cutter.unread_bytes)
        self.wire.lost()
        self.speaking.end()
        self._listener.gone(self)

    def eof_received(self) -> bool:
        """Take that the device will say no more: what it said is answered first."""
        if not self.wire.is_open or self._said_all:
            return self._said_all and self.wire.is_open
        self._said_all = True
        self.shared.intake.in_turn(self._answered)
        return True

    def _answered(self, token: object, error: Exception | None) -> None:  # noqa: ARG002 - answered or not, it is over
        if not self.wire.held & LOGIN:  # else whoever is looked up still has to be answered
            self.wire.close()

    def pause_writing(self) -> None:
        """Stop reading from a device that does not read its answers."""
        self.wire.hold(SLOW_READER)

    def resume_writing(self) -> None:
        """Go on."""
        self.wire.unhold(SLOW_READER)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        if not self.wire.is_open:
            return
        if not self.cutter.unread_bytes:
            self.began_s = self.shared.now_s()
        self.cutter.feed(data)
        self.go_on()

    def go_on(self) -> None:
        """Take the packets that are there, until somebody has to be looked up."""
        self._take_all()
        if self._said_all and not self.wire.held & LOGIN:
            self.shared.intake.in_turn(self._answered)

    def _take_all(self) -> None:
        wire, cutter = self.wire, self.cutter
        while wire.is_open and not wire.held & LOGIN:
            try:
                packet = cutter.next()
            except FieldError as error:
                _lost_thread(self, error)
                return
            if cutter.garbage_bytes:
                _pass_over(self, *cutter.take_garbage())
            if not packet:
                return
            family = cutter.family
            self.began_s = self.last_seen_s = self.shared.now_s()
            if family is not None:
                self._take(family, packet)

    def _take(self, family: Family, packet: bytes) -> None:
        device = self.speaking.device
        try:
            claimed = family.spec.credentials(packet)
        except FieldError as error:
            self.shared.counters.broken_packets += 1
            self.speaking.keep_broken(packet, str(error))
            return
        if claimed is None and device is None:
            self.refuse(family, packet, "refused")
        elif claimed is None or (device is not None and _is_same(family, claimed, device)):
            if device is not None:
                self._offer(family, packet, device)
        else:
            self._listener.asked(self, family, claimed, packet)

    def admit(self, family: Family, packet: bytes, device: DeviceEntry) -> None:
        """Take a packet of a device that was checked: it speaks from now on."""
        self.unknown_since_s, self.unknown_packets = 0.0, 0
        self.speaking.let_in(family, packet, device)
        self._offer(family, packet, device)

    def _offer(self, family: Family, packet: bytes, device: DeviceEntry) -> None:
        self.speaking.offer(family, packet, device)
        if self.awaited:
            self._listener.may_confirm(self, family, device, packet)

    def hear(self, family: Family, packet: bytes, device_id: str, hearing: Hearing) -> None:
        """Listen for a while to a device that nobody registered: it may call for help all the same."""
        self.unknown_since_s = self.unknown_since_s or self.shared.now_s()
        self.unknown_packets += 1
        self.speaking.device = None
        self.speaking.hear(family, packet, device_id, hearing)
        if self.unknown_packets >= self.shared.settings.max_unknown_packets:
            self.end("refused")

    def refuse(self, family: Family, packet: bytes, ended_by: str) -> None:
        """Say that a packet is not taken, and end the connection."""
        self.speaking.device = None
        self.shared.counters.devices_refused += 1
        self.speaking.refuse(family, packet)
        self.end(ended_by)

    def end(self, ended_by: str) -> None:
        """End the connection once everything that came before is answered."""
        self.wire.hold(LOGIN)
        self.shared.intake.in_turn(self._refused, ended_by)

    def _refused(self, ended_by: str, error: Exception | None) -> None:  # noqa: ARG002 - it ends in any case
        self.wire.close(ended_by)


def goes_on_as(link: Link, device_id: str, device: DeviceEntry | None) -> bool:
    """Give a link a device's new registration; False where it may not go on, and all its devices are thrown out."""
    speaking = link.speaking
    was = speaking.devices.get(device_id)
    if device is None or was is None or device.codec != was.codec or not is_let_in_still(device, was):
        link.wire.close("revoked")
        return False
    speaking.devices[device_id] = device
    if speaking.device is not None and speaking.device.device_id == device_id:
        speaking.device = device
    return True


def _pass_over(link: Link, beginning: bytes, count: int) -> None:
    """Tell of bytes that are no packet; very many end the connection."""
    shared = link.shared
    limit = shared.settings.max_garbage_bytes // (_STRANGERS_SHARE if link.speaking.device is None else 1)
    shared.counters.garbage_bytes += count
    link.speaking.keep_broken(beginning, f"packet: got {count} bytes that are none, expected the next packet")
    if link.cutter.since_packet > limit:
        _lost_thread(link, FieldError("connection", beginning, f"a packet within {limit} bytes"))


def _lost_thread(link: Link, error: FieldError) -> None:
    """End a connection in which no packet can be found any more, and say of it what was wrong."""
    shared, device = link.shared, link.speaking.device
    shared.counters.malformed += 1
    shared.counters.no_family += link.cutter.family is None
    if device is not None:
        shared.aside.note(device, Aside.PROTOCOL, str(error), shared.clock.now_ms())
    link.end("malformed")


def _is_same(family: Family, claimed: Credentials, device: DeviceEntry) -> bool:
    """Tell whether a packet is of who speaks already; with a secret it is checked anew."""
    return family.spec.is_identity_enough and claimed.device_id == device.device_id


def part(link: Link, device_id: str) -> None:
    """Hear no more of a device that speaks at another door; where it was the only one, the connection ends."""
    link.speaking.forget(device_id)
    if not link.speaking.devices:
        link.wire.close("taken_over")
