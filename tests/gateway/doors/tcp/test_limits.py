"""Crowds, floods, slow links and half-open sockets: who is registered gets through, and whoever is not cannot stay."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from dataclasses import replace
from pathlib import Path

from anhu.contract.clock import ManualClock
from anhu.contract.record import Reading
from gateway.codecs.jtt808 import CODEC as JTT808
from gateway.codecs.setracker import CODEC as SETRACKER
from gateway.directory import DeviceEntry
from gateway.doors.note_writer import NoteWriter
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.tcp.tcp_rig import NOW_MS, QUICK, Rig, behind

WATCH = "4700186508"
LK = b"[3G*4700186508*000B*LK,0,10,100]"
LK_ANSWER = b"[3G*4700186508*0002*LK]"
SOS_CONTENT = b"AL,211126,222640,V,,,,,0.00,0.0,0.0,0,60,46,206,0,00010000,4"
SOS = b"[3G*4700186508*%04X*%b]" % (len(SOS_CONTENT), SOS_CONTENT)
SOS_ANSWER = b"[3G*4700186508*0002*AL]"


def watch(device_id: str = WATCH, *, enabled: bool = True) -> DeviceEntry:
    return device(device_id, codec="setracker", enabled=enabled)


async def heard(reader: asyncio.StreamReader, expected: bytes) -> None:
    assert await asyncio.wait_for(reader.readexactly(len(expected)), 5) == expected


async def is_over(reader: asyncio.StreamReader, *, within_s: float = 5.0) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(), within_s)
    except ConnectionResetError:
        return b""


def sos_calls(rig: Rig) -> int:
    return sum(map(_calls, rig.log.readings()))


def _calls(reading: Reading) -> int:
    return sum(one.quantity == "sos" for one in reading.observations)


def test_an_sos_gets_through_a_crowd_of_half_open_sockets() -> None:
    async def work(rig: Rig) -> None:
        crowd = [await rig.call() for _ in range(60)]
        await rig.until(lambda: rig.counts["connections"] == 60)
        assert rig.counts["strangers"] == 16
        assert rig.counts["strangers_put_out"] == 44
        reader, _ = await rig.call(SOS)
        await heard(reader, SOS_ANSWER)
        assert sos_calls(rig) == 1
        assert await is_over(crowd[0][0]) == b""

    behind(work, watch(), settings=replace(QUICK, max_strangers_per_address=16))


def test_who_says_nothing_or_drips_bytes_does_not_stay() -> None:
    async def work(rig: Rig) -> None:
        silent, _ = await rig.call()
        dripping, writer = await rig.call()

        async def drip() -> None:
            for byte in LK[:-1]:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.03)

        dripper = asyncio.create_task(drip())
        assert await is_over(silent) == b""
        assert await is_over(dripping) == b""
        dripper.cancel()
        assert rig.counts["silent_closed"] == 2

    behind(work, watch(), settings=replace(QUICK, first_packet_s=0.3))


def test_a_packet_that_does_not_end_ends_the_connection_and_a_quiet_device_stays() -> None:
    async def work(rig: Rig) -> None:
        quiet, _ = await rig.call(LK)
        await heard(quiet, LK_ANSWER)
        half, _ = await rig.call(LK, LK[:-5])
        await heard(half, LK_ANSWER)
        assert await is_over(half) == b""
        assert rig.counts["slow_closed"] == 1
        await rig.until(lambda: rig.counts["connected"] == 1)
        assert rig.counts["devices"] == 1

    behind(work, watch(), settings=replace(QUICK, packet_s=0.2))


def test_a_device_that_is_silent_for_its_familys_limit_is_gone_and_that_is_told() -> None:
    assert SETRACKER.tcp is not None

    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(LK)
        await heard(reader, LK_ANSWER)
        rig.door.silence.sweep(rig.door.shared.now_s() + 1_000.0)
        assert rig.counts["silent_closed"] == 0
        rig.door.silence.sweep(rig.door.shared.now_s() + 1_801.0)
        assert await is_over(reader) == b""
        await rig.until(lambda: len(rig.log.connections(WATCH)) == 2)
        assert rig.log.connections(WATCH) == [("on", "connected"), ("off", "keep_alive")]

    behind(work, watch())


def test_a_line_that_breaks_is_an_absence_and_the_kernel_asks_after_half_open_ones() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await rig.call(LK)
        await heard(reader, LK_ANSWER)
        [link] = rig.door._links
        ours = link.wire._transport.get_extra_info("socket")  # type: ignore[union-attr]
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, no goodbye
        writer.transport.abort()
        await rig.until(lambda: len(rig.log.connections(WATCH)) == 2)
        assert rig.log.connections(WATCH) == [("on", "connected"), ("off", "vanished")]

    behind(work, watch())


def test_who_was_here_when_we_were_killed_and_does_not_come_back_is_told_to_be_away(tmp_path: Path) -> None:
    present = tmp_path / "connected"
    present.write_text(f"+{WATCH}\n", "utf-8")

    async def work(rig: Rig) -> None:
        await rig.until(lambda: rig.log.connections(WATCH) == [("off", "gateway_ended")])

    behind(work, watch(), present=present)


def test_one_more_connection_of_a_device_closes_its_oldest() -> None:
    async def work(rig: Rig) -> None:
        readers = []
        for _ in range(3):
            reader, _ = await rig.call(LK)
            await heard(reader, LK_ANSWER)
            readers.append(reader)
        assert await is_over(readers[0]) == b""
        await rig.until(lambda: rig.counts["connected"] == 2)
        assert rig.counts["taken_over"] == 1
        assert rig.log.connections(WATCH) == [("on", "connected"), ("on", "taken_over")]

    behind(work, watch(), settings=replace(QUICK, max_connections_per_device=2))


def test_a_revoked_device_is_thrown_out_within_a_second_and_does_not_come_back() -> None:
    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(LK)
        await heard(reader, LK_ANSWER)
        rig.directory.put(watch(enabled=False))
        assert await is_over(reader, within_s=1.0) == b""
        assert rig.counts["revoked"] == 1
        again, _ = await rig.call(SOS)
        assert await is_over(again) == b""
        assert [reading.resident_id for reading in rig.log.readings() if reading.observations[0].quantity == "sos"] == [
            ""
        ]

    behind(work, watch())


def test_who_presses_the_button_of_a_device_switched_off_by_mistake_is_told_of_and_nothing_is_answered() -> None:
    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(LK, SOS)
        assert await is_over(reader) == b""
        (told,) = rig.log.readings()
        assert (told.device_id, told.resident_id, told.observations[0].quantity) == (WATCH, "", "sos")
        silent, _ = await rig.call(LK)
        assert await is_over(silent, within_s=1.0) == b"", "who does not call is listened to for a moment only"
        await NoteWriter(rig.quarantine.shut_out.aside, rig.notes, rig.door._executor, ManualClock(NOW_MS)).write()
        assert [(kind, times) for kind, times, _ in rig.notes.of(WATCH)] == [("shut_out", 3)]

    behind(work, watch(enabled=False), settings=replace(QUICK, shut_out_s=0.2))


def test_a_device_that_changes_hands_stays_connected_and_speaks_for_its_new_resident() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await rig.call(LK)
        await heard(reader, LK_ANSWER)
        rig.directory.put(replace(watch(), resident_id="r-2", partition_key="c-2"))
        lookups = rig.directory.lookups
        await rig.until(lambda: rig.directory.lookups > lookups)
        await asyncio.sleep(0.05)
        writer.write(SOS)
        await heard(reader, SOS_ANSWER)
        assert rig.log.readings()[-1].resident_id == "r-2"

    behind(work, watch())


def test_one_connection_may_not_name_the_whole_city() -> None:
    names = [f"47001865{n:02}" for n in range(5)]

    async def work(rig: Rig) -> None:
        packets = [b"[3G*%b*0002*LK]" % one.encode() for one in names]
        reader, _ = await rig.call(b"".join(packets))
        assert await is_over(reader) == b"".join(packets[:3])
        await rig.until(lambda: rig.counts["connected"] == 0)
        await rig.until(lambda: rig.log.connections(names[0])[-1] == ("off", "too_many_devices"))

    behind(work, *(watch(one) for one in names), settings=replace(QUICK, max_devices_per_connection=3))


def test_a_device_that_nobody_registered_is_heard_out_counted_and_never_answered_as_kept() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await rig.call(LK, LK)
        await rig.until(lambda: rig.counts["unknown_packets"] == 2)
        assert (rig.counts["unknown_kept"], rig.counts["strangers"]) == (0, 1)
        assert rig.log.records == []
        rig.directory.put(watch())  # and adopted while it is connected
        writer.write(SOS)
        await heard(reader, SOS_ANSWER)
        assert rig.counts["strangers"] == 0
        other, writer = await rig.call(LK.replace(b"47", b"48") * 5)
        assert await is_over(other) == b""

    behind(work, settings=replace(QUICK, max_unknown_packets=4), has_room=False)


def test_a_device_that_nobody_registered_is_answered_once_it_is_kept_and_its_call_is_told() -> None:
    async def work(rig: Rig) -> None:
        reader, _ = await rig.call(SOS)
        await heard(reader, SOS_ANSWER)
        assert [one.frame.payload for one in rig.strangers.held] == [SOS]
        assert [(one.device_id, one.resident_id) for one in rig.log.readings()] == [(WATCH, "")]

    behind(work)


def test_whoever_tries_numbers_one_after_the_other_waits_longer_and_nobody_else() -> None:
    async def work(rig: Rig) -> None:
        for n in range(25):
            _, writer = await rig.call(b"[3G*%010d*0002*LK]" % n)
            writer.close()
        await rig.until(lambda: rig.counts["logins_slowed"] > 0)
        reader, _ = await rig.call(SOS)
        await heard(reader, SOS_ANSWER)

    behind(work, watch(), settings=replace(QUICK, failed_logins=2, slow_login_s=5.0))


def test_nobody_is_read_from_while_too_much_waits_for_the_disk() -> None:
    async def work(rig: Rig) -> None:
        rig.log.hold()
        reader, writer = await rig.call(SOS)
        await rig.until(lambda: rig.counts["received"] == 1)
        for _ in range(3_000):  # what a device would never do
            writer.write(LK)
        await asyncio.sleep(0.3)
        taken = rig.counts["received"]
        assert taken < 3_001
        rig.log.let_go()
        await heard(reader, SOS_ANSWER + 3_000 * LK_ANSWER)
        assert rig.counts["received"] == 3_001

    behind(work, watch(), settings=replace(QUICK, max_pending_bytes=4_000, max_unacked=64, max_unacked_bytes=20_000))


def test_a_flood_of_rubbish_ends_and_a_good_device_beside_it_is_answered() -> None:
    chance = random.Random(20261129)  # noqa: S311 - repeatable, not secret
    packets = [one.payload for codec in (SETRACKER, JTT808) for one in codec.examples]

    async def work(rig: Rig) -> None:
        reader, writer = await rig.call(LK)
        await heard(reader, LK_ANSWER)
        for _ in range(150):
            raw = bytearray(b"".join(chance.sample(packets, 3)))
            for _ in range(chance.randint(1, 8)):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
            _, bad = await rig.call(bytes(raw))
            bad.close()
            writer.write(SOS)
            await heard(reader, SOS_ANSWER)
        await rig.call(LK + b"\xff" * 200_000)
        await rig.until(lambda: rig.counts["malformed"] > 0)
        writer.write(SOS)
        await heard(reader, SOS_ANSWER)
        assert sos_calls(rig) >= 60

    behind(
        work, watch(), settings=replace(QUICK, max_unknown_packets=4, slow_login_s=0.01, max_connections_per_device=50)
    )
