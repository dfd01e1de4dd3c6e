"""MQTT over WebSocket beside MQTT over TCP: the same devices, messages and windows at both ports of one door."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from simulators import mqtt_packets as packets
from simulators.credential import Credential
from tests.bench.platform import running
from tests.bench.report import Options, Report
from tests.bench.windowed import WindowedDevice, measure_door
from tests.gateway.doors.websocket_client import request
from tests.services.process import free_port

NAME = "websocket"
_KEEP_ALIVE_S = 3_600
_ACK_BYTES = 4
_SHORT = 125


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure one way after the other, on a fresh installation a run."""
    count, seconds = (50, 2.0) if options.quick else (1_000, 20.0)
    for run in range(options.runs):
        (folder / str(run)).mkdir()
        port = free_port()
        with running(folder / str(run), count, mqtt_ws_port=str(port)) as (platform, who):
            for door, at, kind in ((", TCP", platform.mqtt_port, _Device), (", WebSocket", port, _WebDevice)):
                devices = [kind(one) for one in who]
                asyncio.run(measure_door(platform, report, NAME, door, port=at, devices=devices, s=seconds))
                platform.catch_up(300)


class _Device(WindowedDevice):
    """A wearable that reports three numbers for each report that is answered."""

    def __init__(self, one: Credential) -> None:
        super().__init__()
        self._one = one
        self._number = self._last_ms = self._rest = 0

    def hello(self) -> bytes:
        return packets.connect(self._one.device_id, self._one.device_id, self._one.secret, _KEEP_ALIVE_S)

    def message(self) -> bytes:
        self._number = self._number % 65_535 + 1
        self._last_ms = max(int(time.time() * 1_000), self._last_ms + 1)
        said = b'{"v":1,"time":%d,"values":{"heart_rate":72,"spo2":97,"respiration_rate":15}}' % self._last_ms
        return packets.publish(f"anhu/v1/{self._one.device_id}/up", said, self._number)

    def answers(self, data: bytes) -> int:
        """Count the answers: each, and that to the log-in, has four bytes."""
        if not self.let_in.is_set():
            assert data[3:4] == b"\0", "a device was refused"
            self.let_in.set()
            data = data[_ACK_BYTES:]
        count, self._rest = divmod(self._rest + len(data), _ACK_BYTES)
        return count


class _WebDevice(_Device):
    """The same inside WebSocket, each message a frame."""

    def __init__(self, one: Credential) -> None:
        super().__init__(one)
        self._buffer = b""
        self._is_open = False

    def hello(self) -> bytes:
        return request()

    def message(self) -> bytes:
        return _frame(super().message())

    def answers(self, data: bytes) -> int:
        self._buffer += data
        if not self._is_open:
            head, end, self._buffer = self._buffer.partition(b"\r\n\r\n")
            assert end
            assert b" 101 " in head, "no WebSocket was agreed on"
            self._is_open = True
            self._transport.write(_frame(super().hello()))
        said, count = b"", 0
        while (frame := _first(self._buffer)) is not None:
            said += frame[0]
            self._buffer = self._buffer[frame[1] :]
        if said:
            count = super().answers(said)
        return count


def _frame(packet: bytes) -> bytes:
    """Return a client's frame whose mask changes nothing."""
    size = bytes((0x80 | len(packet),)) if len(packet) <= _SHORT else b"\xfe" + len(packet).to_bytes(2, "big")
    return b"\x82" + size + bytes(4) + packet


def _first(buffer: bytes) -> tuple[bytes, int] | None:
    """Return what the server's first frame holds, and where it ends; None until it is whole."""
    size, at = buffer[1] if len(buffer) > 1 else 0, 2
    if size > _SHORT:
        size, at = int.from_bytes(buffer[2:4], "big"), 4
    return (buffer[at : at + size], at + size) if len(buffer) >= max(2, at + size) else None
