"""How an alarm goes on, in the reader's words; a real one is not closed without a word; focus stays where it was."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Route, expect

from alerts.episodes.escalations import advance_escalations
from anhu.contract.words import catalogue
from api.web.receipts import said
from api.web.wording import Wording
from tests.api.web.scene import Scene, record_fall, tell_somebody
from tests.api.web.test_web_pages import CHINESE, at
from tests.api.world import Site

Reader = Callable[..., Page]
ZH, EN = (Wording(language, ZoneInfo("Asia/Shanghai"), 0) for language in ("zh-CN", "en"))


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    "detail",
    [
        "taken by the mail server",
        "channel 'email' is not set up",
        "no answer within 10 s",
        "no answer: ConnectError",
        "mail server: SMTPServerDisconnected",
        "the mail server refused the login: 535",
        "no usable mail address",
        "no usable URL: InvalidURL",
        "HTTP 200",
        "HTTP 503",
        "550 mailbox full",
    ],
)
def test_what_a_channel_answered_is_told_in_the_readers_language(detail: str) -> None:
    assert CHINESE.search(said(detail, ZH))
    assert not CHINESE.search(said(detail, EN))
    assert said("", ZH) == ""


def test_the_detail_says_who_was_told_and_who_is_next(scene: Scene, reader: Reader) -> None:
    raised = now() - 70_000
    alert_id = scene.raise_alert("r-1", "sos", now_ms=raised)
    page = reader()
    page.goto(at(page, f"/desk?alert={alert_id}"))
    expect(page.locator(".next-step")).to_contain_text("下一步通知 服务中心")
    with scene.sessions.begin() as session:
        advance_escalations(session, now())
    page.reload()
    step = page.locator("[data-part=history] li", has_text="升级通知")
    expect(step).to_contain_text("没有可用的联系人")
    expect(page.locator(".next-step")).to_contain_text("家庭医生团队、家属")
    expect(page.locator("[data-until-ms]")).to_have_text(re.compile(r"^[0-3]:\d\d$"))
    page.click(".alarm-steps [data-step=acknowledge]")
    expect(page.locator("#alarm .next-step")).to_have_count(1)
    expect(page.locator("#alarm .next-step")).to_contain_text("无人出发则重新通知")


def test_a_chinese_page_has_no_english_in_its_messages(scene: Scene, reader: Reader) -> None:
    alert_id = record_fall(scene, "r-1", now_ms=now())
    tell_somebody(scene, alert_id, now_ms=now())
    page = reader()
    page.goto(at(page, f"/desk?alert={alert_id}"))
    notices = page.locator("[data-part=notices]").inner_text()
    assert "对方已接收（HTTP 200）" in notices
    assert set(re.findall(r"[A-Za-z]+", notices)) <= {"HTTP", "sms"}


def test_one_word_for_one_level_in_pages_and_messages() -> None:
    for level in ("high", "medium", "low", "info"):
        page, message = (catalogue()[f"{part}.priority.{level}"] for part in ("web", "notify"))
        assert page["zh"] == message["zh"]
        assert page["en"].lower() == message["en"].lower()


@pytest.mark.parametrize("note", ["", "   ", "\n"])
def test_a_real_alarm_is_not_closed_without_a_word(site: Site, note: str) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.program("desk") as desk:
        path = f"/api/v1/alerts/{alert}/close"
        refused = desk.post(path, json={"outcome": "true", "note": note})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "note"
        assert "real alarm" in refused.json()["detail"]
        assert desk.get(f"/api/v1/alerts/{alert}").json()["is_open"] is True
        assert desk.post(path, json={"outcome": "true", "note": "helped up"}).status_code == 200


@pytest.mark.parametrize("outcome", ["false", "test", "drill", "device_fault"])
def test_what_was_not_real_needs_no_word(site: Site, outcome: str) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.program("desk") as desk:
        assert desk.post(f"/api/v1/alerts/{alert}/close", json={"outcome": outcome}).status_code == 200


def test_what_was_not_saved_says_so_and_that_the_line_is_back(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader(language="en")
    page.goto(at(page, f"/desk?alert={alert_id}"))
    page.locator(".alarm-steps [data-step=on_the_way]").wait_for()
    broken = True

    def line(route: Route) -> None:
        if broken and "/static/" not in route.request.url:
            route.abort()
        else:
            route.continue_()

    page.route("**/*", line)
    page.click(".alarm-steps [data-step=acknowledge]")
    expect(page.locator("#banner-failed")).to_contain_text("no connection")
    broken = False
    expect(page.locator("#banner-failed")).to_contain_text("is back", timeout=15_000)
    page.click("#failed-dismiss")
    expect(page.locator("#banner-failed")).to_be_hidden()
    expect(page.locator(".alarm-head .chip-unacked")).to_be_visible()


def test_focus_stays_on_the_same_step_over_a_refresh(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    page.goto(at(page, f"/desk?alert={alert_id}"))
    page.focus(".alarm-steps [data-step=on_scene]")
    other = reader("desk-two")
    other.goto(at(other, f"/desk?alert={alert_id}"))
    other.click(".alarm-steps [data-step=acknowledge]")
    expect(page.locator(".alarm-head .chip-acknowledged")).to_be_visible()
    assert page.evaluate("document.activeElement.dataset.step") == "on_scene"
