"""What devices send: twice, out of order, a day late, ten times as much, nonsense; from connections that flap."""

from __future__ import annotations

import asyncio
import json
import time

from tests.faults.doctor import taken
from tests.faults.fault import Fault
from tests.faults.ledger import POISONED, Call
from tests.faults.setup import Setup
from tests.faults.world import World

_DAY_MS = 86_400_000
_LATE = 150
_BURST_S = 60.0
_DRAINED_WITHIN_S = 30.0
_NOT_BEHIND_S = 20.0


async def _twice_and_out_of_order(world: World) -> None:
    walker = world.rng.choice(world.walkers)
    now_ms = time.time_ns() // 1_000_000
    payloads = [await walker.report({"respiration_rate": 16.0}, at_ms=now_ms - 60_000 + n * 200) for n in range(100)]
    again = payloads * 2
    world.rng.shuffle(again)
    for payload in again:
        await walker.say_again(payload)


async def _a_day_late(world: World) -> None:
    """Empty the buffers of devices that were cut off for a day; a fresh call for help comes in the middle."""
    await world.recovers()  # else the start of what was killed before would be timed
    begin_ms = time.time_ns() // 1_000_000 - _DAY_MS
    call: Call | None = None
    for number in range(_LATE):
        for walker in world.walkers:
            at_ms = begin_ms + number * _DAY_MS // _LATE
            await walker.report({"heart_rate": 70.0 + number % 10, "spo2": 96}, at_ms=at_ms)
        if number == _LATE // 2:
            call = await world.callers.call_for_help()
    await _is_not_behind(call, "a day's backlog", world)


async def _is_not_behind(call: Call | None, what: str, world: World) -> None:
    """Check that a call for help made in the middle of much else did not wait for all of it."""
    assert call is not None
    await world.until(lambda: world.callers.paged(call), f"a call for help is not queued behind {what}", _NOT_BEHIND_S)
    page = next(page for page in world.callers.pages(call) if taken(page))
    world.ledger.note(f"call for help amid {what}, page after s", page.at_s - call.sent_s)


async def _ten_times_as_much(world: World) -> None:
    """Report ten times as much for a minute, a call for help in its middle; what is left is stored within seconds."""
    end_s = time.monotonic() + _BURST_S
    call: Call | None = None
    while time.monotonic() < end_s:
        for walker in world.walkers:
            for _ in range(5):
                await walker.report({"heart_rate": world.rng.randint(62, 88)})
        if call is None and time.monotonic() > end_s - _BURST_S / 2:
            call = await world.callers.call_for_help()
        await asyncio.sleep(0.02)
    await _is_not_behind(call, "a burst", world)
    began_s = time.monotonic()
    await world.until(
        lambda: world.insides.behind_bytes().get("ingest", 1) < 20_000, "the burst is stored", _DRAINED_WITHIN_S
    )
    world.ledger.note("a minute's burst drained in s", time.monotonic() - began_s)


async def _nonsense(world: World) -> None:
    """Send what no device should; whatever of it is acknowledged must be found in the dead letters."""
    walker = world.rng.choice(world.walkers)
    for payload in _poison(world):
        world.ledger.poison.add(payload)
        await walker.say_raw(payload)
    await world.callers.call_for_help()


def _poison(world: World) -> list[bytes]:
    mark = world.rng.randbytes(8).hex()  # each is one of a kind, so that each can be found again
    far_ms = 9_999_999_999_999

    def said(**more: object) -> bytes:
        return json.dumps({"v": 1, "mark": mark} | more).encode()

    return [
        world.rng.randbytes(world.rng.randint(1, 4_000)),
        b"[" * 100_000 + mark.encode(),
        f'{{"v":1,"values":{{"{POISONED}":NaN}},"mark":"{mark}"}}'.encode(),
        f'{{"v":1,"values":{{"{POISONED}":Infinity,"mark":"{mark}"}}}}'.encode(),
        f'{{"v":1,"values":{{"{POISONED}":1e999,"mark":{int(mark, 16)}}}}}'.encode(),
        said(values={POISONED: "many"}),
        said(values=[97]),
        json.dumps({"v": 1, "time": far_ms, "values": {POISONED: 36.6}, "x": mark}).encode(),
        json.dumps({"v": 1, "time": mark, "values": {POISONED: 36.6}}).encode(),
        json.dumps({"v": 1, "values": {mark: 97}}).encode(),
        json.dumps({"v": 2, "values": {POISONED: 36.6}, "x": mark}).encode(),
        b"\xff\xfe" + mark.encode(),
        b" " * 900_000 + mark.encode(),
    ]


async def _flapping(world: World) -> None:
    for _ in range(40):
        await world.rng.choice(world.walkers).flap()
        await asyncio.sleep(0.05)


async def _far_too_long(world: World) -> None:
    """Have a registered device send 10 MB again and again: its own connection may end for it, and nobody else's."""
    sender = world.callers.throwaway_sender()
    await sender.say_raw(b" " * 10_000_000)
    await world.callers.call_for_help()
    await asyncio.sleep(2.0)
    await sender.stop()


async def _strangers(world: World) -> None:
    """Let raw clients in who are not registered, send 10 MB, speak no MQTT, or publish for another device."""
    port = world.wires.device_cable.port
    for first in (
        b"GET / HTTP/1.1\r\n\r\n",
        world.rng.randbytes(500),
        b"\x10\xff\xff\xff\x7f",
        b"\x30" + bytes(10_000_000),
    ):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(first)
            await asyncio.wait_for(writer.drain(), 5.0)
        except (OSError, TimeoutError):
            continue
        finally:
            writer.transport.abort()


def _door(setup: Setup) -> bool:
    return setup.route == "door"


FAULTS = (
    Fault("duplicates and disorder", _twice_and_out_of_order),
    Fault("a day's backlog of every device", _a_day_late),
    Fault("ten times as much for a minute", _ten_times_as_much, takes_minutes=True),
    Fault("poison payloads", _nonsense),
    Fault("10 MB from a registered device", _far_too_long),
    Fault("flapping connections", _flapping),
    Fault("strangers at the door", _strangers, _door),
)
