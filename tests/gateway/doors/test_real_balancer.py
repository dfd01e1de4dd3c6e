"""A real HAProxy before the door: devices are told apart by their own addresses, not by the balancer's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from ipaddress import ip_network
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.intake import Intake
from tests.gateway.doors.mqtt.doors import (
    SECRET,
    MemoryCommands,
    MemoryDirectory,
    MemoryLog,
    MemoryNotes,
    device,
    open_codec,
)
from tests.gateway.mqtt import spoken
from tests.services.certificate import make_certificate
from tests.services.haproxy import HAProxy

ACCEPTED = bytes.fromhex("20020000")
DEVICE, STRANGER = "127.0.9.9", "127.0.9.10"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return make_certificate(tmp_path)


def _server(tls: ssl.SSLContext | None) -> MqttServer:
    directory, clock = MemoryDirectory(), SystemClock()
    directory.put(device())
    return MqttServer(
        intake=Intake({"open": open_codec()}, MemoryLog(), clock),
        directory=directory,
        commands=MemoryCommands(),
        notes=MemoryNotes(),
        clock=clock,
        listeners=(Listener(port=0, tls=tls),),
        trusted=(ip_network("127.0.0.1"),),
    )


def _say(port: int, address: str, secret: bytes, trust: Path | None) -> tuple[socket.socket, bytes]:
    sock = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(address, 0))
    if trust is not None:
        sock = ssl.create_default_context(cafile=str(trust)).wrap_socket(sock, server_hostname="127.0.0.1")
    sock.sendall(spoken.connect(password=secret))
    return sock, sock.recv(4)


@pytest.mark.parametrize("word", ["send-proxy", "send-proxy-v2"])
@pytest.mark.parametrize("tls", ["none", "at the balancer", "at the door"])
def test_a_balancer_is_not_taken_for_the_devices_behind_it(
    tmp_path: Path, certificate: tuple[Path, Path], word: str, tls: str
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(file.read_bytes() for file in certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    trust = None if tls == "none" else certificate[0]

    async def live() -> None:
        server = _server(context if tls == "at the door" else None)
        await server.start()
        bind = f"ssl crt {both}" if tls == "at the balancer" else ""
        with HAProxy(tmp_path, server.ports[0], server=word, bind=bind) as balancer:
            for _ in range(11):
                stranger, answer = await asyncio.to_thread(_say, balancer.port, STRANGER, b"wrong", trust)
                assert answer != ACCEPTED
                stranger.close()
            sock, answer = await asyncio.to_thread(_say, balancer.port, DEVICE, SECRET.encode(), trust)
            assert answer == ACCEPTED
            assert {link.wire.address for link in server._links if link.device is not None} == {DEVICE}
            sock.close()
        await server.close()

    asyncio.run(live())
