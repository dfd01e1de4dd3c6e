"""Calls of providers: believed by the secret in their address, kept before they are answered, bounded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from anhu.outbox import callbacks
from anhu.outbox.callback_tables import Callback
from anhu.outbox.callbacks import ProviderCall, ProviderReply, kept
from ingest.store.port import StoreQuery
from notify.channel import Message, Recipient
from notify.channels import callback_readers, channel_class
from notify.channels.sms import SmsSettings
from notify.channels.sms.fake import SmsServer
from tests.api.world import Site, World, serve

SECRET = "a-secret-of-the-address"


class Bell:
    """Takes whatever rings; a GET only tries the address."""

    secret = SECRET

    def reply(self, call: ProviderCall) -> ProviderReply:
        if call.method == "GET":
            return ProviderReply(200, "text/plain", call.query.get("echostr", "").encode(), keep=False)
        return ProviderReply(200, "application/json", b'{"code":0,"msg":"ok"}', keep=True)


class Mute(Bell):
    secret = ""


@pytest.fixture
def called(world: World, store: StoreQuery) -> Iterator[Site]:
    with serve(world, store, callbacks={"bell": Bell(), "mute": Mute()}) as served:
        yield served


def rows(world: World) -> list[Callback]:
    with world.sessions() as session:
        return session.query(Callback).order_by(Callback.id).all()


def test_a_call_is_kept_as_it_came_and_answered_as_its_provider_wants(called: Site, world: World) -> None:
    with called.anonymous() as client:
        headers = {"X-Sign": "7", "Cookie": "c=1", "Authorization": "Bearer x"}
        answer = client.post(f"/callbacks/bell/{SECRET}?a=1", content=b"\xff\x00[]", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "ok"})
    (row,) = rows(world)
    call = kept(row)
    assert (call.method, dict(call.query), call.body) == ("POST", {"a": "1"}, b"\xff\x00[]")
    assert call.headers["x-sign"] == "7"
    assert not {"cookie", "authorization"} & set(call.headers)
    assert (row.channel, row.due_at_ms, row.address) == ("bell", world.clock.now_ms(), "127.0.0.1")


def test_one_that_only_tries_the_address_is_answered_and_not_kept(called: Site, world: World) -> None:
    with called.anonymous() as client:
        assert client.get(f"/callbacks/bell/{SECRET}", params={"echostr": "31"}).text == "31"
    assert rows(world) == []


@pytest.mark.parametrize(
    "path", ["bell/wrong", f"bell/{SECRET}x", f"nobody/{SECRET}", "mute/", "mute/x", f"bell/{'x' * 500}", "bell/ä"]
)
def test_a_wrong_secret_is_nobody_and_keeps_nothing(called: Site, world: World, path: str) -> None:
    with called.anonymous() as client:
        answer = client.post(f"/callbacks/{path}", content=b"[]")
    assert answer.status_code in {401, 404, 422}
    assert rows(world) == []


def test_who_guesses_is_held(called: Site) -> None:
    with called.anonymous() as client:
        client.post("/callbacks/bell/wrong", content=b"[]")
    assert called.deps.crowd.held == 1
    assert called.deps.callbacks_taken.counters() == {"callbacks_strange": 1.0}


def test_a_flood_is_refused_so_that_it_comes_again_and_is_counted(
    called: Site, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "MOST_WAITING", 3)
    with called.anonymous() as client:
        codes = [client.post(f"/callbacks/bell/{SECRET}", content=b"[]").status_code for _ in range(5)]
        assert codes == [200, 200, 200, 503, 503]
        too_large = client.post(f"/callbacks/bell/{SECRET}", content=b"x" * 70_000)
    assert too_large.status_code == 413
    assert len(rows(world)) == 3
    assert called.deps.callbacks_taken.counters() == {"callbacks_taken": 3.0, "callbacks_full": 2.0}


def test_a_clouds_fake_confirms_a_text_and_the_platform_keeps_it(world: World, store: StoreQuery) -> None:
    with SmsServer() as far:
        settings = far.settings(far.port)
        readers = callback_readers({"sms": settings})
        with serve(world, store, callbacks={"sms": readers["sms"]}) as site:
            far.call_back(site.url)
            asyncio.run(_one_text(settings, world))
            deadline = time.monotonic() + 10
            while not rows(world):
                assert time.monotonic() < deadline, "no call came"
                time.sleep(0.05)
    (row,) = rows(world)
    (news,) = readers["sms"].news(kept(row))
    assert (news.key, news.state) == ("a-1:raised.3:0:k-1", "delivered")


async def _one_text(settings: SmsSettings, world: World) -> None:
    channel = channel_class("sms").from_settings(settings, world.clock)
    assert channel is not None
    message = Message(idempotency_key="a-1:raised.3:0:k-1", subject="x", text="x", data={})
    await channel.send(message, Recipient(address="13800138000"))
    await channel.close()
