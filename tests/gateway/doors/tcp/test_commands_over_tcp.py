"""Commands over the connection that a device holds: until it has confirmed them, and to nobody else."""

from __future__ import annotations

import asyncio
import logging
import zlib
from dataclasses import replace

import pytest

from gateway.codec import Command
from gateway.codecs import discover
from gateway.directory import DeviceEntry
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.tcp.pendant import confirmed, example, packet_after, unescaped
from tests.gateway.doors.tcp.tcp_rig import QUICK, Rig, behind, ended, heard

WATCH, OTHER = "4700186508", "4700186509"
ALIVE, ALIVE_ANSWER = b"[3G*4700186508*0002*LK]", b"[3G*4700186508*0002*LK]"
FIND = b"[3G*4700186508*0004*FIND]"
AT_ONCE = replace(QUICK, command_wait_s=0.0)
PENDANT = "13800138000"


def watch(device_id: str = WATCH, *, enabled: bool = True) -> DeviceEntry:
    return device(device_id, codec="setracker", enabled=enabled)


def ask(
    name: str = "find", command_id: str = "c-1", device_id: str = WATCH, **arguments: str | float
) -> tuple[str, Command]:
    return device_id, Command(name=name, command_id=command_id, arguments=arguments)


async def here(rig: Rig, alive: bytes = ALIVE) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await rig.call(alive)
    await heard(reader, alive)
    return reader, writer


async def quiet(reader: asyncio.StreamReader, for_s: float = 0.2) -> bool:
    try:
        await asyncio.wait_for(reader.read(1), for_s)
    except TimeoutError:
        return True
    return False


def test_a_command_is_delivered_when_the_device_confirms_it_and_not_before() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await here(rig)
        rig.commands.waiting.append(ask())
        await heard(reader, FIND)
        assert await quiet(reader), "and it is not sent a second time"
        assert rig.commands.done == []
        writer.write(FIND)
        await rig.until(lambda: rig.commands.done == ["c-1"])
        assert (rig.counts["commands_sent"], rig.counts["commands_delivered"]) == (1, 1)

    behind(work, watch())


def test_an_absent_device_gets_it_when_it_comes() -> None:
    async def work(rig: Rig) -> None:
        rig.commands.waiting.append(ask())
        reader, _ = await here(rig)
        await heard(reader, FIND)

    behind(work, watch())


def test_only_the_device_itself_gets_it_however_many_speak_over_one_connection() -> None:
    async def work(rig: Rig) -> None:
        other = b"[3G*4700186509*0002*LK]"
        alone, _ = await here(rig, other)
        both, writer = await here(rig)
        writer.write(other)
        await heard(both, other)
        rig.commands.waiting.append(ask())
        await heard(both, FIND)
        assert await quiet(alone)
        writer.write(b"[3G*4700186509*0004*FIND]")
        assert await quiet(both)
        assert rig.commands.done == [], "what another device confirms is not this one's"
        writer.write(FIND)
        await rig.until(lambda: rig.commands.done == ["c-1"])

    behind(work, watch(), watch(OTHER))


def test_a_device_that_nobody_registered_and_a_revoked_one_hear_nothing() -> None:
    async def work(rig: Rig) -> None:
        rig.commands.waiting += [ask(), ask(device_id=OTHER, command_id="c-2")]
        stranger, _ = await rig.call(ALIVE)
        revoked, _ = await rig.call(b"[3G*4700186509*0002*LK]")
        await ended(revoked)
        assert await quiet(stranger)
        assert rig.counts["commands_sent"] == 0

    behind(work, watch(OTHER, enabled=False), has_room=False)


def test_one_that_died_with_its_connection_is_sent_again_under_the_same_number() -> None:
    async def work(rig: Rig) -> None:
        rig.commands.waiting.append(ask("locate", device_id=PENDANT))
        talk = example("jtt808", "locate")
        number = zlib.crc32(b"c-1") & 0xFFFF
        reader, writer = await rig.call(talk.first)
        await reader.readuntil(b"\x7e\x7e")
        first = await packet_after(reader)
        writer.transport.abort()
        reader, writer = await rig.call(talk.first)
        await reader.readuntil(b"\x7e\x7e")
        assert await packet_after(reader) == first
        assert number.to_bytes(2, "big") in unescaped(first)
        assert await quiet(reader), "once over each connection"
        writer.write(confirmed(talk, number))
        await rig.until(lambda: rig.commands.done == ["c-1"])
        assert rig.counts["commands_sent"] == 2

    behind(work, device(PENDANT, codec="jtt808"))


def test_over_a_connection_that_fell_silent_nothing_is_lost() -> None:
    """The old socket is half open: it takes what is written to it, and nobody is there."""

    async def work(rig: Rig) -> None:
        silent, _ = await here(rig)
        rig.commands.waiting.append(ask())
        await heard(silent, FIND)
        reader, writer = await here(rig)
        await heard(reader, FIND)
        writer.write(FIND)
        await rig.until(lambda: rig.commands.done == ["c-1"])

    behind(work, watch())


def test_where_a_device_tried_a_second_connection_and_went_on_with_the_first_it_is_found_there() -> None:
    async def work(rig: Rig) -> None:
        first, writer = await here(rig)
        tried, _ = await here(rig)
        rig.commands.waiting.append(ask())
        await heard(tried, FIND)
        writer.write(ALIVE)
        await heard(first, ALIVE_ANSWER, FIND)
        writer.write(FIND)
        await rig.until(lambda: rig.commands.done == ["c-1"])

    behind(work, watch())


def test_who_speaks_and_never_confirms_is_asked_three_times_and_then_it_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(rig: Rig) -> None:
        rig.commands.waiting.append(ask())
        reader, writer = await here(rig)
        for _ in range(3):
            await heard(reader, FIND)
            assert await quiet(reader, 0.1), "a device that says nothing since is not asked again"
            writer.write(ALIVE)
            await heard(reader, ALIVE_ANSWER)
        await rig.until(lambda: bool(rig.commands.refused))
        assert rig.commands.refused == {"c-1": "sent 3 times, and the device never confirmed it"}
        writer.write(ALIVE)
        await heard(reader, ALIVE_ANSWER)
        assert await quiet(reader)
        assert rig.counts["commands_refused"] == 1

    caplog.set_level(logging.CRITICAL)
    behind(work, watch(), settings=AT_ONCE)


def test_who_breaks_off_at_each_command_is_not_asked_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    async def work(rig: Rig) -> None:
        rig.commands.waiting.append(ask())
        for _ in range(8):
            reader, writer = await here(rig)
            await heard(reader, FIND)
            writer.transport.abort()
            await rig.until(lambda: rig.counts["devices"] == 0)
        reader, _ = await here(rig)
        await rig.until(lambda: bool(rig.commands.refused))
        assert await quiet(reader)

    caplog.set_level(logging.CRITICAL)
    behind(work, watch())


def test_two_that_the_device_confirms_with_the_same_word_go_one_after_the_other() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await here(rig)
        rig.commands.waiting += [ask("text", "c-1", text="a"), ask("text", "c-2", text="b"), ask("find", "c-3")]
        await heard(reader, b"[3G*4700186508*000C*MESSAGE,0061]", FIND)
        assert await quiet(reader)
        writer.write(b"[3G*4700186508*0007*MESSAGE]")
        await heard(reader, b"[3G*4700186508*000C*MESSAGE,0062]")
        assert rig.commands.done == ["c-1"]

    behind(work, watch())


def test_one_that_expired_unconfirmed_does_not_keep_the_next_one_back() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await here(rig)
        rig.commands.waiting.append(ask("text", "c-1", text="a"))
        await heard(reader, b"[3G*4700186508*000C*MESSAGE,0061]")
        rig.commands.waiting[:] = [ask("text", "c-2", text="b")]
        await heard(reader, b"[3G*4700186508*000C*MESSAGE,0062]")
        writer.write(b"[3G*4700186508*0007*MESSAGE]")
        await rig.until(lambda: rig.commands.done == ["c-2"])

    behind(work, watch())


def test_a_confirmation_that_comes_after_the_command_expired_counts_all_the_same() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await here(rig)
        rig.commands.waiting.append(ask())
        await heard(reader, FIND)
        rig.commands.waiting.clear()
        assert await quiet(reader)
        writer.write(FIND)
        await rig.until(lambda: rig.commands.done == ["c-1"])

    behind(work, watch())


def test_what_the_device_refuses_the_family_does_not_know_or_nobody_can_take_is_told() -> None:
    kiosk = next(one for one in discover()["hl7_pcd01"].examples if one.error is None)

    async def work(rig: Rig) -> None:
        rig.commands.waiting += [
            ask("firmware", "c-1"),
            ask("measure", "c-2", PENDANT),
            ask("text", "c-3", kiosk.device_id),
            ask("locate", "c-4", PENDANT),
        ]
        await here(rig)
        await rig.call(kiosk.payload)
        talk, number = example("jtt808", "locate"), zlib.crc32(b"c-4") & 0xFFFF
        reader, writer = await rig.call(talk.first)
        await reader.readuntil(b"\x7e\x7e")
        await packet_after(reader)
        writer.write(confirmed(talk, number, b"\x03"))
        await rig.until(lambda: len(rig.commands.refused) == 4)
        assert rig.commands.refused == {
            "c-1": "command: got 'firmware', expected one of ask_ok, configure, find, locate, measure, text",
            "c-2": "command: got 'measure', expected one of ask_ok, configure, locate, text",
            "c-3": "devices of the family hl7_pcd01 take no commands",
            "c-4": "the device answered 3: not supported",
        }
        assert rig.commands.done == []

    behind(work, watch(), device(PENDANT, codec="jtt808"), device(kiosk.device_id, codec="hl7_pcd01"))


def test_no_more_than_a_few_are_under_way_to_one_connection() -> None:
    async def work(rig: Rig) -> None:
        rig.commands.waiting += [ask("locate", f"c-{at}", PENDANT) for at in range(12)]
        talk = example("jtt808", "locate")
        _, writer = await rig.call(talk.first)
        await rig.until(lambda: rig.counts["commands_sent"] == 8)
        await asyncio.sleep(0.1)
        assert rig.counts["commands_sent"] == 8
        writer.write(confirmed(talk, zlib.crc32(b"c-0") & 0xFFFF))
        await rig.until(lambda: rig.counts["commands_sent"] == 9)

    behind(work, device(PENDANT, codec="jtt808"))


def test_a_queue_that_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    async def work(rig: Rig) -> None:
        rig.commands.down = True
        reader, _ = await here(rig)
        rig.commands.waiting.append(ask())
        assert await quiet(reader)
        rig.commands.down = False
        await heard(reader, FIND)

    caplog.set_level(logging.CRITICAL)
    behind(work, watch())
