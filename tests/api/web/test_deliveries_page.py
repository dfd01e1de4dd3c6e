"""The delivery log in a browser: many devices, wide and on a phone, with nobody's name on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.api.web.device_scenes import scene_with
from tests.api.web.scene import PASSWORD, PEOPLE
from tests.api.web.test_web_axe import GRAVE
from tests.services.axe import axe_source, violations


@pytest.mark.parametrize("width", [1440, 390])
def test_a_vendor_finds_what_was_refused_first_and_why(browser: Browser, tmp_path: Path, width: int) -> None:
    with scene_with("many", tmp_path) as base:
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        page.goto(f"{base}/login?language=en")
        page.fill("#login", "vendor")
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(f"{base}/deliveries")
        main = page.locator("main")
        expect(main).to_contain_text("246 devices")
        expect(main).to_contain_text("There are more devices")
        main.locator("summary").click()
        assert not [one for one in violations(page, axe_source()) if one.startswith(GRAVE)]
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        said = main.inner_text()
        assert [word for person in PEOPLE for word in (person[0], person[1], person[4]) if word in said] == []
        page.get_by_label("Device", exact=True).fill("watch-1")
        page.get_by_role("button", name="Show").click()
        expect(main).to_contain_text("1 devices")
        main.get_by_role("link", name="got 'kPa', expected one of /min").click()
        expect(page.locator("main")).to_contain_text("anhu/v1/watch-1/up")
        assert "860000000000001" not in page.locator("main").inner_text()
        context.close()
