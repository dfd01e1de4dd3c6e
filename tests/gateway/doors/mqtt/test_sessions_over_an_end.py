"""Sessions of devices outlive the gateway: what is left of one life is all that the next one has."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from anhu.contract.record import Reading
from gateway.codec import Command
from gateway.doors.mqtt import session_file
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.doors.mqtt.settings import MqttSettings
from gateway.intake import Intake
from tests.gateway.doors.mqtt.doors import (
    MemoryCommands,
    MemoryDirectory,
    MemoryLog,
    MemoryNotes,
    device,
    open_codec,
)
from tests.gateway.mqtt import spoken

UP = "anhu/v1/dev-1/up"
CALL = b'{"v":1,"events":[{"kind":"sos"}]}'
PULSE = b'{"v":1,"values":{"heart_rate":72}}'
EXPIRY = b"\x11\x00\x00\x0e\x10"


class Life:
    """One life of a gateway."""

    def __init__(self, file: Path) -> None:
        self._clients: list[Client] = []
        self.log, self.commands, directory = MemoryLog(), MemoryCommands(), MemoryDirectory()
        directory.put(device())
        clock = SystemClock()
        self.server = MqttServer(
            intake=Intake({"open": open_codec()}, self.log, clock),
            directory=directory,
            commands=self.commands,
            notes=MemoryNotes(),
            clock=clock,
            listeners=(Listener(port=0),),
            settings=MqttSettings(command_poll_s=0.02),
            sessions=file,
        )

    async def client(self, version: int, *, clean: bool = False, client_id: str = "c1") -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.ports[0])
        expiry = EXPIRY if version == 5 else b""
        writer.write(spoken.connect(version, clean=clean, client_id=client_id, properties=expiry))
        client = Client(reader, writer)
        self._clients.append(client)
        client.present = bool((await client.packet())[2])
        return client

    async def end(self) -> None:
        self.log.let_go()
        for client in self._clients:
            client.writer.close()
        await self.server.close()


Act = Callable[[Life], Awaitable[None]]


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer, self.present = reader, writer, False

    async def say(self, data: bytes) -> bytes:
        self.writer.write(data)
        return await self.packet()

    async def packet(self) -> bytes:
        head = await asyncio.wait_for(self._reader.readexactly(2), 5)
        return head + await self._reader.readexactly(head[1])


def lives(folder: Path, *acts: Act) -> list[Life]:
    """Play each act in a life of its own, on what stood on the disk when the one before was killed."""

    async def one(act: Act, before: Path | None, own: Path) -> Life:
        if before is not None:
            shutil.copytree(before / "killed", own)
        life = Life(own / "sessions.db")
        await life.server.start()
        try:
            await act(life)
            shutil.copytree(own, own / "killed")
        finally:
            await life.end()
        return life

    places = [folder / str(i) for i in range(len(acts))]
    return [asyncio.run(one(act, before, own)) for act, before, own in zip(acts, [None, *places], places, strict=False)]


@pytest.mark.parametrize("version", [4, 5])
def test_a_device_that_subscribed_before_the_end_gets_its_command_after_it(tmp_path: Path, version: int) -> None:
    async def before(life: Life) -> None:
        client = await life.client(version)
        assert not client.present
        assert (await client.say(spoken.subscribe("anhu/v1/dev-1/commands", version=version)))[-1] == 1

    async def after(life: Life) -> None:
        life.commands.waiting.append(("dev-1", Command(name="measure", command_id="c-1")))
        client = await life.client(version)
        assert client.present
        assert b'"measure"' in await client.packet()

    lives(tmp_path, before, after)


def _times(life: Life) -> list[int]:
    return [one.observations[0].observed_at_ms for one in life.log.readings() if isinstance(one, Reading)]


@pytest.mark.parametrize("version", [4, 5])
def test_a_message_of_qos_2_that_was_answered_is_not_taken_again(tmp_path: Path, version: int) -> None:
    call = spoken.publish(UP, CALL, version=version, qos=2, packet_id=5)

    async def before(life: Life) -> None:
        client = await life.client(version)
        assert await client.say(call) == bytes.fromhex("50020005")

    async def after(life: Life) -> None:
        client = await life.client(version)
        assert client.present
        assert await client.say(bytes([call[0] | 8]) + call[1:]) == bytes.fromhex("50020005")
        assert await client.say(spoken.pubrel(5)) == bytes.fromhex("70020005")

    async def last(life: Life) -> None:
        assert not (await life.client(version)).present  # there is nothing left to remember

    first, second, _ = lives(tmp_path, before, after, last)
    assert len(first.log.readings()) == 1
    assert second.log.readings() == []


def test_a_message_whose_answer_never_left_comes_again_with_its_first_time(tmp_path: Path) -> None:
    call = spoken.publish(UP, CALL, qos=2, packet_id=5)

    async def before(life: Life) -> None:
        client = await life.client(4)
        life.log.hold()
        client.writer.write(spoken.publish(UP, CALL, packet_id=4) + call)
        await client.say(spoken.PINGREQ)  # by then they wait for the LOG

    async def after(life: Life) -> None:
        await asyncio.sleep(0.01)
        client = await life.client(4)
        assert client.present
        assert await client.say(bytes([call[0] | 8]) + call[1:]) == bytes.fromhex("50020005")

    first, second = lives(tmp_path, before, after)
    assert len(_times(second)) == 1
    assert set(_times(second)) <= set(_times(first))  # one identity: the store holds it once


def test_after_a_fall_of_the_whole_machine_nothing_is_taken_for_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on the disk may be older than the truth then: the identifier may be a new message's."""
    call = spoken.publish(UP, CALL, qos=2, packet_id=5)

    async def before(life: Life) -> None:
        await (await life.client(4)).say(call)

    async def after(life: Life) -> None:
        client = await life.client(4)
        assert client.present
        assert await client.say(bytes([call[0] | 8]) + call[1:]) == bytes.fromhex("50020005")

    async def reboot(life: Life) -> None:
        await before(life)
        (tmp_path / "boot").write_text("another")

    (tmp_path / "boot").write_text("one")
    monkeypatch.setattr(session_file, "_BOOT", tmp_path / "boot")
    first, second = lives(tmp_path, reboot, after)
    assert len(second.log.readings()) == 1
    assert _times(second) == _times(first)  # one identity: the store holds it once


def test_a_client_that_begins_anew_with_its_identifiers_says_something_new(tmp_path: Path) -> None:
    async def before(life: Life) -> None:
        await (await life.client(4)).say(spoken.publish(UP, CALL, qos=2, packet_id=1))
        rebooted = await life.client(4)
        assert rebooted.present
        assert await rebooted.say(spoken.publish(UP, CALL, qos=2, packet_id=1)) == bytes.fromhex("50020001")
        assert len(life.log.readings()) == 2

    async def after(life: Life) -> None:
        await asyncio.sleep(0.01)
        client = await life.client(4)
        assert await client.say(spoken.publish(UP, CALL, qos=2, packet_id=1)) == bytes.fromhex("50020001")

    first, second = lives(tmp_path, before, after)
    assert len({*_times(first), *_times(second)}) == 3


def test_an_identifier_used_again_at_once_is_a_message_of_its_own(tmp_path: Path) -> None:
    async def play(life: Life) -> None:
        client = await life.client(4)
        await client.say(spoken.publish(UP, CALL, qos=2, packet_id=1))
        await asyncio.sleep(0.01)
        answer = await client.say(spoken.pubrel(1) + spoken.publish(UP, CALL, qos=2, packet_id=1))
        assert answer + await client.packet() == bytes.fromhex("7002000150020001")

    [life] = lives(tmp_path, play)
    assert len(set(_times(life))) == 2


def test_messages_that_are_never_released_are_forgotten_in_the_end(tmp_path: Path) -> None:
    async def before(life: Life) -> None:
        client = await life.client(4)
        for packet_id in range(1, 1_101):
            assert (await client.say(spoken.publish(UP, PULSE, qos=2, packet_id=packet_id)))[0] == 0x50
        assert len(life.log.readings()) == 1_100

    async def after(life: Life) -> None:
        client = await life.client(4)
        for packet_id in (1, 1_100):
            again = spoken.publish(UP, PULSE, qos=2, packet_id=packet_id, dup=True)
            assert (await client.say(again))[0] == 0x50

    _, second = lives(tmp_path, before, after)
    assert len(second.log.readings()) == 1


@pytest.mark.parametrize("version", [4, 5])
def test_a_command_that_was_sent_and_not_acknowledged_comes_again_after_the_end(tmp_path: Path, version: int) -> None:
    waiting = ("dev-1", Command(name="measure", command_id="c-1"))

    async def before(life: Life) -> None:
        client = await life.client(version)
        await client.say(spoken.subscribe("anhu/v1/dev-1/commands", version=version))
        life.commands.waiting.append(waiting)
        assert b'"measure"' in await client.packet()

    async def after(life: Life) -> None:
        life.commands.waiting.append(waiting)  # the queue is the database's: it still holds it
        client = await life.client(version)
        assert client.present
        assert b'"measure"' in await client.packet()

    lives(tmp_path, before, after)


@pytest.mark.parametrize("end", ["clean start", "expiry"])
def test_what_ended_stays_ended(tmp_path: Path, end: str) -> None:
    async def before(life: Life) -> None:
        client = await life.client(4)
        await client.say(spoken.subscribe("anhu/v1/dev-1/commands"))
        if end == "clean start":
            await life.client(4, clean=True)

    async def after(life: Life) -> None:
        if end == "expiry":
            life.server.silence.sweep(life.server.shared.now_s() + 86_401)
        assert not (await life.client(4)).present

    lives(tmp_path, before, after)


def test_sessions_of_one_device_are_as_many_as_before(tmp_path: Path) -> None:
    async def before(life: Life) -> None:
        for i in range(7):
            client = await life.client(4, client_id=f"c{i}")
            await client.say(spoken.subscribe("#"))

    async def after(life: Life) -> None:
        assert life.server.health()["sessions"] == 4

    lives(tmp_path, before, after)
