"""A balancer's word on who is calling: read in both versions, of trusted proxies, in plain and in front of TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from ipaddress import ip_network
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.doors.proxy_protocol import Header, read_header
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

V1 = b"PROXY TCP4 203.0.113.7 10.0.0.1 50000 1883\r\n"
V2 = (
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0f"
    + socket.inet_aton("203.0.113.7")
    + socket.inet_aton("10.0.0.1")
    + b"\xc3\x50\x07\x5b\x04\x00\x00"
)
V2_IPV6 = (
    b"\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x24"
    + socket.inet_pton(socket.AF_INET6, "2001:db8::7")
    + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    + b"\xc3\x50\x07\x5b"
)
CALL = '{"v":1,"events":[{"kind":"sos"}]}'
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"


@pytest.mark.parametrize(
    ("data", "caller"),
    [
        (V1, "203.0.113.7"),
        (V2, "203.0.113.7"),
        (V2_IPV6, "2001:db8::7"),
        (LOCAL, ""),
        (b"PROXY UNKNOWN\r\n", ""),
        (b"PROXY TCP6 2001:db8::7 ::1 1 2\r\n", "2001:db8::7"),
    ],
)
def test_a_header_says_who_is_calling_however_it_is_cut(data: bytes, caller: str) -> None:
    for end in range(1, len(data)):
        assert read_header(data[:end]) is None
    assert read_header(data + b"\x10rest") == Header(caller, len(data))


@pytest.mark.parametrize("said", [spoken.connect(), b"\x16\x03\x01", b"GET / HTTP/1.1"])
def test_what_is_no_header_is_left_as_it_is(said: bytes) -> None:
    assert read_header(said) == Header("", 0)


@pytest.mark.parametrize(
    "said",
    [
        b"PROXY TCP4 nobody 10.0.0.1 1 2\r\n",
        b"PROXY TCP4 203.0.113.7\r\n",
        b"PROXY " + b"x" * 200,
        b"\r\n\r\n\0\r\nQUIT\n\x31\x11\x00\x0c" + b"\0" * 12,
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x02\0\0",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
        "PROXY TCP4 二 1 2 3\r\n".encode(),
    ],
)
def test_what_begins_as_a_header_and_is_none_is_refused(said: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever says so: addresses, letters, lengths
        read_header(said)


# Python 3.11 leaves a TLS socket open to the collector when the other end has closed before the handshake
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize(
    ("trusted", "header", "seen"),
    [
        ("127.0.0.1", V1, "203.0.113.7"),
        ("127.0.0.0/8", V2, "203.0.113.7"),
        ("127.0.0.1", b"", "127.0.0.1"),
        ("10.0.0.1", b"", "127.0.0.1"),
        ("10.0.0.1", V1, None),
    ],
)
def test_the_door_knows_the_caller_behind_a_trusted_proxy(
    tmp_path: Path, trusted: str, header: bytes, seen: str | None, *, secure: bool
) -> None:
    files = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)

    async def live() -> None:
        directory = MemoryDirectory()
        directory.put(device())
        clock = SystemClock()
        server = MqttServer(
            intake=Intake({"open": open_codec()}, MemoryLog(), clock),
            directory=directory,
            commands=MemoryCommands(),
            notes=MemoryNotes(),
            clock=clock,
            listeners=(Listener(port=0, tls=context if secure else None),),
            trusted=(ip_network(trusted),),
        )
        await server.start()
        sock = await asyncio.to_thread(_logged_in, server.ports[0], header, files[0] if secure else None)
        found = {link.wire.address for link in server._links if link.device is not None}
        assert found == ({seen} if seen else set())
        if sock is not None:
            sock.close()
        await server.close()

    asyncio.run(live())


def _logged_in(port: int, header: bytes, trust: Path | None) -> socket.socket | None:
    sock = socket.create_connection(("127.0.0.1", port), timeout=5)
    sock.sendall(header)
    try:
        if trust is not None:
            sock = ssl.create_default_context(cafile=str(trust)).wrap_socket(sock, server_hostname="127.0.0.1")
        sock.sendall(spoken.connect())
        assert sock.recv(4) == bytes.fromhex("20020000")
    except (OSError, AssertionError):
        sock.close()
        return None
    return sock


def test_a_program_that_is_not_ours_speaks_it(tmp_path: Path) -> None:
    """curl's own words, which are those that HAProxy wrote down."""
    log = MemoryLog()

    async def live() -> None:
        directory, clock = MemoryDirectory(), SystemClock()
        directory.put(device())
        server = MqttServer(
            intake=Intake({"open": open_codec()}, log, clock),
            directory=directory,
            commands=MemoryCommands(),
            notes=MemoryNotes(),
            clock=clock,
            listeners=(Listener(port=0),),
            trusted=(ip_network("127.0.0.1"),),
        )
        await server.start()
        called = ["curl", "--silent", "--show-error", "--max-time", "5", "--haproxy-protocol", "-u", f"dev-1:{SECRET}"]
        where = f"mqtt://127.0.0.1:{server.ports[0]}/anhu/v1/dev-1/up"
        done = await asyncio.create_subprocess_exec(*called, "-d", CALL, where, cwd=tmp_path)
        assert await done.wait() == 0
        await server.close()

    asyncio.run(live())
    assert [one.observations[0].quantity for one in log.readings()] == ["sos"]
