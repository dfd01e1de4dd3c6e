"""How connections end: a client that has said all is answered, and one that is turned away can read why."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from anhu.contract.words import text
from gateway.doors.mqtt import server
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import SECRET, Door
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken

UP = "anhu/v1/dev-1/up"
CALL = b'{"v":1,"events":[{"kind":"sos"}]}'


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    factory: Callable[[], asyncio.AbstractEventLoop] = request.param
    return factory


def _everything(port: int, data: bytes) -> bytes:
    """Send, say that no more comes, and return all that is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while more := line.recv(65_536):
            answer += more
        return answer


@pytest.mark.parametrize("version", [3, 4, 5])
def test_a_client_that_closed_its_half_is_answered(door: Door, version: int) -> None:
    call = spoken.connect(version) + spoken.publish(UP, CALL, version=version, packet_id=7)
    assert _everything(door.port, call).endswith(bytes.fromhex("40020007"))
    assert len(door.log.readings()) == 1
    until(lambda: door.log.connections()[-1:] == [("off", "vanished")])


def test_the_answer_of_a_half_closed_client_waits_for_the_log(door: Door) -> None:
    door.call(door.log.hold)
    with socket.create_connection(("127.0.0.1", door.port), timeout=5) as line:
        line.sendall(spoken.connect() + spoken.publish(UP, CALL, packet_id=7))
        line.shutdown(socket.SHUT_WR)
        until(lambda: door.call(door.server.health)["received"] == 1)
        door.call(door.log.let_go)
        answer = b""
        while more := line.recv(65_536):
            answer += more
    assert answer.endswith(bytes.fromhex("40020007"))


def test_a_half_closed_stranger_is_let_go(door: Door) -> None:
    assert _everything(door.port, b"\x10") == b""
    refused = _everything(door.port, spoken.connect(password=b"wrong"))
    assert refused == bytes.fromhex("20020004")
    until(lambda: door.call(door.server.health)["connected"] == 0)


def test_a_client_in_the_middle_of_a_packet_reads_why_it_is_closed(door: Door) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=5) as line:
        line.sendall(spoken.connect(5, password=SECRET.encode()))
        assert line.recv(200)[0] == 0x20
        line.sendall(spoken.publish("a/#", b"", version=5) + b"\x30\xff\xff\x7f" + b"x" * 200_000)
        answer = b""
        while more := line.recv(65_536):  # a reset would raise
            answer += more
    assert answer[:3:2] == b"\xe0\x90"


@pytest.mark.parametrize("version", [3, 4])
def test_a_client_without_words_for_it_reads_a_plain_end(door: Door, version: int) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=5) as line:
        line.sendall(spoken.connect(version) + spoken.publish("a/#", b"", version=version) + b"x" * 200_000)
        answer = b""
        while more := line.recv(65_536):
            answer += more
    assert answer == bytes.fromhex("20020000")


def test_every_reason_of_an_end_has_words() -> None:
    door = Path(server.__file__).parent
    code = "".join(file.read_text() for file in (*door.glob("*.py"), door.parent / "left_behind.py"))
    said = set(re.findall(r'(?:shut\(|ended_by = |"off", |\.close\(Reason.*, )"(\w+)"', code))
    assert said >= {"vanished", "keep_alive", "taken_over", "protocol_error", "log_refused", "revoked", "gateway_ended"}
    nobodys = {"refused", "server_closing", "crowded_out"}  # strangers' ends, and our own, which no event tells
    for reason in said - nobodys:
        assert text(f"web.ended.{reason}", "en") != text(f"web.ended.{reason}", "zh-CN")


def test_a_client_that_never_closes_is_closed(door: Door) -> None:
    with Raw(door.port, 5) as client:
        client.login()
        client.send(spoken.publish("a/#", b"", version=5))
        assert client.read()[0] == 0xE0
        assert client.read() == b""
        until(lambda: door.call(door.server.health)["connected"] == 0)
