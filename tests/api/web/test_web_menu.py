"""The menu: seven entries at most, on one line, and nothing that one may open is out of reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from api.web.menu import MOST
from tests.api.web.administrators import add_admin
from tests.api.web.scene import Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("who", ["desk", "doctor", "admin", "family", "vendor"])
def test_it_is_one_line_of_seven_at_most(scene: Scene, reader: Reader, who: str, language: str) -> None:
    if who == "admin":
        add_admin(scene)
    page = reader(who, language=language, width=1366, height=768)
    boxes = page.locator(".bar a:visible, .bar button:visible").evaluate_all(
        "all => all.map(one => { const box = one.getBoundingClientRect(); return [box.top, box.bottom, box.right]; })"
    )
    assert page.locator(".menu a").count() <= MOST
    middles = [(top + bottom) / 2 for top, bottom, _ in boxes]
    assert max(middles) - min(middles) < 10
    assert max(right for _, _, right in boxes) <= 1366


def test_the_hub_is_marked_on_the_pages_it_leads_to(reader: Reader) -> None:
    page = reader("doctor")
    for path, marked in (("/admin", "page"), ("/budget", "true"), ("/devices", "true"), ("/rota", None)):
        page.goto(at(page, path))
        hub = page.locator(".menu a[href='/admin']")
        assert hub.get_attribute("aria-current") == marked, path
        expect(page.locator(".menu a[aria-current]")).to_have_count(1)
