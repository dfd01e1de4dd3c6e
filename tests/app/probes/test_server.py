"""The probes' HTTP server against real clients, good and bad."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import httpx
import pytest

from app.probes import server as probe_server
from app.probes.server import Answer, ProbeServer, said

HOST = "127.0.0.1"


def broken() -> Answer:
    raise ValueError("a secret address")


def serve(talk: Callable[[ProbeServer], Awaitable[None]]) -> None:
    async def run() -> None:
        server = ProbeServer(HOST, 0, {"/healthz": lambda: said(HTTPStatus.OK, "more"), "/broken": broken})
        await server.start()
        try:
            await asyncio.wait_for(talk(server), 30)
        finally:
            await asyncio.wait_for(server.close(), 10)

    asyncio.run(run())


async def raw(server: ProbeServer, said: bytes) -> bytes:
    """Say something and return everything that is answered until the end."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(said)
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def test_a_client_is_answered_and_the_connection_ended() -> None:
    async def talk(server: ProbeServer) -> None:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{server.port}") as client:
            for _ in range(3):
                answer = await client.get("/healthz?verbose=1")
                assert (answer.status_code, answer.text) == (200, "OK\nmore\n")
                assert answer.headers["connection"] == "close"
            head = await client.head("/healthz")
            assert (head.status_code, head.text) == (200, "")
            assert (await client.get("/")).status_code == HTTPStatus.NOT_FOUND
            assert (await client.post("/healthz")).status_code == HTTPStatus.METHOD_NOT_ALLOWED

    serve(talk)


def test_what_breaks_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    async def talk(server: ProbeServer) -> None:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{server.port}") as client:
            answer = await client.get("/broken")
            assert (answer.status_code, answer.text) == (500, "Internal Server Error\n")

    serve(talk)
    assert "could not be answered" in caplog.text


@pytest.mark.parametrize("junk", [b"hello\r\n\r\n", b"GET /healthz\r\n\r\n", b"\xff\xfe / HTTP/9\r\n\r\n"])
def test_what_is_no_question_is_refused(junk: bytes) -> None:
    async def talk(server: ProbeServer) -> None:
        assert (await raw(server, junk)).startswith(b"HTTP/1.1 400 ")

    serve(talk)


def test_a_head_that_does_not_end_is_cut() -> None:
    async def talk(server: ProbeServer) -> None:
        assert await raw(server, b"GET /healthz HTTP/1.1\r\nx: " + b"y" * 100_000) == b""

    serve(talk)


def test_who_says_nothing_is_put_out_and_the_next_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_server, "_QUESTION_S", 0.05)

    async def talk(server: ProbeServer) -> None:
        assert await raw(server, b"GET /healthz HTTP/1.1\r\n") == b""
        assert b"200 OK" in await raw(server, b"GET /healthz HTTP/1.1\r\n\r\n")

    serve(talk)


def test_a_crowd_is_turned_away_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_server, "_MOST_CALLERS", 2)

    async def talk(server: ProbeServer) -> None:
        held = [await asyncio.open_connection(HOST, server.port) for _ in range(2)]
        await asyncio.sleep(0)
        assert await raw(server, b"GET /healthz HTTP/1.1\r\n\r\n") == b""
        assert server.turned_away == 1
        for _, writer in held:
            writer.close()

    serve(talk)
