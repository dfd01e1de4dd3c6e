"""A real browser logs in by a real provider: its own login and consent, the desk afterwards, and what goes wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from anhu.contract.clock import SystemClock
from anhu.contract.settings import Secret
from anhu.registry.sealing import Sealing
from anhu.registry.tables import User
from api.oidc.config import LANDING, LEAVING, OidcConfig
from api.oidc.door import OidcDoor
from api.oidc.roles import parse_rules
from tests.api.web.scene import PASSWORD, Scene, make_scene
from tests.api.web.serving import served
from tests.services.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, oidc_provider
from tests.services.process import free_port

PEOPLE = {
    "wang": {"name": "王秀英", "groups": ["staff", "desk-c-1"]},
    "li": {"name": "李医生", "groups": ["team-t-1"]},
    "cook": {"name": "厨师", "groups": ["kitchen"]},
}
_PICTURES = os.environ.get("ANHU_TEST_PICTURES", "")


@dataclass(frozen=True, slots=True)
class Place:
    """The platform, its provider, and a browser before both."""

    base: str
    provider: OidcProvider
    scene: Scene
    browser: Browser
    door: OidcDoor

    def page(self, *, language: str = "zh-CN", width: int = 1280, height: int = 860) -> Page:
        context = self.browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(f"{self.base}/login?language={language}")
        return page


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[OidcProvider, int]]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with oidc_provider(base + LANDING, logout_uri=base + LEAVING) as running:
        yield running, port


@pytest.fixture
def place(tmp_path: Path, provider: tuple[OidcProvider, int], browser: Browser) -> Iterator[Place]:
    running, port = provider
    running.people(PEOPLE)
    config = OidcConfig(
        issuer=running.issuer,
        client_id=CLIENT_ID,
        client_secret=Secret(CLIENT_SECRET),
        base_url=f"http://127.0.0.1:{port}",
        name="市民政统一登录",
        help="信息科 0571-1234",
        rules=parse_rules("anhu-admins=admin; desk-*=desk:*; team-*=team:*", "ANHU_OIDC_ROLES"),
    )
    clock = SystemClock()
    door = OidcDoor(config, Sealing(b"k" * 32, b"oidc"), clock)
    scene = make_scene(tmp_path, clock.now_ms())
    with served(scene, port=port, oidc=door) as base:
        yield Place(base, running, scene, browser, door)
    scene.close()


def at_the_provider(page: Page, login: str) -> None:
    """Fill the provider's own forms in."""
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.wait_for_selector("text=Authorize")
    page.locator("button[type=submit]").click()


def picture(page: Page, name: str) -> None:
    """Keep what is seen, for somebody who wants to look."""
    if _PICTURES:
        page.screenshot(path=f"{_PICTURES}/{name}.png")


@pytest.mark.parametrize(("login", "start", "who"), [("wang", "/desk", "王秀英"), ("li", "/desk", "李医生")])
def test_the_button_leads_to_the_desk(place: Place, login: str, start: str, who: str) -> None:
    page = place.page()
    picture(page, "login.zh.wide")
    page.click("#provider")
    at_the_provider(page, login)
    page.wait_for_url(f"{place.base}{start}")
    expect(page.locator("body")).to_contain_text(who)
    page.goto(f"{place.base}/account")
    picture(page, f"account.{login}")
    page.go_back()
    page.go_back()
    page.wait_for_load_state()
    assert page.url.startswith((place.base, place.provider.issuer))
    page.goto(f"{place.base}/desk")
    expect(page.locator("body")).to_contain_text(who)
    page.context.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_somebody_without_a_role_reads_whom_to_ask(place: Place, language: str) -> None:
    page = place.page(language=language, width=390, height=844)
    picture(page, f"login.{language}.phone")
    page.click("#provider")
    at_the_provider(page, "cook")
    expect(page.locator("[role=alert]:not([hidden])")).to_contain_text(
        "没有给您任何" if language == "zh-CN" else "gives you no role"
    )
    expect(page.locator("main")).to_contain_text("信息科 0571-1234")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    picture(page, f"refused.{language}.phone")
    page.context.close()
    with place.scene.sessions() as session:
        assert session.query(User).filter_by(login="cook").count() == 0


def test_a_role_that_is_taken_away_there_is_gone_here_and_a_new_key_is_no_hindrance(place: Place) -> None:
    page = place.page()
    page.click("#provider")
    at_the_provider(page, "wang")
    page.wait_for_url(f"{place.base}/desk")
    place.provider.people({**PEOPLE, "wang": {"name": "王秀英", "groups": ["staff"]}})
    place.provider.rotate()
    again = place.page()
    again.click("#provider")
    at_the_provider(again, "wang")
    expect(again.locator("[role=alert]:not([hidden])")).to_contain_text("没有给您任何")
    page.goto(f"{place.base}/desk")
    expect(page.locator("#provider")).to_be_visible()
    for one in (page, again):
        one.context.close()


def test_logging_out_there_ends_the_session_here(place: Place) -> None:
    page = place.page()
    page.click("#provider")
    at_the_provider(page, "wang")
    page.wait_for_url(f"{place.base}/desk")
    page.goto(f"{place.provider.issuer}/session/end")
    page.locator("button[value=yes], button[name=logout]").first.click()
    page.wait_for_load_state()
    assert place.door.counters().get("oidc_ended_by_provider") == 1.0
    page.goto(f"{place.base}/desk")
    expect(page.locator("#provider")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_when_the_provider_is_down_the_desk_logs_in_with_a_password(place: Place, language: str) -> None:
    place.provider.process.stop()
    try:
        page = place.page(language=language, width=390, height=844)
        page.click("#provider")
        expect(page.locator("#provider-down")).to_be_visible()
        picture(page, f"down.{language}.phone")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        page.fill("#login", "desk")
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url(f"{place.base}/desk")
        page.context.close()
    finally:
        place.provider.process.start()


def test_a_colleague_links_the_own_account(place: Place) -> None:
    page = place.page(language="en")
    page.fill("#login", "desk")
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url(f"{place.base}/desk")
    page.goto(f"{place.base}/account")
    picture(page, "account.link.en")
    page.fill("#present", PASSWORD)
    page.locator("form[action='/account/oidc/link'] button").click()
    page.click("#go")
    at_the_provider(page, "wang")
    page.wait_for_url(f"{place.base}/account?done=linked")
    expect(page.locator("main")).to_contain_text("Linked: wang")
    page.context.close()
