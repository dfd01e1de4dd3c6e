"""The port carries a protocol of a family's own over TCP: framing, log-in, acknowledgement after the disk, refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from anhu.contract.observation import Event, Scalar
from gateway.door_specs import Disposition
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.tcp import tcp_rig
from tests.gateway.doors.tcp.tcp_rig import Rig, ended, heard
from tests.gateway.doors.toy_tcp import ALIVE, HEART, LOGIN, SOS, answer, login, packet

YES, AGAIN, NO = Disposition.ACCEPTED, Disposition.RELEASED, Disposition.REJECTED


def behind(work: Callable[[Rig], Awaitable[None]]) -> None:
    tcp_rig.behind(
        work,
        device("dev-1", codec="toy_tcp"),
        device("dev-2", codec="toy_tcp"),
        device("other", codec="open_json"),
        device("gone", codec="toy_tcp", enabled=False),
    )


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
        login(secret=""),
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
        assert rig.counts["devices_refused"] == 1

    behind(work)


def test_a_second_log_in_changes_the_device_only_with_its_secret() -> None:
    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(login(), packet(SOS, b"", 2), login("dev-2", serial=3), packet(SOS, b"", 4))
        await heard(reader, answer(LOGIN, 1, YES), answer(SOS, 2, YES), answer(LOGIN, 3, YES), answer(SOS, 4, YES))
        assert [r.device_id for r in rig.log.readings()] == ["dev-1", "dev-2"]
        reader, _ = await rig.call(login() + login("dev-2", "guessed", 2))
        await ended(reader, answer(LOGIN, 1, YES), answer(LOGIN, 2, NO))

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
    "rubbish", [b"GET / HTTP/1.1\r\n", b"\x77X", login() + b"rubbish", login() + packet(HEART, b"x" * 2_000)]
)
def test_what_is_no_packet_ends_the_connection(rubbish: bytes) -> None:
    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(rubbish)
        await ended(reader, answer(LOGIN, 1, YES) if rubbish.startswith(login()) else b"")
        assert rig.counts["malformed"] == 1

    behind(work)
