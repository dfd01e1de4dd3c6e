"""What the devices of one connection say: to the intake, and the family's answer back once the LOG has it on disk."""

from __future__ import annotations

import logging

from anhu.contract.errors import FieldError
from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.door_specs import Disposition, DoorKind, Part
from gateway.doors.set_aside import KEPT_BYTES, Aside
from gateway.doors.tcp.cutting import Family
from gateway.doors.tcp.parts import Parts
from gateway.doors.tcp.shared import Shared
from gateway.doors.tcp.unknown import Hearing
from gateway.doors.tcp.wire import FULL_LOG, UNACKED, Wire

_logger = logging.getLogger(__name__)
_OVERHEAD_BYTES = 256


class Speaking:
    """One connection's packets on their way to the LOG, bounded in number and bytes.

    Attributes
    ----------
    device : DeviceEntry or None
        Who speaks now; None until somebody is checked, and after somebody who may not.
    devices : dict
        All who spoke over this connection, by identity.
    forms : dict
        In which form each of them wants its commands, by identity.
    unacked : int
        Packets that are not answered yet.
    """

    __slots__ = ("_parts", "_shared", "_unacked_bytes", "_wire", "device", "devices", "forms", "unacked")

    def __init__(self, wire: Wire, shared: Shared) -> None:
        self._wire, self._shared = wire, shared
        self._parts: Parts | None = None
        self._unacked_bytes = self.unacked = 0
        self.device: DeviceEntry | None = None
        self.devices: dict[str, DeviceEntry] = {}
        self.forms: dict[str, bytes] = {}

    def let_in(self, family: Family, packet: bytes, device: DeviceEntry) -> None:
        """Take that a packet is of a device that was checked."""
        self.device = self.devices[device.device_id] = device
        if family.spec.commands is not None:
            self.forms[device.device_id] = family.spec.commands.form(packet)

    def forget(self, device_id: str) -> None:
        """Take that a device speaks elsewhere: should it speak here again, it is looked up anew."""
        self.devices.pop(device_id, None)
        self.forms.pop(device_id, None)
        if self.device is not None and self.device.device_id == device_id:
            self.device = None

    def frame(self, packet: bytes, device_id: str) -> Frame:
        """Return a packet that came now as the intake wants it."""
        now_ms, (address, port) = self._shared.clock.now_ms(), self._wire.peer
        return Frame(
            door=DoorKind.TCP,
            route=f"{address}:{port}",
            payload=packet,
            device_id=device_id,
            received_at_ms=now_ms,
        )

    def offer(self, family: Family, packet: bytes, device: DeviceEntry) -> None:
        """Take a packet of who speaks now."""
        self._shared.counters.received += 1
        self._count_in(packet)
        part = family.spec.part(packet) if family.spec.part is not None else None
        token = (family, packet, Disposition.ACCEPTED)
        if part is None:
            self._shared.intake.offer(self.frame(packet, device.device_id), device, self._answer, token)
        else:
            self._offer_part(family, packet, device, part)
        self._hold_back()

    def refuse(self, family: Family, packet: bytes) -> None:
        """Answer in its turn what is not kept, and never will be."""
        self._count_in(packet)
        self._shared.intake.in_turn(self._answer, (family, packet, Disposition.REJECTED))

    def hear(self, family: Family, packet: bytes, device_id: str, hearing: Hearing) -> None:
        """Take a packet of a device that nobody registered."""
        self._shared.counters.unknown_packets += 1
        self._count_in(packet)
        hearing.take(self.frame(packet, device_id), family.codec.name, self._heard, (family, packet))

    def _heard(self, asked: tuple[Family, bytes], disposition: Disposition) -> None:
        self._shared.counters.unknown_kept += disposition is Disposition.ACCEPTED
        self._answer((*asked, disposition), None)

    def keep_broken(self, packet: bytes, reason: str) -> None:
        """Keep what cannot be a whole packet among the dead letters, as far as that may be; nobody is answered."""
        device = self.device
        if device is None:
            return
        frame = self.frame(packet[:KEPT_BYTES], device.device_id)
        kept = self._shared.aside.note(device, Aside.GARBAGE, reason, frame.received_at_ms)
        self._count_in(frame.payload)
        self._shared.intake.set_aside(frame, reason if kept else "", device, self._taken, frame.payload)
        self._hold_back()

    def end(self) -> None:
        """Take that the connection is gone: parts that wait for others will wait in vain."""
        if self._parts is not None:
            self._count_given_up(len(self._parts))

    def _offer_part(self, family: Family, packet: bytes, device: DeviceEntry, part: Part) -> None:
        """Keep a part as it is, so that it may be answered at once; the last one brings the whole message too."""
        shared, joined = self._shared, family.spec.joined
        shared.counters.parts += 1
        self._parts = self._parts or Parts(shared.settings.max_parts_bytes)
        packets = self._parts.add(device.device_id, part, packet)
        self._count_given_up(self._parts.given_up)
        self._parts.given_up = 0
        token = (family, packet, Disposition.ACCEPTED)
        if packets and joined is not None:
            whole = self.frame(joined(packets), device.device_id)
            shared.intake.offer(whole, device, self._answer, token)
        else:
            reason = f"part {part.number} of {part.total} of a message: kept until all have come"
            shared.intake.keep_undecoded(self.frame(packet, device.device_id), reason, self._answer, token)

    def _count_given_up(self, messages: int) -> None:
        if messages and self.device is not None:
            self._shared.counters.parts_given_up += messages
            self._shared.aside.note(self.device, Aside.PARTS, f"{messages}", self._shared.clock.now_ms())

    def _count_in(self, packet: bytes) -> None:
        self.unacked += 1
        self._unacked_bytes += len(packet) + _OVERHEAD_BYTES

    def _hold_back(self) -> None:
        wire, shared, settings = self._wire, self._shared, self._shared.settings
        if self._unacked_bytes > settings.max_unacked_bytes or self.unacked >= settings.max_unacked:
            wire.hold(UNACKED)
        if shared.intake.pending_bytes > settings.max_pending_bytes:
            wire.hold(FULL_LOG)
            shared.full_log.wait(self)

    def read_on(self) -> None:
        """Read on: fewer bytes are on their way to the LOG."""
        self._wire.unhold(FULL_LOG)

    def _answer(self, asked: tuple[Family, bytes, Disposition], error: Exception | None) -> None:
        family, packet, disposition = asked
        if error is not None:
            disposition = Disposition.RELEASED
        try:
            answer = family.spec.reply(packet, disposition)
        except FieldError as unanswerable:
            _logger.warning("codec %s has no answer to a packet: %s", family.codec.name, unanswerable)
            answer = b""
        if answer:
            self._shared.counters.answered += 1
            self._wire.say(answer)
        self._taken(packet, error)

    def _taken(self, packet: bytes, error: Exception | None) -> None:
        self.unacked -= 1
        self._unacked_bytes -= len(packet) + _OVERHEAD_BYTES
        if error is not None:
            self._wire.close("log_refused")
        elif self._wire.held & UNACKED and self._unacked_bytes * 2 <= self._shared.settings.max_unacked_bytes:
            self._wire.unhold(UNACKED)
