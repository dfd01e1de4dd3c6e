"""What is believed of a device that was connected when the gateway was killed, and never came back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from anhu.contract.clock import SystemClock
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.doors.mqtt.settings import MqttSettings
from gateway.doors.present import PresentDevices
from gateway.intake import Intake
from tests.gateway.doors.mqtt.doors import MemoryCommands, MemoryDirectory, MemoryLog, MemoryNotes, device, open_codec
from tests.gateway.mqtt import spoken


class _Start:
    """One life of a gateway, on a file that outlives it."""

    def __init__(self, file: Path, *, down: bool = False) -> None:
        self._clients: list[asyncio.StreamWriter] = []
        self.log, self.directory = MemoryLog(), MemoryDirectory(down=down)
        for one in ("dev-1", "dev-2"):
            self.directory.put(device(one))
        clock = SystemClock()
        self.intake = Intake({"open": open_codec()}, self.log, clock)
        self.server = MqttServer(
            intake=self.intake,
            directory=self.directory,
            commands=MemoryCommands(),
            notes=MemoryNotes(),
            clock=clock,
            listeners=(Listener(port=0),),
            settings=MqttSettings(directory_poll_s=0.02),
            present=file,
        )

    async def connect(self, device_id: str) -> asyncio.StreamWriter:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.ports[0])
        writer.write(spoken.connect(user=device_id, client_id=device_id))
        self._clients.append(writer)
        assert (await reader.readexactly(4))[3] == 0
        return writer

    async def killed(self) -> None:
        """End as after kill -9: nobody is told anything, and only what is on disk stays."""
        await self.server._present.write()
        self.server._present._file = None
        await self.close()

    async def close(self) -> None:
        """End as for an upgrade."""
        await self.server.close()
        for client in self._clients:
            client.close()
            await client.wait_closed()


def test_the_next_start_tells_of_those_who_do_not_come_back(tmp_path: Path) -> None:
    async def live() -> None:
        file = tmp_path / "connected"
        first = _Start(file)
        await first.server.start()
        writers = [await first.connect("dev-1"), await first.connect("dev-2")]
        writers[1].close()
        await _until(lambda: len(first.log.connections("dev-2")) == 2)
        await first.killed()
        assert first.log.connections("dev-1") == [("on", "connected")]

        second = _Start(file, down=True)
        await second.server.start()
        await asyncio.sleep(0.05)
        second.directory.down = False
        await _until(lambda: bool(second.log.connections("dev-1")))
        assert second.log.connections("dev-1") == [("off", "gateway_ended")]
        assert second.log.connections("dev-2") == []
        assert second.server.health()["left_behind"] == 1
        await second.killed()

        third = _Start(file)
        await third.server.start()
        await asyncio.sleep(0.05)
        await third.intake.aclose()
        assert third.log.read() == []
        await third.close()

    asyncio.run(live())


def test_an_upgrade_that_a_device_does_not_survive_is_told_too(tmp_path: Path) -> None:
    async def live() -> None:
        file = tmp_path / "connected"
        first = _Start(file)
        await first.server.start()
        await first.connect("dev-1")
        await first.close()
        second = _Start(file)
        await second.server.start()
        await _until(lambda: second.log.connections("dev-1") == [("off", "gateway_ended")])
        await second.close()

    asyncio.run(live())


def test_the_file_stays_as_small_as_what_it_says_and_bears_half_a_line(tmp_path: Path) -> None:
    async def live() -> None:
        file = tmp_path / "connected"
        present = PresentDevices(file)
        for _ in range(8_000):
            present.came("dev-1")
            present.went("dev-1")
        present.came("dev-2")
        await present.write()
        assert file.read_text() == "+dev-2\n"
        with file.open("a") as lines:
            lines.write("+dev-3\n+de")
        assert PresentDevices(file).open() == ("dev-2", "dev-3")

    asyncio.run(live())


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to hold within 5 s")
