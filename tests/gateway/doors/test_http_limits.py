"""The HTTP push door reads requests as they come: long, slow, broken, in pieces, over TLS."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from gateway.doors.http.server import HttpListener
from gateway.doors.http.settings import HttpSettings
from tests.gateway.doors.push_bytes import HEART, SOS, bytes_of, exchange, statuses
from tests.gateway.doors.push_door import Rig, behind
from tests.gateway.doors.toy_push import PATH, request
from tests.services.certificate import make_certificate

FAST: dict[str, Any] = {"products_poll_s": 0.05, "directory_poll_s": 0.05}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_requests_in_one_piece_are_answered_one_after_the_other() -> None:
    async def work(rig: Rig) -> None:
        answer = await exchange(rig.port, bytes_of(HEART) * 3)
        assert statuses(answer) == [200, 200, 200]
        assert len(rig.log.readings()) == 3

    behind(work)


def test_a_crowd_of_refused_requests_in_one_piece_is_answered_and_harms_nobody() -> None:
    async def work(rig: Rig) -> None:
        many = bytes_of(HEART, key=b"wrong") * 1_000
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(many)
        assert (await reader.read(12)) == b"HTTP/1.1 401"
        assert await rig.push(request(SOS)) == (200, {"code": 0, "msg": "ok"})
        writer.close()

    behind(work)


def test_a_body_in_pieces_and_in_chunks_is_one_body() -> None:
    async def work(rig: Rig) -> None:
        whole = bytes_of(HEART)
        assert statuses(await exchange(rig.port, *(whole[i : i + 7] for i in range(0, len(whole), 7)))) == [200]
        chunked = bytes_of(HEART).replace(b"Content-Length: %d" % len(HEART), b"Transfer-Encoding: chunked")
        head, _, body = chunked.partition(b"\r\n\r\n")
        pieces = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (body[:10], body[10:])) + b"0\r\n\r\n"
        assert statuses(await exchange(rig.port, head + b"\r\n\r\n", pieces)) == [200]
        assert len(rig.log.readings()) == 2

    behind(work)


def test_whoever_asks_before_a_long_body_is_told_to_go_on() -> None:
    async def work(rig: Rig) -> None:
        head, _, body = bytes_of(HEART, "Expect: 100-continue").partition(b"\r\n\r\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(head + b"\r\n\r\n")
        assert b"100" in await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        assert b"200" in await reader.readuntil(b"\r\n")
        writer.close()

    behind(work)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (bytes_of(b"x" * 2_000), 413),
        (bytes_of(b"x", length=10**14), 413),
        (bytes_of(b"x", length=10**19), 413),
        (bytes_of(HEART, "X-Pad: " + "a" * 20_000), 431),
        (b"POST " + PATH.encode() + b"?" + b"a" * 20_000 + b" HTTP/1.1\r\n", 431),
        (b"hello\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100), 400),
        (bytes_of(HEART, "Transfer-Encoding: chunked"), 400),
        (bytes_of(HEART, f"Content-Length: {len(HEART) + 1}"), 400),
        (bytes_of(HEART, "X-Sign : 1"), 400),
        (bytes_of(HEART).replace(b"POST ", b"TRACE "), 405),
        (bytes_of(HEART).replace(PATH.encode(), b"/push/nobodys"), 404),
    ],
)
def test_what_is_too_long_or_no_request_is_told_so_and_ends_the_connection(sent: bytes, status: int) -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(sent)
        async with asyncio.timeout(10):
            answer = await reader.read()
        assert statuses(answer)[0] == status
        assert rig.log.records == []
        writer.close()
        await rig.until(lambda: rig.count("connected") == 0)
        assert rig.count("held_bytes") == 0

    behind(work, HttpSettings(max_body_bytes=1_024, **FAST))


def test_a_chunked_body_over_the_limit_is_cut_while_it_comes() -> None:
    async def work(rig: Rig) -> None:
        head = bytes_of(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        assert statuses(await exchange(rig.port, head, *([b"400\r\n" + b"x" * 1_024 + b"\r\n"] * 4)))[0] == 413

    behind(work, HttpSettings(max_body_bytes=2_048, **FAST))


@pytest.mark.parametrize("where", ["in the head", "in the body", "before the first byte", "between requests"])
def test_whoever_takes_too_long_is_closed_and_the_others_are_not_held_up(where: str) -> None:
    async def work(rig: Rig) -> None:
        sent = {
            "in the head": bytes_of(HEART)[:30],
            "in the body": bytes_of(HEART)[:-5],
            "before the first byte": b"",
            "between requests": bytes_of(HEART),
        }[where]
        slow = [await asyncio.open_connection("127.0.0.1", rig.port) for _ in range(20)]
        for _, writer in slow:
            writer.write(sent)
        assert (await rig.push(request(SOS)))[0] == 200
        async with asyncio.timeout(20):
            answers = [await reader.read() for reader, _ in slow]
        if where.startswith("in the"):
            assert {statuses(answer)[-1] for answer in answers} == {408}
            assert rig.count("slow_closed") == 20
        else:
            assert rig.count("idle_closed") == 20
        for _, writer in slow:
            writer.close()

    behind(work, HttpSettings(request_s=0.3, idle_s=0.3, **FAST))


def test_a_drop_now_and_then_keeps_nobody_connected_for_longer() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        whole, ended = bytes_of(HEART), False
        for i in range(200):
            try:
                writer.write(whole[i : i + 1])
                await writer.drain()
            except ConnectionError:
                break
            if reader.at_eof() or b"408" in reader._buffer:  # type: ignore[attr-defined]
                ended = True
                break
            await asyncio.sleep(0.05)
        assert ended
        writer.close()

    behind(work, HttpSettings(request_s=0.5, **FAST))


def test_an_old_client_is_answered_and_closed() -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(bytes_of(HEART, version="1.0"))
        async with asyncio.timeout(10):
            assert statuses(await reader.read()) == [200]
        writer.close()

    behind(work)


def test_whoever_goes_before_the_answer_has_said_it_all_the_same() -> None:
    async def work(rig: Rig) -> None:
        rig.log.hold()
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(bytes_of(SOS))
        await rig.until(lambda: rig.count("requests") == 1)
        writer.close()
        await rig.until(lambda: rig.count("connected") == 0)
        rig.log.let_go()
        await rig.until(lambda: rig.count("accepted") == 1)
        assert len(rig.log.readings()) == 1

    behind(work)


def test_an_end_of_the_door_answers_what_is_on_its_way() -> None:
    async def work(rig: Rig) -> None:
        rig.log.hold()
        pushing = asyncio.ensure_future(rig.push(request(SOS)))
        await rig.until(lambda: rig.count("requests") == 1)
        closing = asyncio.ensure_future(rig.door.close())
        await asyncio.sleep(0.05)
        rig.log.let_go()
        await closing
        assert (await pushing)[0] == 200

    behind(work)


def test_over_tls_it_is_the_same(certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))

    def send(port: int) -> bytes:
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            trusting.wrap_socket(plain, server_hostname="127.0.0.1") as sock,
        ):
            sock.sendall(bytes_of(SOS))
            return sock.recv(4_096)

    async def work(rig: Rig) -> None:
        answer = await asyncio.to_thread(send, rig.port)
        assert statuses(answer) == [200]
        assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"code": 0, "msg": "ok"}

    behind(work, listener=HttpListener(tls=context))
