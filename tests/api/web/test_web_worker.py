"""The service worker in Chromium: it shows whatever comes, and opens nothing but this site."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]
SHOWN = (
    "navigator.serviceWorker.ready.then((r) => r.getNotifications())"
    ".then((n) => n.map((x) => ({ title: x.title, body: x.body, tag: x.tag, path: x.data.path })))"
)


def deliver(page: Page, *payloads: str) -> list[dict[str, Any]]:
    """Have pushes come in, and return what is shown."""
    page.context.grant_permissions(["notifications"])
    page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready).then(() => 1)")
    session = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    origin = str(page.evaluate("location.origin"))
    for payload in payloads:
        told = {"origin": origin, "registrationId": found[-1]["registrationId"], "data": payload}
        session.send("ServiceWorker.deliverPushMessage", told)
    page.wait_for_timeout(500)
    shown: list[dict[str, Any]] = page.evaluate(SHOWN)
    return sorted(shown, key=lambda one: str(one["tag"]))


def test_a_later_message_of_the_same_alarm_takes_the_place_of_the_first(reader: Reader) -> None:
    page = reader("family")
    first, second, other = (
        json.dumps({"title": title, "body": "b", "tag": tag, "link": "https://elsewhere.example/desk?alert=a-1"})
        for title, tag in (("跌倒", "a-1"), ("跌倒（加重）", "a-1"), ("烟雾", "a-2"))
    )
    shown = deliver(page, first, other, second)
    assert [(one["title"], one["tag"]) for one in shown] == [("跌倒（加重）", "a-1"), ("烟雾", "a-2")]
    assert {one["path"] for one in shown} == {"/desk?alert=a-1"}, "whatever host a message names"


@pytest.mark.parametrize("payload", ["", "no JSON", "[]", "null", '{"title":""}'])
def test_what_cannot_be_read_is_shown_all_the_same(reader: Reader, payload: str) -> None:
    (shown,) = deliver(reader("family"), payload)
    assert (shown["tag"], shown["path"]) == ("unreadable", "/")
    assert "有新消息" in shown["body"]


def test_an_installation_without_a_key_says_so_and_shows_no_button(reader: Reader) -> None:
    page = reader("desk")
    page.goto(at(page, "/notifications"))
    expect(page.locator("#push-state")).to_have_text("本系统尚未启用浏览器通知。")
    expect(page.locator("#push-enter")).to_be_hidden()
