"""Connections that say nothing, or too slowly, against a real server."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from anhu.contract.proxies import trusted_networks
from app.http_connections import Connections
from tests.api.world import WITHOUT_TLS


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with how much came."""
    size, more = 0, scope["type"] == "http"
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"%02d" % size})


class Door:
    """The server, its connections, and a clock hand that is turned on by hand."""

    def __init__(self, port: int, connections: Connections, loop: asyncio.AbstractEventLoop) -> None:
        self.port, self.connections, self._loop = port, connections, loop
        self._made: list[socket.socket] = []

    def connect(self, said: bytes = b"") -> socket.socket:
        """Open a connection and say something."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self._made.append(made)
        made.sendall(said)
        return made

    def hang_up(self) -> None:
        """Close what was opened."""
        for one in self._made:
            one.close()

    def pass_s(self, seconds: float) -> None:
        """Look as if so much time had passed, after all that was said arrived."""
        time.sleep(0.05)
        done = threading.Event()

        def look() -> None:
            self.connections.end_slow(self._loop.time() + seconds)
            done.set()

        self._loop.call_soon_threadsafe(look)
        assert done.wait(10)


def is_open(one: socket.socket) -> bool:
    one.settimeout(0.3)
    try:
        return bool(one.recv(1))
    except TimeoutError:
        return True
    except OSError:
        return False


def is_ended(one: socket.socket) -> bool:
    """Whether the other end closes it, however busy the machine is."""
    one.settimeout(10)
    try:
        return one.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@contextmanager
def served(connections: Connections) -> Iterator[Door]:
    config = uvicorn.Config(
        echo,
        host="127.0.0.1",
        port=0,
        log_level="error",
        lifespan="off",
        ws="none",
        http=connections.protocol(),  # type: ignore[arg-type]  # as in the process
    )
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        door = Door(server.servers[0].sockets[0].getsockname()[1], connections, loops[0])
        yield door
        door.hang_up()
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def door() -> Iterator[Door]:
    with served(Connections(most=100, most_per_address=100)) as one:
        yield one


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n"],
    ids=["nothing", "half a line", "half the headers"],
)
def test_who_does_not_ask_is_ended_after_ten_seconds_from_the_beginning(door: Door, said: bytes) -> None:
    one = door.connect(said)
    door.pass_s(9)
    one.sendall(b"x")
    assert is_open(one)
    door.pass_s(11)
    assert is_ended(one)
    assert door.connections.ended["slow"] == 1


def test_a_body_that_drips_is_ended_after_twenty_seconds_however_it_drips(door: Door) -> None:
    one = door.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nab")
    door.pass_s(19)
    one.sendall(b"c")
    assert is_open(one)
    door.pass_s(21)
    assert is_ended(one)


def test_a_whole_request_is_answered_and_its_slow_answer_left_alone(door: Door) -> None:
    one = door.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
    one.settimeout(5)
    assert one.recv(1_000).startswith(b"HTTP/1.1 200")
    one.sendall(b"GET / HT")
    for _ in range(20):  # the answer is here before the server knows that it is sent
        door.pass_s(11)
        if not is_open(one):
            return
    pytest.fail("it is still open")


def test_a_thousand_that_say_nothing_leave_room_for_who_asks() -> None:
    with served(Connections(most=60, most_per_address=20)) as door:
        for _ in range(200):
            door.connect()
        for _ in range(5):
            with httpx.Client(trust_env=False, verify=WITHOUT_TLS) as client:
                assert client.get(f"http://127.0.0.1:{door.port}/").status_code == 200
        assert door.connections.ended["crowded"] >= 180


def test_a_trusted_proxy_may_have_all_there_are() -> None:
    proxied = Connections(most=60, most_per_address=5, trusted=trusted_networks("127.0.0.1"))
    with served(proxied) as door:
        held = [door.connect() for _ in range(40)]
        assert all(is_open(one) for one in held[:3])
        assert proxied.ended["crowded"] == 0
