"""What a device is asked over TCP stands in the database from the question to the answer, as over MQTT."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import ManualClock
from anhu.registry import devices
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Base, DeviceCommand
from api.services.command_states import state_of
from gateway.codecs import discover
from gateway.command_queue import DatabaseCommandQueue
from gateway.device_register import DatabaseDirectory
from gateway.doors.tcp.server import TcpServer
from gateway.doors.tcp.unknown import Hearing
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors.mqtt.doors import MemoryLog, MemoryNotes
from tests.gateway.doors.tcp.pendant import escaped, packet_after, unescaped
from tests.gateway.doors.tcp.tcp_rig import NOW_MS, QUICK
from tests.gateway.memory_strangers import MemoryStrangers

WATCH, PENDANT = "8904355190", "13800138000"
ALIVE = b"[3G*8904355190*0002*LK]"


@dataclass
class Home:
    """A door before a database."""

    door: TcpServer
    sessions: sessionmaker[Session]
    clock: ManualClock

    def ask(self, device_id: str, name: str, **arguments: str | float) -> str:
        now_ms = self.clock.now_ms()
        with self.sessions.begin() as session:
            asked = devices.queue_command(
                session,
                device_id=device_id,
                name=name,
                now_ms=now_ms,
                expires_at_ms=now_ms + 300_000,
                arguments=arguments,
                asked_by="u-desk",
            )
            return asked.id

    def row(self, command_id: str) -> DeviceCommand:
        with self.sessions() as session:
            return session.get_one(DeviceCommand, command_id)

    def state(self, command_id: str) -> str:
        return state_of(self.row(command_id), self.clock.now_ms())

    async def until(self, command_id: str, state: str) -> None:
        end_s = time.monotonic() + 8
        while self.state(command_id) != state:
            assert time.monotonic() < end_s, self.state(command_id)
            await asyncio.sleep(0.02)

    async def call(self, first: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.door.port)
        writer.write(first)
        return reader, writer


@pytest.fixture
def at_home(tmp_path: Path) -> Callable[[Callable[[Home], Awaitable[None]]], None]:
    def play(work: Callable[[Home], Awaitable[None]]) -> None:
        sessions, clock = open_sessions(f"sqlite:///{tmp_path / 'anhu.db'}"), ManualClock(NOW_MS)
        Base.metadata.create_all(sessions.kw["bind"])
        with sessions.begin() as session:
            devices.create_device(session, device_id=WATCH, codec="setracker", now_ms=1)
            devices.create_device(session, device_id=PENDANT, codec="jtt808", now_ms=1)

        async def run() -> None:
            queue = DatabaseCommandQueue(sessions, clock)
            intake = Intake(discover(), MemoryLog(), clock)
            door = TcpServer(
                intake=intake,
                directory=DatabaseDirectory(sessions),
                commands=queue,
                notes=MemoryNotes(),
                clock=clock,
                hearing=Hearing(Quarantine(intake, MemoryStrangers(), clock)),
                settings=QUICK,
            )
            await door.start()
            answers = asyncio.create_task(intake.answers.run(queue))
            try:
                await work(Home(door, sessions, clock))
            finally:
                answers.cancel()
                await asyncio.gather(answers, return_exceptions=True)
                await door.close()

        asyncio.run(run())
        close_sessions(sessions)

    return play


def test_an_sos_answers_the_question_that_a_watch_was_asked(
    at_home: Callable[[Callable[[Home], Awaitable[None]]], None],
) -> None:
    async def work(home: Home) -> None:
        asked = home.ask(WATCH, "ask_ok")
        assert home.state(asked) == "waiting"
        reader, writer = await home.call(ALIVE)
        assert await reader.readexactly(len(ALIVE)) == ALIVE
        question = await asyncio.wait_for(reader.readuntil(b"]"), 5)
        shown = bytes.fromhex(question.rpartition(b",")[2][:-1].decode()).decode("utf-16-be")
        assert shown == "您还好吗？需要帮助，请按SOS键。"
        writer.write(b"[3G*8904355190*0007*MESSAGE]")
        await home.until(asked, "delivered")
        content = b"AL,211126,222640,V,,,,,0.00,0.0,0.0,0,60,46,206,0,00010000,4,0,262,2,45192"
        writer.write(b"[3G*8904355190*%04X*%b]" % (len(content), content))
        await home.until(asked, "answered")
        assert home.row(asked).answer == "sos"
        writer.close()

    at_home(work)


def test_a_question_that_nobody_answers_is_silent_and_one_that_expired_is_not_asked(
    at_home: Callable[[Callable[[Home], Awaitable[None]]], None],
) -> None:
    async def work(home: Home) -> None:
        old = home.ask(WATCH, "find")
        home.clock.forward(300_000)
        asked = home.ask(WATCH, "ask_ok", text="a")
        reader, writer = await home.call(ALIVE)
        expected = ALIVE + b"[3G*8904355190*000C*MESSAGE,0061]"
        assert await asyncio.wait_for(reader.readexactly(len(expected)), 5) == expected
        writer.write(b"[3G*8904355190*0007*MESSAGE]")
        await home.until(asked, "delivered")
        home.clock.forward(120_000)
        assert (home.state(old), home.state(asked)) == ("expired", "silent")
        writer.close()

    at_home(work)


def test_a_pendant_says_where_it_is_and_another_that_it_cannot(
    at_home: Callable[[Callable[[Home], Awaitable[None]]], None],
) -> None:
    spec = discover()["jtt808"].tcp
    assert spec is not None
    assert spec.commands is not None
    alive = spec.commands.examples[0].first

    async def work(home: Home) -> None:
        where = home.ask(PENDANT, "locate")
        reader, writer = await home.call(alive)
        await reader.readuntil(b"\x7e\x7e")
        serial = unescaped(await packet_after(reader))[11:13]
        fix = bytes.fromhex("0000000000000002022cf46006f94140000000000000261122062640")
        writer.write(_message(0x0201, serial + fix))
        await home.until(where, "answered")
        assert home.row(where).answer == "position"
        beep = home.ask(PENDANT, "find")
        await home.until(beep, "failed")
        assert "expected one of ask_ok, configure, locate, text" in home.row(beep).failure
        writer.close()

    at_home(work)


def _message(kind: int, body: bytes) -> bytes:
    head = kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + bytes.fromhex("013800138000") + b"\0\x09"
    return escaped(head + body)
