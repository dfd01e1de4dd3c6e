"""MQTT inside WebSocket: the clients that speak it, and what attackers do to its handshake and its frames."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import paho.mqtt.client as paho
import pytest
import uvloop
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.codec import Command
from gateway.doors.mqtt.server import Listener
from gateway.doors.websocket_entrance import WebSocketEntrance
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import SECRET, Door
from tests.gateway.doors.mqtt.test_other_clients import node_mqtt
from tests.gateway.doors.websocket_client import ACCEPTED, RawWebSocket, masked, request
from tests.gateway.mqtt import spoken
from tests.services.certificate import make_certificate

__all__ = ["node_mqtt"]

HEART = b'{"v":1,"values":{"heart_rate":72}}'
UP, COMMANDS = "anhu/v1/dev-1/up", "anhu/v1/dev-1/commands"
ASK = ("dev-1", Command(name="ask_ok", command_id="c-1"))
BINARY, CLOSE, PONG = 0x82, 0x88, 0x8A


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    factory: Callable[[], asyncio.AbstractEventLoop] = request.param
    return factory


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("wss"))


@pytest.fixture
def listeners(certificate: tuple[Path, Path]) -> tuple[Listener, ...]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return Listener(port=0, is_websocket=True), Listener(port=0, tls=context, is_websocket=True), Listener(port=0)


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
@pytest.mark.parametrize("version", [paho.MQTTv31, paho.MQTTv311, paho.MQTTv5])
def test_paho_publishes_and_hears(door: Door, certificate: tuple[Path, Path], version: int, *, secure: bool) -> None:
    client = paho.Client(
        CallbackAPIVersion.VERSION2, "w1", protocol=MQTTProtocolVersion(version), transport="websockets"
    )
    client.username_pw_set("dev-1", SECRET)
    if secure:
        client.tls_set(str(certificate[0]))
    heard: list[bytes] = []
    client.on_message = lambda _c, _u, message: heard.append(bytes(message.payload))
    client.on_connect = lambda c, *_: c.subscribe(COMMANDS, 1)
    door.commands.waiting.append(ASK)
    client.connect("127.0.0.1", door.server.ports[1 if secure else 0])
    client.loop_start()
    until(lambda: heard)
    for qos in (0, 1, 2):
        client.publish(UP, HEART, qos=qos).wait_for_publish(5)
    client.publish(UP, HEART[:-1] + b" " * 300_000 + b"}", qos=1).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()
    assert json.loads(heard[0])["id"] == "c-1"
    until(lambda: len(door.log.readings()) == 4)
    until(lambda: door.log.connections()[-1:] == [("off", "disconnected")])


@pytest.mark.parametrize("protocol", ["ws", "wss"])
@pytest.mark.parametrize("version", ["4", "5"])
def test_the_node_client_publishes_and_hears(
    door: Door, certificate: tuple[Path, Path], node_mqtt: Path, version: str, protocol: str
) -> None:
    door.commands.waiting.append(ASK)
    port = door.server.ports[0 if protocol == "ws" else 1]
    own = {"NODE_MQTT_FOLDER": str(node_mqtt), "NODE_MQTT_PROTOCOL": protocol, "NODE_MQTT_CA": str(certificate[0])}
    program = [str(Path(__file__).with_name("node_client.mjs")), str(port), version, "2"]
    done = subprocess.run(["node", *program], check=True, timeout=30, capture_output=True, env={**os.environ, **own})
    assert json.loads(json.loads(done.stdout)["command"])["id"] == "c-1"
    until(lambda: len(door.log.readings()) == 1)


def test_the_answer_is_the_standards_own(door: Door) -> None:
    with RawWebSocket(door.port) as client:
        answer = client.shake_hands().decode()
    assert answer.startswith("HTTP/1.1 101 ")
    assert f"Sec-WebSocket-Accept: {ACCEPTED}\r\n" in answer
    assert "Sec-WebSocket-Protocol: mqtt\r\n" in answer


def test_one_packet_in_many_fragments_with_pings_between(door: Door) -> None:
    with RawWebSocket(door.port) as client:
        client.shake_hands()
        client.say(spoken.connect())
        assert client.hear() == (BINARY, bytes.fromhex("20020000"))
        client.send(masked(b""))  # legal, and no part of any packet
        packet = spoken.publish(UP, HEART)
        for i, byte in enumerate(packet):
            client.send(masked(bytes([byte]), 2 if i == 0 else 0, is_last=i == len(packet) - 1))
            if i == 5:
                client.send(masked(b"are you there", 9))
                assert client.hear() == (PONG, b"are you there")
        assert client.hear() == (BINARY, bytes.fromhex("40020001"))


def test_a_request_byte_by_byte_with_connect_behind_it_in_one_segment(door: Door) -> None:
    with RawWebSocket(door.port) as client:
        whole = request() + masked(spoken.connect()) + masked(spoken.publish(UP, HEART))
        for byte in whole[:40]:
            client.send(bytes([byte]))
        client.send(whole[40:])
        assert b" 101 " in client.head()
        heard = b""
        while len(heard) < 8:
            heard += client.hear()[1]
        assert heard == bytes.fromhex("2002000040020001")


def test_a_client_that_says_goodbye_is_answered_first(door: Door) -> None:
    with RawWebSocket(door.port) as client:
        client.shake_hands()
        client.say(spoken.connect())
        client.hear()
        client.send(masked(spoken.publish(UP, HEART)) + masked(b"\x03\xe8", 8))
        assert client.hear() == (BINARY, bytes.fromhex("40020001"))
        assert client.hear() == (CLOSE, b"\x03\xe8")
    until(lambda: door.log.connections()[-1:] == [("off", "vanished")])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("/elsewhere"), b"404"),
        (request(method="POST"), b"405"),
        (request(Upgrade=None), b"426"),
        (request(Connection="close"), b"426"),
        (request(Sec_WebSocket_Version="8"), b"426"),
        (request(Sec_WebSocket_Key="c2hvcnQ="), b"400"),
        (request(Sec_WebSocket_Key=None), b"400"),
        (request(Sec_WebSocket_Protocol="soap, wamp"), b"400"),
        (request(Content_Length="5"), b"400"),
        (request(X="x" * 9_000), b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (spoken.connect() + b"\r\n\r\n", b"400"),
        (b"GET /mqtt HTTP/1.1\r\n" + b"A: b\r\n" * 2_000, b"400"),
    ],
    ids=lambda value: value.decode() if len(value) == 3 else "",
)
def test_what_begins_no_websocket_is_told_so_and_closed(door: Door, sent: bytes, status: bytes) -> None:
    with RawWebSocket(door.port) as client:
        client.send(sent)
        assert client.head().startswith(b"HTTP/1.1 " + status)
        until(lambda: door.call(door.server.health)["connected"] == 0)
    assert door.call(door.server.health)["websockets_refused"] == 1


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x82\x02\xc0\x00", 1002),
        (masked(b"text", 1), 1003),
        (masked(b"", is_last=False) + masked(b"", 0, is_last=False) * 100, 1008),
        (masked(b"", 3), 1002),
    ],
    ids=["not masked", "text", "endless empty fragments", "unknown"],
)
def test_a_broken_frame_ends_the_connection_with_its_reason_and_harms_nobody(
    door: Door, sent: bytes, code: int
) -> None:
    with RawWebSocket(door.port) as client, RawWebSocket(door.port) as other:
        for one, name in ((client, "c1"), (other, "c2")):
            one.shake_hands()
            one.say(spoken.connect(client_id=name))
            one.hear()
        client.send(sent)
        assert client.hear() == (CLOSE, code.to_bytes(2, "big"))
        assert client.hear() == (0, b"")
        other.say(spoken.publish(UP, HEART))
        assert other.hear() == (BINARY, bytes.fromhex("40020001"))


def test_a_message_in_front_of_a_broken_frame_of_the_same_segment_is_kept(door: Door) -> None:
    with RawWebSocket(door.server.ports[0]) as client:
        client.shake_hands()
        client.say(spoken.connect())
        assert client.hear() == (BINARY, bytes.fromhex("20020000"))
        client.send(masked(spoken.publish(UP, b'{"v":1,"events":[{"kind":"sos"}]}')) + b"\xf2\x00")
        heard = [client.hear()]
        while heard[-1][0] not in (CLOSE, 0):
            heard.append(client.hear())
        assert heard[-1] == (CLOSE, (1002).to_bytes(2, "big"))
        until(lambda: [r.observations[0].quantity for r in door.log.readings()] == ["sos"])


def test_a_frame_of_a_terabyte_keeps_to_the_limit_of_a_packet(door: Door) -> None:
    with RawWebSocket(door.port) as client:
        client.shake_hands()
        client.send(bytes((0x82, 0xFF)) + (1 << 40).to_bytes(8, "big") + bytes(4) + spoken.connect())
        assert client.hear()[1] == bytes.fromhex("20020000")
        client.send(bytes.fromhex("30ffffff7f") + spoken.text(UP) + b"x" * 200_000)
        time.sleep(0.2)
        [link] = door.call(lambda: list(door.server._links))
        assert door.call(lambda: len(link.wire.core._splitter._buffer)) < 100_000


def test_slow_headers_end_with_the_time_for_a_log_in(door: Door) -> None:
    with RawWebSocket(door.port) as client:
        client.send(request()[:60])
        until(lambda: door.call(door.server.health)["strangers"] == 1)
        began_s = door.call(door.server.shared.now_s)
        client.send(b"x")
        time.sleep(0.05)
        door.call(lambda: door.server.silence.sweep(began_s + 10.5))
        assert client.hear() == (0, b"")
    assert door.call(door.server.health)["silent_closed"] == 1


def test_whoever_shakes_hands_and_pings_for_ever_is_still_a_stranger(door: Door) -> None:
    with RawWebSocket(door.port) as client:
        client.shake_hands()
        began_s = door.call(door.server.shared.now_s)
        client.send(masked(b"", 9) * 1_000)
        assert client.hear() == (PONG, b"")
        door.call(lambda: door.server.silence.sweep(began_s + 10.5))
        time.sleep(0.05)
    until(lambda: door.call(door.server.health)["strangers"] == 0)
    assert door.call(door.server.health)["silent_closed"] == 1


def test_a_proxy_is_believed_about_the_caller_and_nobody_else_is() -> None:
    trusted = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))

    def told(header: str, networks: tuple[object, ...]) -> str:
        entrance = WebSocketEntrance(asyncio.Protocol(), networks, lambda: None)  # type: ignore[arg-type]
        entrance.connection_made(_Peer())
        entrance.data_received(request(X_Forwarded_For=header))
        return str(entrance._transport.get_extra_info("peername")[0])

    assert told("198.51.100.7, 203.0.113.9, 10.0.0.5", trusted) == "203.0.113.9"
    assert told("198.51.100.7", ()) == "127.0.0.1"
    assert told("nonsense", trusted) == "127.0.0.1"
    assert told("10.0.0.5", trusted) == "127.0.0.1"


class _Peer(asyncio.Transport):
    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 5) if name == "peername" else default

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert data.startswith(b"HTTP/1.1 101 ")  # type: ignore[union-attr]
