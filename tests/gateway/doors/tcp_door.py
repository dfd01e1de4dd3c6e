"""A small TCP door that knows no family: whatever is peculiar to one, it asks of the codec's `TcpSpec`."""

from __future__ import annotations

import asyncio
from collections import Counter

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from gateway.codec import Codec, Frame
from gateway.directory import DeviceEntry, Directory, secret_matches
from gateway.door_specs import Disposition, DoorKind, TcpSpec
from gateway.intake import Intake


class TcpDoor:
    def __init__(self, intake: Intake, directory: Directory, clock: Clock) -> None:
        self.intake, self.directory, self.clock = intake, directory, clock
        self.families = [(c, c.tcp) for c in intake.codecs.values() if c.tcp is not None]
        self.counts: Counter[str] = Counter()
        self.port = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server


class _Connection(asyncio.Protocol):
    def __init__(self, door: TcpDoor) -> None:
        self._door = door
        self._buffer = b""
        self._family: tuple[Codec, TcpSpec] | None = None
        self._device: DeviceEntry | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._route = "{}:{}".format(*transport.get_extra_info("peername")[:2])

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            if self._family is None:
                self._family = self._recognised()
            while self._family is not None and (packet := self._next(self._family[1])):
                self._take(*self._family, packet)
        except FieldError:
            self._close("malformed")

    def _recognised(self) -> tuple[Codec, TcpSpec] | None:
        begins = [(family, first) for family in self._door.families for first in family[1].begins]
        for family, first in begins:
            if self._buffer.startswith(first):
                return family
        if not any(first.startswith(self._buffer) for _, first in begins):
            raise FieldError("connection", self._buffer[:16], "the beginning of a family's connections")
        return None

    def _next(self, spec: TcpSpec) -> bytes:
        length = spec.packet_bytes(self._buffer) if self._buffer and not self._transport.is_closing() else 0
        if length > spec.max_packet_bytes:
            raise FieldError("packet", f"{length} bytes", f"at most {spec.max_packet_bytes} bytes")
        if not length or length > len(self._buffer):
            return b""
        packet, self._buffer = self._buffer[:length], self._buffer[length:]
        return packet

    def _take(self, codec: Codec, spec: TcpSpec, packet: bytes) -> None:
        claimed = spec.credentials(packet)
        if claimed is not None:
            device = self._door.directory.find_all([claimed.device_id]).get(claimed.device_id)
            known = device is not None and device.enabled and device.codec == codec.name
            self._device = device if known and device and secret_matches(device, claimed.secret) else None
        if self._device is None:
            self._transport.write(spec.reply(packet, Disposition.REJECTED))
            self._close("rejected")
            return
        frame = Frame(
            door=DoorKind.TCP,
            route=self._route,
            payload=packet,
            device_id=self._device.device_id,
            received_at_ms=self._door.clock.now_ms(),
        )
        self._door.intake.offer(frame, self._device, self._on_disk, (spec, packet))

    def _on_disk(self, asked: tuple[TcpSpec, bytes], error: Exception | None) -> None:
        spec, packet = asked
        disposition = Disposition.ACCEPTED if error is None else Disposition.RELEASED
        self._door.counts[disposition] += 1
        self._transport.write(spec.reply(packet, disposition))
        if error is not None:
            self._close("log refused")

    def _close(self, why: str) -> None:
        self._door.counts[why] += 1
        self._transport.close()
