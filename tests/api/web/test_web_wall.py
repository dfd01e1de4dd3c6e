"""The wall screen: a token that opens nothing else, no names, loud when it does not know."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from anhu.registry.tables import Token, User
from api.dependencies import Screens
from tests.api.web.scene import PASSWORD, Scene
from tests.api.web.serving import served
from tests.api.web.test_web_storm import storm

Reader = Callable[..., Page]


def now() -> int:
    return time.time_ns() // 1_000_000


def made_a_wall(page: Page) -> str:
    base = page.url.split("/desk")[0]
    page.goto(f"{base}/desk/wall")
    page.click(".wall-start button")
    expect(page.locator(".wall-start")).to_have_count(0)
    expect(page.locator("html")).to_have_attribute("data-state", "live", timeout=8_000)
    return base


def test_a_browser_becomes_a_screen_that_opens_nothing_else(scene: Scene, reader: Reader) -> None:
    storm(scene, 3, "smoke")
    scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    base = made_a_wall(page)
    expect(page.locator(".wall-high [data-is=waiting]")).to_have_text("4")
    assert "王秀英" not in page.content()
    assert page.locator("a, button, input").count() == 0
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(f"{base}/desk/wall")}
    assert "anhu_session" not in cookies
    assert cookies["anhu_wall"]["path"] == "/desk/wall"
    assert cookies["anhu_wall"]["httpOnly"]
    token = cookies["anhu_wall"]["value"]
    with httpx.Client(base_url=base, trust_env=False) as client:
        for name in ("anhu_wall", "anhu_session"):
            for path in ("/desk/queue", "/watch.json", "/api/v1/alerts", "/residents", "/desk/wall/start"):
                answer = client.get(path, headers={"Cookie": f"{name}={token}"})
                assert answer.status_code in {401, 405}, (name, path, answer.status_code)
        assert client.get("/api/v1/alerts", headers={"Authorization": f"Bearer {token}"}).status_code == 401
        assert client.post("/desk/wall/start", headers={"Cookie": f"anhu_wall={token}"}).status_code == 401


def test_a_screen_follows_by_itself_and_says_who_is_there(scene: Scene, reader: Reader) -> None:
    page, other = reader("desk"), reader("desk-two")
    base = made_a_wall(page)
    expect(page.locator("#wall-list")).to_contain_text("没有未接警的报警")
    expect(page.locator("#wall-desk")).to_have_text("马强")
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    expect(page.locator("#wall-list li.wall-high")).to_contain_text("幸福里 3 号楼", timeout=8_000)
    other.goto(f"{base}/desk")
    other.click(f"#card-{alert_id} [data-step=acknowledge]")
    expect(page.locator(".wall-high [data-is=answered]")).to_have_text("1", timeout=8_000)
    with scene.sessions.begin() as session:
        session.query(Token).filter_by(purpose="session").delete()
    expect(page.locator("#wall-desk")).to_have_text("无人值守！", timeout=8_000)


def test_a_screen_whose_line_or_permission_is_gone_turns_red(scene: Scene, browser: Browser) -> None:
    with served(scene) as base:
        port = int(base.rsplit(":", 1)[1])
        page = browser.new_page(locale="zh-CN")
        page.goto(f"{base}/login")
        page.fill("#login", "desk")
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url("**/desk")
        made_a_wall(page)
    expect(page.locator("#wall-lost")).to_be_visible(timeout=16_000)
    with served(scene, port=port):
        expect(page.locator("#wall-lost")).to_be_hidden(timeout=10_000)
        with scene.sessions.begin() as session:
            session.get_one(User, "u-desk").enabled = False
        expect(page.locator("#wall-ended")).to_be_visible(timeout=10_000)
    page.close()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
def test_a_screen_fits_and_is_read_from_five_metres(scene: Scene, browser: Browser, width: int, height: int) -> None:
    storm(scene, 120, "sos")
    storm(scene, 30, "water_leak", first=200)
    with served(scene, screens=Screens(wall_names=True)) as base:
        page = browser.new_page(locale="zh-CN", viewport={"width": width, "height": height})
        page.goto(f"{base}/login")
        page.fill("#login", "desk")
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url("**/desk")
        made_a_wall(page)
        expect(page.locator("#wall-list")).to_contain_text("风暴0")
        expect(page.locator("#wall-list li").last).to_be_in_viewport(ratio=1)
        expect(page.locator("#wall-desk")).to_be_in_viewport(ratio=1)
        smallest = page.locator("#wall-list li").first.evaluate("line => parseFloat(getComputedStyle(line).fontSize)")
        assert smallest >= height / 25
        page.close()
