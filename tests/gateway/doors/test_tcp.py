"""The port carries a protocol of a family's own over TCP: framing, log-in, acknowledgement after the disk, refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from anhu.contract.clock import ManualClock
from anhu.contract.observation import Event, Scalar
from gateway.codecs import discover
from gateway.door_specs import Disposition
from gateway.intake import Intake
from tests.gateway.doors.mqtt.doors import MemoryDirectory, MemoryLog, device
from tests.gateway.doors.tcp_door import TcpDoor
from tests.gateway.doors.toy_tcp import ALIVE, CODEC, HEART, LOGIN, SOS, answer, login, packet

NOW_MS = 1_795_300_000_000
YES, AGAIN, NO = Disposition.ACCEPTED, Disposition.RELEASED, Disposition.REJECTED


@dataclass
class Rig:
    door: TcpDoor
    log: MemoryLog
    callers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def call(self, *sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect with a real client and send, each piece in a segment of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.door.port)
        self.callers.append(writer)
        for piece in sent:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return reader, writer


def behind(work: Callable[[Rig], Awaitable[None]]) -> None:
    async def run() -> None:
        log, clock = MemoryLog(), ManualClock(NOW_MS)
        directory = MemoryDirectory({d: device(d, codec="toy_tcp") for d in ("dev-1", "dev-2")})
        directory.put(device("other", codec="open_json"))
        directory.put(device("gone", codec="toy_tcp", enabled=False))
        door = TcpDoor(Intake({**discover(), CODEC.name: CODEC}, log, clock), directory, clock)
        server = await door.start()
        rig = Rig(door, log)
        await work(rig)
        for writer in rig.callers:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        server.close()

    asyncio.run(run())


async def heard(reader: asyncio.StreamReader, *expected: bytes) -> None:
    wanted = b"".join(expected)
    assert await asyncio.wait_for(reader.readexactly(len(wanted)), 5) == wanted


async def ended(reader: asyncio.StreamReader, *expected: bytes) -> None:
    assert await asyncio.wait_for(reader.read(), 5) == b"".join(expected)


def test_a_packet_is_answered_once_it_is_on_disk_and_in_its_turn() -> None:
    async def work(rig: Rig) -> None:
        rig.log.hold()
        reader, _ = await rig.call(login(), packet(HEART, b"\x48", 2), packet(ALIVE, b"", 3), packet(SOS, b"", 4))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        rig.log.let_go()
        await heard(reader, answer(LOGIN, 1, YES), answer(HEART, 2, YES), answer(ALIVE, 3, YES), answer(SOS, 4, YES))
        heart, sos = rig.log.readings()
        assert (heart.device_id, heart.resident_id) == ("dev-1", "r-dev-1")
        assert isinstance(heart.observations[0], Scalar)
        assert isinstance(sos.observations[0], Event)

    behind(work)


def test_packets_are_found_wherever_the_network_cut_them() -> None:
    async def work(rig: Rig) -> None:
        stream = login() + packet(HEART, b"\x48", 2) + packet(SOS, b"", 3)
        reader, _ = await rig.call(*(stream[i : i + 1] for i in range(len(stream))))
        await heard(reader, answer(LOGIN, 1, YES), answer(HEART, 2, YES), answer(SOS, 3, YES))
        assert len(rig.log.readings()) == 2

    behind(work)


@pytest.mark.parametrize(
    "first",
    [
        login(secret="guessed"),
        login("nobody"),
        login("other"),
        login("gone"),
        packet(SOS),
    ],
)
def test_who_is_not_known_is_refused_and_nothing_of_it_is_kept(first: bytes) -> None:
    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(first + packet(SOS, b"", 2))
        await ended(reader, answer(first[2], 1, NO))
        assert rig.log.records == []
        assert rig.door.counts == {"rejected": 1}

    behind(work)


def test_a_second_log_in_changes_the_device_only_with_its_secret() -> None:
    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(login(), packet(SOS, b"", 2), login("dev-2", serial=3), packet(SOS, b"", 4))
        await heard(reader, answer(LOGIN, 1, YES), answer(SOS, 2, YES), answer(LOGIN, 3, YES), answer(SOS, 4, YES))
        assert [r.device_id for r in rig.log.readings()] == ["dev-1", "dev-2"]
        reader, _ = await rig.call(login() + login("dev-2", "guessed", 2))
        await ended(reader, answer(LOGIN, 2, NO))

    behind(work)


def test_what_the_log_refuses_is_to_be_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")

    async def work(rig: Rig) -> None:
        reader, writer = await rig.call(login())
        await heard(reader, answer(LOGIN, 1, YES))
        rig.log.failure = OSError("disk")
        writer.write(packet(SOS, b"", 2))
        await ended(reader, answer(SOS, 2, AGAIN))
        assert rig.log.readings() == []

    behind(work)


def test_what_the_codec_cannot_read_is_kept_with_its_route_and_answered() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await rig.call(login(), packet(9, b"?", 2))
        await heard(reader, answer(LOGIN, 1, YES), answer(9, 2, YES))
        [kept] = rig.log.undecoded()
        here = "{}:{}".format(*writer.get_extra_info("sockname"))
        assert (kept.door, kept.route, kept.device_id, kept.codec) == ("tcp", here, "dev-1", "toy_tcp")
        assert (kept.payload, kept.reason) == (packet(9, b"?", 2), "kind: got 9, expected 1 to 4")

    behind(work)


@pytest.mark.parametrize(
    "rubbish", [b"GET / HTTP/1.1\r\n", b"\x7eX", login() + b"rubbish", login() + packet(HEART, b"x" * 2_000)]
)
def test_what_is_no_packet_ends_the_connection(rubbish: bytes) -> None:
    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(rubbish)
        assert not await asyncio.wait_for(reader.read(), 5)
        assert rig.door.counts["malformed"] == 1

    behind(work)
