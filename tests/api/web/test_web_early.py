"""What is pressed before a page's scripts have come is done when they are there, or its loss is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.api.web.scene import PASSWORD, Scene
from tests.api.web.test_web_desk import card, now
from tests.api.web.test_web_pages import at
from tests.api.web.test_web_rota import make_rota, members

_TEXT = "301 起夜两次"
__all__ = ["members"]  # a fixture


@pytest.fixture
def plain(browser: Browser, base: str) -> Iterator[Page]:
    """A window without the app's worker: whatever it asks for comes over the line."""
    with browser.new_context(service_workers="block") as context:
        page = context.new_page()
        page.goto(f"{base}/login?language=zh-CN")
        page.fill("#login", "desk")
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url(lambda url: "/login" not in url)
        yield page


def hold(page: Page, pattern: str) -> list[Route]:
    """Keep the answers to what matches until they are let go."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(pattern, keep)
    return held


def let_go(page: Page, held: list[Route], pattern: str) -> None:
    for route in held:
        route.continue_()
    page.unroute(pattern)


@pytest.mark.usefixtures("members")
def test_what_was_written_before_the_scripts_came_is_saved_by_them(plain: Page) -> None:
    page = plain
    make_rota(page)
    held = hold(page, "**/rota.js")
    page.goto(at(page, "/rota"), wait_until="commit")
    page.fill("[name=text]", _TEXT)
    page.get_by_role("button", name="写下").click(no_wait_after=True)
    page.get_by_role("button", name="写下").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert "?" not in page.url, "what was written stands in the address"
    assert held
    let_go(page, held, "**/rota.js")
    expect(page.locator(".note-text")).to_have_text([_TEXT])


@pytest.mark.usefixtures("members")
def test_if_they_do_not_come_at_all_it_is_told_that_nothing_was_done(plain: Page) -> None:
    page = plain
    make_rota(page)
    page.route("**/rota.js", lambda route: route.abort())
    page.goto(at(page, "/rota"))
    page.fill("[name=text]", _TEXT)
    page.get_by_role("button", name="写下").click()
    expect(page.get_by_role("alert").filter(has_text="没有生效")).to_be_visible()
    assert "?" not in page.url
    assert page.input_value("[name=text]") == _TEXT


def test_an_alarm_is_taken_by_whoever_was_faster_than_the_desk(scene: Scene, plain: Page) -> None:
    page = plain
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    held = hold(page, "**/steps.js")
    page.goto(at(page, "/desk"), wait_until="commit")
    page.locator(f"{card(alert_id)} [data-step=acknowledge]").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert held
    let_go(page, held, "**/steps.js")
    expect(page.locator(card(alert_id))).to_have_attribute("data-response", "acknowledged")
