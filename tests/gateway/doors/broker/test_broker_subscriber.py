"""The broker route, through a real Mosquitto."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt import publish
from paho.mqtt.enums import CallbackAPIVersion

from anhu.contract.clock import SystemClock
from anhu.contract.observation import Quality
from gateway.codec import Command
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.broker.subscriber import BrokerSubscriber
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors.broker.broker_route import (
    BACKLOG,
    CODECS,
    FILTERS,
    HEART,
    SESSIONS,
    SOS,
    UP,
    URGENT,
    Route,
    route,
    until,
)
from tests.gateway.doors.mqtt.doors import MemoryCommands, MemoryDirectory, MemoryLog, scalar_value
from tests.gateway.memory_strangers import MemoryStrangers
from tests.services.mosquitto import Mosquitto


@pytest.mark.parametrize("share", ["", "doors"])
def test_a_report_through_the_broker_reaches_the_log(mosquitto: Callable[..., Mosquitto], share: str) -> None:
    async def run() -> None:
        async with route(mosquitto(), share=share) as r:
            await asyncio.to_thread(r.publish, UP, HEART)
            await until(r.log.readings)
            reading = r.log.readings()[0]
            assert (reading.device_id, reading.resident_id) == ("dev-1", "r-dev-1")
            assert reading.observations[0].quality == 0
            await until(lambda: r.subscriber.health()["acknowledged"] == 1)

    asyncio.run(run())


def test_what_waits_for_a_lookup_keeps_its_order(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        broker = mosquitto()
        async with route(broker) as r:
            topics = ["anhu/v1/nobody/up", UP, UP, "watch/VitalSign", UP]
            sent: list[Any] = [
                (t, b'{"v":1,"values":{"heart_rate":%d}}' % (60 + n), 1, False) for n, t in enumerate(topics)
            ]
            await asyncio.to_thread(publish.multiple, sent, hostname=broker.host, port=broker.port)
            await until(lambda: r.subscriber.health()["acknowledged"] == len(topics))
            beats = [(reading.device_id, scalar_value(reading.observations[0])) for reading in r.log.readings()]
            assert beats == [("dev-1", 61.0), ("dev-1", 62.0), ("watch-1", 63.0), ("dev-1", 64.0)]
            await until(lambda: r.strangers.held)
            assert [held.frame.route for held in r.strangers.held] == ["anhu/v1/nobody/up"]

    asyncio.run(run())


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x03\x00\x87\x00", b""])
def test_what_is_no_broker_or_refuses_us_is_asked_again(said: bytes) -> None:
    asked: list[bytes] = []

    async def answer(asks: asyncio.StreamReader, says: asyncio.StreamWriter) -> None:
        asked.append(await asks.read(1_024))
        says.write(said)
        says.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        intake = Intake(CODECS, MemoryLog(), SystemClock())
        subscriber = BrokerSubscriber(
            intake=intake,
            directory=MemoryDirectory(),
            quarantine=Quarantine(intake, MemoryStrangers(), SystemClock()),
            commands=MemoryCommands(),
            clock=SystemClock(),
            settings=BrokerSettings(host=host, port=port, client_id="anhu-test", min_delay_s=1, max_delay_s=1),
        )
        await subscriber.start()
        await until(lambda: sum(b"anhu-test-commands" not in one for one in asked) >= 2)
        assert subscriber.health()["connected"] == 0
        await subscriber.close()
        server.close()

    asyncio.run(run())


def test_a_bound_topic_belongs_to_its_device(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        async with route(mosquitto()) as r:
            await asyncio.to_thread(r.publish, "watch/VitalSign", HEART)
            await until(r.log.readings)
            assert r.log.readings()[0].device_id == "watch-1"

    asyncio.run(run())


def test_a_retained_copy_is_flagged(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        broker = mosquitto()
        publish.single(UP, SOS, qos=1, retain=True, hostname=broker.host, port=broker.port)
        async with route(broker) as r:
            await until(r.log.readings)
            assert r.log.readings()[0].observations[0].quality == Quality.RETAINED

    asyncio.run(run())


def test_a_message_on_another_family_s_topic_is_kept_with_the_reason(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        async with route(mosquitto()) as r:
            await asyncio.to_thread(r.publish, "anhu/v1/watch-1/up", SOS)
            await until(r.log.undecoded)
            kept = r.log.undecoded()[0]
            assert "watch-1's family shared" in kept.reason
            assert (kept.route, kept.payload, kept.resident_id) == ("anhu/v1/watch-1/up", SOS, "")
            await until(lambda: r.subscriber.health()["acknowledged"] == 1)

    asyncio.run(run())


def test_a_stranger_is_quarantined_and_its_call_told_before_the_broker_is_answered(
    mosquitto: Callable[..., Mosquitto],
) -> None:
    async def run() -> None:
        async with route(mosquitto()) as r:
            await asyncio.to_thread(r.publish, "anhu/v1/stranger/urgent", SOS)
            await until(lambda: r.strangers.held)
            held = r.strangers.held[0]
            assert (held.stranger.said, held.stranger.codec, held.is_call) == ("stranger", "open", True)
            (told,) = r.log.readings()
            assert (told.device_id, told.resident_id, told.observations[0].quantity) == ("stranger", "", "sos")
            await until(lambda: r.subscriber.health()["acknowledged"] == 1)

    asyncio.run(run())


@pytest.mark.parametrize("full", [True, False])
def test_what_there_is_no_room_for_does_not_come_for_ever_and_what_failed_does(
    mosquitto: Callable[..., Mosquitto], *, full: bool
) -> None:
    async def run() -> None:
        async with route(mosquitto()) as r:
            r.strangers.full, r.strangers.error = full, None if full else OSError("the database is gone")
            await asyncio.to_thread(r.publish, "anhu/v1/stranger/up", HEART)
            if not full:
                await until(lambda: r.subscriber.health()["log_failures"])
                r.strangers.error = None
                await until(lambda: r.strangers.held)
            await until(lambda: r.subscriber.health()["acknowledged"] == 1)

    asyncio.run(run())


def test_what_the_log_refused_comes_again(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        async with route(mosquitto()) as r:
            r.log.failure = OSError("the disk is gone")
            await asyncio.to_thread(r.publish, UP, SOS)
            await until(lambda: r.subscriber.health()["log_failures"] >= 1)
            assert r.subscriber.health()["acknowledged"] == 0
            r.log.failure = None
            await until(r.log.readings)
            assert r.log.readings()[0].observations[0].quantity == "sos"

    asyncio.run(run())


def test_what_was_not_acknowledged_comes_again_after_a_restart(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        broker = mosquitto()
        async with route(broker) as first:
            first.log.failure = OSError("the disk is gone")
            await asyncio.to_thread(first.publish, UP, SOS)
            await until(lambda: first.subscriber.health()["received"])
        async with route(broker) as second:
            await until(second.log.readings)
            assert len(second.log.readings()) == 1

    asyncio.run(run())


def test_a_call_for_help_waits_behind_nothing_that_the_broker_holds(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        broker = mosquitto("max_inflight_messages 2000\nmax_queued_messages 0")
        async with route(broker):
            pass
        beats = [(UP, HEART, 1, False)] * BACKLOG
        await asyncio.to_thread(
            publish.multiple, [*beats, (URGENT, SOS, 1, False)], hostname=broker.host, port=broker.port
        )
        async with route(broker) as r:
            await until(lambda: r.subscriber.health()["acknowledged"] == BACKLOG + 1, 30.0)
            said = [reading.observations[0].quantity for reading in r.log.readings()]
            assert said.count("sos") == 1
            assert said.index("sos") < BACKLOG // 2
            assert said.count("heart_rate") == BACKLOG

    asyncio.run(run())


def test_a_broker_that_sends_more_than_we_asked_for_waits_while_the_log_is_busy() -> None:
    async def send_all(asks: asyncio.StreamReader, says: asyncio.StreamWriter) -> None:
        await asks.read(1_024)
        says.write(b"\x20\x03\0\0\0")
        if b"/up" in await asks.read(1_024):
            reasons = b"\1" * (FILTERS - 1)
            says.write(bytes((0x90, 3 + len(reasons))) + b"\0\1\0" + reasons)
            body = len(UP).to_bytes(2, "big") + UP.encode() + b"\0\1\0" + HEART
            says.write((b"\x32" + bytes((len(body),)) + body) * BACKLOG)
        await asks.read()
        says.close()

    async def run() -> None:
        server = await asyncio.start_server(send_all, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        made = Route(host, port)
        made.log.hold()
        await made.subscriber.start()
        with pytest.raises(AssertionError, match="in time"):
            await until(lambda: made.subscriber.health()["received"] > BACKLOG * 3 // 4, 1.0)
        made.log.let_go()
        await until(lambda: made.subscriber.health()["acknowledged"] == BACKLOG, 30.0)
        await made.subscriber.close()
        server.close()

    asyncio.run(run())


def test_what_the_log_refused_of_a_call_comes_again_alone(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        async with route(mosquitto()) as r:
            r.log.failure = OSError("the disk is gone")
            await asyncio.to_thread(r.publish, URGENT, SOS)
            await until(lambda: r.subscriber.health()["log_failures"] >= 1)
            r.log.failure = None
            await asyncio.to_thread(r.publish, UP, HEART)
            await until(lambda: r.subscriber.health()["acknowledged"] == 2)
            assert {reading.observations[0].quantity for reading in r.log.readings()} == {"heart_rate", "sos"}
            assert r.subscriber.health()["connected"] > SESSIONS

    asyncio.run(run())


def test_the_broker_may_restart(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        broker = mosquitto()
        async with route(broker) as r:
            await asyncio.to_thread(broker.restart)
            await until(lambda: r.subscriber.health()["connected"] == 2 * SESSIONS)
            await asyncio.to_thread(r.publish, UP, HEART)
            await until(r.log.readings)

    asyncio.run(run())


def test_a_command_goes_through_the_broker_once_somebody_listens(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        broker = mosquitto()
        heard: list[bytes] = []
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda _c, _u, m: heard.append(bytes(m.payload))
        client.connect(broker.host, broker.port)
        client.subscribe("anhu/v1/dev-1/commands", 1)
        client.loop_start()
        try:
            async with route(broker) as r:
                r.commands.waiting.append(("dev-1", Command(name="ask_ok", command_id="c-1")))
                await asyncio.to_thread(r.publish, UP, HEART)
                await until(lambda: heard)
                await until(lambda: r.commands.done == ["c-1"])
                assert b'"ask_ok"' in heard[0]
                assert len(heard) == 1
        finally:
            client.disconnect()
            client.loop_stop()

    asyncio.run(run())
