"""Attackers of the pages' door, one of each kind: what each does until it is told to stop."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context

import httpx

HttpAttack = Callable[[int, str, float], None]
"""Attacks a port, with a stolen token, until a time of `time.monotonic`. [s]"""
_PATIENCE_S = 120.0


def _posting(port: int, bodies: Iterator[object], until_s: float) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=_PATIENCE_S) as client:
        while time.monotonic() < until_s:
            with suppress(httpx.HTTPError):
                client.post("/api/v1/login", json=next(bodies))


def _at_once(port: int, count: int, bodies: Callable[[int], Iterator[object]], until_s: float) -> None:
    with ThreadPoolExecutor(count) as crowd:
        list(crowd.map(lambda number: _posting(port, bodies(number), until_s), range(count)))


def log_ins(port: int, _token: str, until_s: float) -> None:
    """Try a hundred logins at once, again and again, each with a name of its own."""

    def bodies(number: int) -> Iterator[object]:
        tried = 0
        while True:
            tried += 1
            yield {"login": f"name-{number}-{tried}", "password": "wrong-horse-1"}

    _at_once(port, 100, bodies, until_s)


def key_bombs(port: int, _token: str, until_s: float) -> None:
    """Send logins of 90,000 fields, five at once."""
    bomb = {str(number): 1 for number in range(90_000)}

    def bodies(_number: int) -> Iterator[object]:
        while True:
            yield bomb

    _at_once(port, 5, bodies, until_s)


def _held_open(port: int, count: int, said: bytes, drip: bytes, until_s: float) -> None:
    """Keep so many connections open that say something and then, each second, a little more; come back when closed."""
    with ExitStack() as stack:
        held: list[socket.socket] = []
        while time.monotonic() < until_s:
            for _ in range(count - len(held)):
                with suppress(OSError):
                    one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=2))
                    one.sendall(said)
                    held.append(one)
            time.sleep(1)
            held = [one for one in held if _said(one, drip)]


def _said(one: socket.socket, drip: bytes) -> bool:
    """Say a little more; False where the connection was closed."""
    one.settimeout(0.0)
    try:
        with suppress(BlockingIOError):
            if one.recv(4_096) == b"":
                return False
        one.sendall(drip)
    except OSError:
        return False
    return True


def idle_sockets(port: int, _token: str, until_s: float) -> None:
    """Hold 1,000 connections open that say nothing."""
    _held_open(port, 1_000, b"", b"", until_s)


def slow_bodies(port: int, _token: str, until_s: float) -> None:
    """Hold 1,000 logins open whose body drips."""
    head = b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
    _held_open(port, 1_000, head, b" ", until_s)


def streams(port: int, token: str, until_s: float) -> None:
    """Listen 300 times with one stolen token."""
    asks = b"GET /api/v1/alerts/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n"
    _held_open(port, 300, asks, b"", until_s)


def readers(port: int, token: str, until_s: float) -> None:
    """Ask for the residents without a pause, 24 at once, with one stolen token: each is a row of the audit."""

    def ask(_number: int) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, headers=headers, timeout=30) as client:
            while time.monotonic() < until_s:
                with suppress(httpx.HTTPError):
                    client.get("/api/v1/residents")

    with ThreadPoolExecutor(24) as crowd:
        list(crowd.map(ask, range(24)))


HTTP_ATTACKS: Mapping[str, HttpAttack] = {
    "100 log-ins at once": log_ins,
    "90,000 fields in a log-in": key_bombs,
    "1,000 idle sockets": idle_sockets,
    "1,000 slow bodies": slow_bodies,
    "300 streams of one token": streams,
    "24 readers of one token": readers,
}


def _attack(name: str, port: int, token: str, seconds: float) -> None:
    HTTP_ATTACKS[name](port, token, time.monotonic() + seconds)


@contextmanager
def attacking_pages(name: str, port: int, token: str, seconds: float) -> Iterator[None]:
    """Have the pages attacked during the block, by a process of its own."""
    process = get_context("spawn").Process(target=_attack, args=(name, port, token, seconds), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()
