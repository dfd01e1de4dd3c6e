"""A first day from an empty installation to a drill that somebody got, with nothing but a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from notify.channels.webhook.fake import WebhookServer
from tests.api.web.serving import browser_at
from tests.smoke.installation import Installation

PASSWORD = "blue-lantern-7"
RUNS_MS = 30_000


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Nobody ever used it."""
    made = Installation(tmp_path)
    made.start()
    yield made
    made.stop()


def _make_first(page: Page, installation: Installation) -> None:
    page.fill("#code", (installation.data / "setup-code").read_text("ascii").strip())
    page.fill("#login", "chief")
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/admin/start")


def _next(page: Page, base: str, step: str) -> None:
    page.goto(f"{base}/admin/start")
    expect(page.locator(".step-next strong")).to_have_text(step)
    page.click(".step-next .button")


def _set_up(page: Page, base: str, address: str) -> None:
    _next(page, base, "建立服务中心")
    page.fill("#name", "幸福里")
    page.click("main form .button-primary")
    _next(page, base, "添加值守用户")
    page.fill("#login", "liufang")
    page.fill("#name", "刘芳")
    page.click("main form .button-primary")
    expect(page.locator("h1")).to_have_text("一次性密码")
    _next(page, base, "添加联系方式")
    page.click("details:has(input[value=webhook]) summary")
    page.fill("#address-webhook", address)
    page.click("details[open] .button-primary")
    _next(page, base, "登记服务对象")
    page.fill("#name", "王秀英")
    page.select_option("#centre_id", label="幸福里")
    page.click("form.record .button-primary")
    page.wait_for_url("**/admin/residents/r-*")
    resident_id = page.url.split("/")[-1].partition("?")[0]
    _next(page, base, "登记设备")
    page.fill("#id", "watch-1")
    page.fill("#resident_id", resident_id)
    page.click("main form .button-primary")
    expect(page.locator("#secret")).not_to_be_empty()


def _say_quiet_hours(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/contacts")
    page.locator("main a[href^='/admin/contacts/']").first.click()
    page.fill("#quiet_from", "22:00")
    page.click("form[action$='/change'] button")
    expect(page.locator("#quiet_until")).to_have_attribute("aria-invalid", "true")
    assert page.input_value("#quiet_from") == "22:00"
    page.fill("#quiet_until", "06:30")
    page.click("form[action$='/change'] button")
    expect(page.locator(".notice-good")).to_be_visible()
    assert (page.input_value("#quiet_from"), page.input_value("#quiet_until")) == ("22:00", "06:30")


@pytest.fixture
def page(chromium_path: str) -> Iterator[Page]:
    """A window of a small laptop, in Chinese."""
    with browser_at(chromium_path) as browser:
        made = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768}).new_page()
        made.set_default_timeout(RUNS_MS)
        yield made


def test_from_the_setup_code_to_a_drill_that_somebody_got(page: Page, installation: Installation) -> None:
    base = f"http://127.0.0.1:{installation.port}"
    with WebhookServer() as told:
        page.goto(base)
        _make_first(page, installation)
        _set_up(page, base, told.url)
        _say_quiet_hours(page, base)
        page.goto(f"{base}/admin/start")
        page.click("form[action='/admin/start/drill'] button")
        expect(page.locator("#awaited .told .quiet").first).to_contain_text("秒后出现在值守台", timeout=RUNS_MS)
        expect(page.locator("#awaited .told")).to_contain_text("幸福里")
        expect(page.locator("#awaited .field-error")).to_have_count(0)
        assert any("演练".encode() in call.body or b"drill" in call.body for call in told.calls)
    page.click("nav.menu a[href='/admin']")
    for path in page.locator(".hub-entry").evaluate_all("all => all.map(one => one.getAttribute('href'))"):
        answer = page.goto(f"{base}{path}")
        assert answer is not None
        assert answer.status == 200, path
        expect(page.locator("nav.menu a[aria-current]")).to_have_count(1)
