"""The whole path with a dead mail server and a dead webhook: what the desk sees, until both are back."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from anhu.contract.clock import MINUTE_MS, SECOND_MS
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.writer import SqliteStoreWriter
from notify.channels.email.fake import SmtpServer
from notify.channels.webhook import WebhookSettings
from notify.channels.webhook.fake import WebhookServer
from tests.api.world import NOW_MS, Site, World, serve
from tests.notify.playing import told
from tests.notify.test_untold import dispatch


def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def site(world: World, tmp_path: Path) -> Iterator[Site]:
    SqliteStoreWriter(tmp_path / "store.db").close()
    store = SqliteStoreQuery(tmp_path / "store.db")
    with serve(world, store) as served:
        yield served
    store.close()


SAID = {
    "zh-CN": ("无法通知任何人：", "无人接警已超过时限"),
    "en": ("Nobody can be told: ", "Nobody has answered in time"),
}


def words(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page)))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_desk_sees_who_cannot_be_told_and_when_it_is_over(site: Site, language: str) -> None:
    world, mail_port, hook_port = site.world, dead_port(), dead_port()
    settings = {"email": SmtpServer.settings(mail_port), "webhook": WebhookSettings(webhook_private=True)}
    world.contact("desk@clinic.example", channel="email")
    world.contact(WebhookServer.address(hook_port, "doctor"), owner="team")
    untold, emergency = SAID[language]
    with site.browser("desk") as desk:
        desk.cookies.set("anhu_language", language)

        def seen(after_ms: int) -> str:
            while world.clock.now_ms() < NOW_MS + after_ms:
                world.clock.forward(min(10 * SECOND_MS, NOW_MS + after_ms - world.clock.now_ms()))
                dispatch(world, settings)
            return words(desk.get("/desk/queue").text)

        alert = world.raise_alert("r-ours")
        assert "张小三" in words(desk.get("/desk/queue").text), "the desk sees the alarm before anybody is told"
        dispatch(world, settings)
        after_a_second = seen(SECOND_MS)
        for said in (untold, "centre ours", "team ours", "ConnectionRefusedError"):
            assert said in after_a_second
        assert emergency not in after_a_second, "the ladder keeps its times"
        assert emergency not in seen(299 * SECOND_MS)
        after_five_minutes = seen(301 * SECOND_MS)
        assert untold in after_five_minutes
        assert emergency in after_five_minutes
        assert untold in seen(15 * MINUTE_MS)
        assert untold in words(desk.get(f"/desk/alerts/{alert}").text)
        assert desk.get(f"/api/v1/alerts/{alert}").json()["untold_since"].startswith("2026-11-23T04:00:00")
        with ExitStack() as back:
            mail = back.enter_context(SmtpServer(mail_port))
            hook = back.enter_context(WebhookServer(hook_port))
            after = seen(16 * MINUTE_MS + SECOND_MS)
            assert mail.mails
            assert hook.calls
        assert untold not in after
        assert emergency in after, "told is not answered"
        assert desk.get(f"/api/v1/alerts/{alert}").json()["untold_since"] is None
    assert told(world).count("nobody_told") == told(world).count("told_again") == 1
