"""The real TCP door on a free port, real clients, and what stands behind the door in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anhu.contract.clock import ManualClock
from gateway.codec import Codec
from gateway.codecs import discover
from gateway.directory import DeviceEntry
from gateway.doors.tcp.server import TcpServer
from gateway.doors.tcp.settings import TcpSettings
from gateway.doors.tcp.unknown import Hearing
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors import toy_tcp
from tests.gateway.doors.mqtt.doors import MemoryCommands, MemoryDirectory, MemoryLog, MemoryNotes
from tests.gateway.memory_strangers import MemoryStrangers

NOW_MS = 1_795_300_000_000
CODECS: Mapping[str, Codec] = {**discover(), toy_tcp.CODEC.name: toy_tcp.CODEC}
QUICK = TcpSettings(directory_poll_s=0.05, slow_login_s=0.2, command_poll_s=0.02)


@dataclass
class Rig:
    door: TcpServer
    log: MemoryLog
    directory: MemoryDirectory
    notes: MemoryNotes
    commands: MemoryCommands
    quarantine: Quarantine
    strangers: MemoryStrangers
    callers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return self.door.health()

    async def call(self, *sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect with a real client and send, each piece in a segment of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.door.port)
        self.callers.append(writer)
        for piece in sent:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return reader, writer

    async def until(self, true: Callable[[], bool], *, within_s: float = 5.0) -> None:
        end_s = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < end_s, self.counts
            await asyncio.sleep(0.01)


def behind(
    work: Callable[[Rig], Awaitable[None]],
    *devices: DeviceEntry,
    settings: TcpSettings = QUICK,
    present: Path | None = None,
    has_room: bool = True,
) -> None:
    """Do some work with a door that knows some devices, and has room for what others say or has none."""

    async def run() -> None:
        log, notes, commands = MemoryLog(), MemoryNotes(), MemoryCommands()
        directory = MemoryDirectory({one.device_id: one for one in devices})
        clock = ManualClock(NOW_MS)
        intake = Intake(CODECS, log, clock)
        strangers = MemoryStrangers()
        strangers.full = not has_room
        quarantine = Quarantine(intake, strangers, clock)
        door = TcpServer(
            intake=intake,
            directory=directory,
            commands=commands,
            notes=notes,
            clock=clock,
            hearing=Hearing(quarantine),
            settings=settings,
            present=present,
        )
        await door.start()
        rig = Rig(door, log, directory, notes, commands, quarantine, strangers)
        try:
            await work(rig)
        finally:
            log.let_go()
            for writer in rig.callers:
                writer.close()
                await asyncio.gather(writer.wait_closed(), return_exceptions=True)
            await door.close()

    asyncio.run(run())


async def heard(reader: asyncio.StreamReader, *expected: bytes) -> None:
    wanted = b"".join(expected)
    assert await asyncio.wait_for(reader.readexactly(len(wanted)), 5) == wanted


async def ended(reader: asyncio.StreamReader, *expected: bytes) -> None:
    assert await asyncio.wait_for(reader.read(), 5) == b"".join(expected)
