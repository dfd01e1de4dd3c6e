"""PUBACK means on disk: it waits for the LOG, comes in order, and never comes when the LOG refuses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest
import uvloop

from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken

HEART = b'{"v":1,"values":{"heart_rate":72}}'
UP = "anhu/v1/dev-1/up"


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    factory: Callable[[], asyncio.AbstractEventLoop] = request.param
    return factory


@pytest.mark.parametrize(("qos", "answer"), [(1, "40020007"), (2, "50020007")])
def test_the_answer_waits_for_the_log(door: Door, qos: int, answer: str) -> None:
    door.call(door.log.hold)
    with Raw(door.port) as client:
        client.login()
        client.send(spoken.publish(UP, HEART, qos=qos, packet_id=7))
        assert client.quiet()
        client.send(spoken.PINGREQ)
        assert client.read() == b"\xd0\x00"  # the connection is alive meanwhile
        door.call(door.log.let_go)
        assert client.read() == bytes.fromhex(answer)
        assert len(door.log.readings()) == 1


def test_answers_come_in_order_and_in_one_write(door: Door) -> None:
    door.call(door.log.hold)
    with Raw(door.port) as client:
        client.login()
        client.send(b"".join(spoken.publish(UP, HEART, packet_id=i) for i in range(1, 101)))
        until(lambda: door.call(door.server.health)["received"] == 100)
        door.call(door.log.let_go)
        assert [client.read() for _ in range(100)] == [b"\x40\x02" + i.to_bytes(2, "big") for i in range(1, 101)]


@pytest.mark.parametrize(("version", "last"), [(4, b""), (5, b"\xe0\x97")])
@pytest.mark.parametrize("qos", [1, 2])
def test_a_failing_log_closes_the_connection_and_the_device_sends_again(
    door: Door, version: int, last: bytes, qos: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    door.log.failure = OSError("no space")
    expiry = b"\x11\x00\x00\x00\x3c" if version == 5 else b""
    with Raw(door.port, version) as client:
        client.login(clean=False, properties=expiry)
        client.send(spoken.publish(UP, HEART, version=version, qos=qos, packet_id=7))
        assert client.read()[:3:2] == last
        assert client.read() == b""
    door.log.failure = None
    with Raw(door.port, version) as client:
        assert client.login(clean=False, properties=expiry)[2] == 1
        client.send(spoken.publish(UP, HEART, version=version, qos=qos, packet_id=7, dup=True))
        assert client.read()[2:4] == b"\x00\x07"
    assert len(door.log.readings()) == 1


def test_qos_2_that_came_before_a_lost_connection_is_not_stored_twice(door: Door) -> None:
    door.call(door.log.hold)
    with Raw(door.port) as client:
        client.login(clean=False)
        client.send(spoken.publish(UP, HEART, qos=2, packet_id=7))
        until(lambda: door.call(door.server.health)["received"] == 1)
    with Raw(door.port) as client:
        client.login(clean=False)
        client.send(spoken.publish(UP, HEART, qos=2, packet_id=7, dup=True))
        assert client.quiet()
        door.call(door.log.let_go)
        assert client.read() == bytes.fromhex("50020007")
        client.send(spoken.pubrel(7))
        assert client.read() == bytes.fromhex("70020007")
    assert len(door.log.readings()) == 1


def test_a_client_with_too_much_on_its_way_is_not_read_from(door: Door) -> None:
    door.call(door.log.hold)
    big = b'{"v":1,"values":{"heart_rate":72}' + b" " * 100_000 + b"}"
    with Raw(door.port) as client:
        client.login()
        client.send(spoken.publish(UP, big, packet_id=1) * 3)
        until(lambda: door.call(door.server.health)["received"] == 3)
        client.send(spoken.publish(UP, HEART, packet_id=2))
        assert client.quiet()
        assert door.call(door.server.health)["received"] == 3
        door.call(door.log.let_go)
        assert [client.read() for _ in range(4)][-1] == bytes.fromhex("40020002")


def test_what_cannot_be_decoded_is_acknowledged_and_kept(door: Door) -> None:
    with Raw(door.port) as client:
        client.login()
        client.send(spoken.publish(UP, b"\xff\xfe?", packet_id=7))
        assert client.read() == bytes.fromhex("40020007")
    assert door.log.undecoded()[0].payload == b"\xff\xfe?"


def test_closing_answers_what_is_on_its_way(door: Door) -> None:
    with Raw(door.port, 5) as client:
        client.login()
        client.send(spoken.publish(UP, HEART, version=5, packet_id=7))
        until(lambda: door.call(door.server.health)["received"] == 1)
        door.run(door.server.close())
        assert client.read() == bytes.fromhex("40020007")
        assert client.read()[:3] == bytes.fromhex("e0028b")
        assert client.read() == b""
    assert door.log.connections() == [("on", "connected")]


def test_a_device_that_we_do_not_read_from_is_not_silent(door: Door) -> None:
    door.call(door.log.hold)
    big = b'{"v":1,"values":{"heart_rate":72}' + b" " * 300_000 + b"}"
    with Raw(door.port) as client:
        client.login(keep_alive_s=5)
        client.send(spoken.publish(UP, big, packet_id=1))
        until(lambda: door.call(door.server.health)["received"] == 1)
        now_s = door.call(door.server.shared.now_s)
        door.call(lambda: door.server.silence.sweep(now_s + 1_000))
        door.call(door.log.let_go)
        assert client.read() == bytes.fromhex("40020001")
