"""An engineer reads the answers of our own format: what was wrong with a push, and no more than he may know."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from collections.abc import Awaitable, Callable

import pytest

from gateway.door_specs import HttpRequest
from tests.gateway.doors.mqtt.doors import device
from tests.gateway.doors.push_door import Rig, behind
from tests.gateway.doors.toy_push import AT_MS
from tests.gateway.memory_strangers import MemoryStrangers

KEY = b"a-push-key"
PATH = "/push/my-watch"
HEART = b'{"v":1,"values":{"heart_rate":72}}'
SOS = b'{"v":1,"events":[{"kind":"sos"}]}'
BEARER = {"authorization": f"Bearer {KEY.decode()}"}
OF_WATCH = BEARER | {"x-anhu-device": "watch-1"}
WRONG = "wrong key or signature, or its time is more than 5 minutes off"


def asked(body: bytes = HEART, method: str = "POST", target: str = PATH, /, **headers: str) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method=method, target=target, headers=named, body=body, received_at_ms=AT_MS)


def with_watch(work: Callable[[Rig], Awaitable[None]]) -> None:
    async def run(rig: Rig) -> None:
        rig.products.put("my-watch", "open_json", KEY)
        rig.directory.put(device("watch-1", codec="open_json", product_id="my-watch"))
        await rig.until(lambda: "my-watch" in rig.door._products.known)
        await work(rig)

    behind(run, strangers=MemoryStrangers())


def test_a_push_that_names_no_device_is_told_what_was_expected_and_kept() -> None:
    async def work(rig: Rig) -> None:
        status, said = await rig.push(asked(**BEARER))
        assert (status, said["code"]) == (400, 400)
        assert "X-Anhu-Device: got '', expected the device that says so" in said["msg"]
        [kept] = rig.log.undecoded()
        assert (kept.device_id, kept.route, kept.payload) == ("", PATH, HEART)
        assert kept.reason.startswith("X-Anhu-Device")
        assert (rig.count("unreadable"), rig.count("rejected"), rig.count("accepted")) == (1, 1, 0)
        assert rig.log.readings() == []

    with_watch(work)


@pytest.mark.parametrize("body", [SOS, b'[{"device":' + SOS], ids=["no device", "not whole"])
def test_a_call_for_help_in_it_is_told_to_every_desk_as_a_strangers(body: bytes) -> None:
    async def work(rig: Rig) -> None:
        status, _ = await rig.push(asked(body, **BEARER))
        assert status == 400
        [told] = rig.log.readings()
        [call] = told.observations
        assert (told.resident_id, call.quantity) == ("", "sos")
        assert call.attributes["product"] == "my-watch"  # type: ignore[union-attr]
        assert (rig.count("stranger_calls"), len(rig.log.undecoded())) == (1, 1)

    with_watch(work)


def test_of_a_flood_of_such_calls_each_push_is_answered_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A quarantine for which too much waits says so at once, while the push is still on its way to the LOG."""
    monkeypatch.setattr("gateway.quarantine._MOST_PENDING", 0)

    async def work(rig: Rig) -> None:
        pushes = 150
        for _ in range(pushes):
            await rig.push(asked(SOS, **BEARER))
        await rig.until(lambda: len(rig.log.undecoded()) == pushes)
        assert rig.count("rejected") + rig.count("released") == pushes
        assert rig.count("released") > 0
        assert rig.door._pushing._turnstile._on_their_way == {}
        assert [one.getMessage() for one in caplog.records if one.exc_info] == []

    with_watch(work)


def test_a_device_that_is_not_the_products_is_named_to_whoever_has_the_key() -> None:
    async def work(rig: Rig) -> None:
        status, said = await rig.push(asked(**BEARER, x_anhu_device="watch-9\x7f"))
        assert (status, said["code"]) == (403, 403)
        assert "watch-9" in said["msg"]
        assert "an enabled device of product my-watch" in said["msg"]
        many = b'[{"device":"watch-1","message":%s},{"device":"who","message":%s}]' % (HEART, HEART)
        assert await rig.push(asked(many, **BEARER)) == (200, {"code": 0, "msg": "ok"})

    with_watch(work)


def test_who_has_no_key_hears_no_more_than_that() -> None:
    async def work(rig: Rig) -> None:
        signed = hmac.new(KEY, f"{AT_MS - 360_000}\nwatch-1\n".encode() + HEART, hashlib.sha256).hexdigest()
        stale = {"x_anhu_device": "watch-1", "x_anhu_time": str(AT_MS - 360_000), "x_anhu_signature": signed}
        answers = [
            await rig.push(asked(**stale)),
            await rig.push(asked(**stale | {"x_anhu_signature": "00"})),
            await rig.push(asked(authorization="Bearer guessed", x_anhu_device="watch-1")),
            await rig.push(asked(authorization="Bearer guessed", x_anhu_device="nobody")),
            await rig.push(asked(authorization="Bearer guessed")),
        ]
        assert answers == [(403, {"code": 403, "msg": WRONG})] * 5
        status, said = await rig.push(asked(authorization=KEY.decode(), x_anhu_device="watch-1"))
        assert status == 403
        assert said["msg"].startswith("no key: expected Authorization: Bearer KEY")
        assert rig.log.undecoded() == []

    with_watch(work)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_is_no_push_is_not_taken_for_an_empty_one(method: str) -> None:
    async def work(rig: Rig) -> None:
        status, said = await rig.push(asked(b"", method, **{k.replace("-", "_"): v for k, v in OF_WATCH.items()}))
        assert (status, said["code"]) == (405, 405)
        assert "POST" in said["msg"]
        assert rig.log.undecoded() == []
        assert rig.count("bad_requests") == 1
        status, _ = await rig.push(asked(b"", method, f"{PATH}?alarm=sos", **BEARER))
        assert status == 400
        assert len(rig.log.readings()) == 1, "what reads like a call for help is told, however it comes"

    with_watch(work)


def test_a_body_in_chunks_is_a_body() -> None:
    async def work(rig: Rig) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY.decode()}\r\nX-Anhu-Device: watch-1\r\n"
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (HEART[:9], HEART[9:])) + b"0\r\n\r\n"

        def send() -> bytes:
            with socket.create_connection(("127.0.0.1", rig.port), timeout=30) as client:
                client.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
                return client.recv(4_096)

        assert (await asyncio.to_thread(send)).startswith(b"HTTP/1.1 200")
        assert [one.device_id for one in rig.log.readings()] == ["watch-1"]

    with_watch(work)
