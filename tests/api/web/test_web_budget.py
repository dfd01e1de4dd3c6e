"""The alarm budget's page, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from alerts.episodes import responses
from anhu.contract.clock import DAY_MS
from tests.api.web.scene import Scene

Reader = Callable[..., Page]


def closed(scene: Scene, kind: str, outcome: str, *, days_ago: float) -> None:
    now_ms = time.time_ns() // 1_000_000
    ago_ms = round(days_ago * DAY_MS)
    alert_id = scene.raise_alert("r-1", kind, now_ms=now_ms - ago_ms)
    with scene.sessions.begin() as session:
        responses.close(session, alert_id, outcome, actor="u-desk", now_ms=now_ms - ago_ms + 60_000)


def at(page: Page, path: str) -> Page:
    page.goto(urljoin(page.url, path))
    return page


@pytest.fixture
def month(scene: Scene) -> Scene:
    for number in range(12):
        closed(scene, "heart_rate_high", "true" if number == 0 else "false", days_ago=2 + number)
    for outcome in ("true", "true", "false", "test"):
        closed(scene, "fall", outcome, days_ago=20)
    return scene


def test_rules_are_listed_with_what_became_of_their_alarms(month: Scene, reader: Reader) -> None:
    assert month
    page = reader()
    page.click('nav.menu a[href="/admin"]')
    page.click('.hub-entry[href="/budget"]')
    expect(page.locator("h1")).to_have_text("报警预算")
    rows = page.locator(".budget tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("心率过快")
    expect(rows.first).to_contain_text("吵闹")
    expect(rows.first.locator("td").nth(1)).to_have_text("8 %")
    expect(rows.nth(1).locator("td")).to_have_text(["0.167", "67 %", "2", "1", "0", "1", "0", "4"])
    expect(page.locator("main [role=status]")).to_contain_text("心率过快")
    expect(page.locator(".sums")).to_contain_text("0.67")


def test_the_period_is_switched(month: Scene, reader: Reader) -> None:
    assert month
    page = at(reader(login="doctor", language="en"), "/budget?period=7d")
    expect(page.locator(".budget tbody tr")).to_have_count(1)
    page.click(".tabs a >> text=90 d")
    expect(page.locator(".budget tbody tr")).to_have_count(2)
    expect(page.locator(".tabs [aria-current]")).to_have_text("90 d")
    at(page, "/budget?period=nonsense")
    expect(page.locator(".tabs [aria-current]")).to_have_text("4 weeks")


def test_a_quiet_centre_says_so_and_a_relative_sees_nothing(reader: Reader) -> None:
    page = at(reader(), "/budget")
    expect(page.locator(".empty")).to_contain_text("没有报警")
    family = reader("family")
    expect(family.locator('nav.menu a[href="/budget"]')).to_have_count(0)
    answer = family.request.get(urljoin(family.url, "/budget"), headers={"accept": "text/html"})
    assert answer.status == 403


@pytest.mark.parametrize(("language", "width"), [("en", 320), ("zh-CN", 390)])
def test_it_fits_a_phone(month: Scene, reader: Reader, language: str, width: int) -> None:
    assert month
    page = at(reader(language=language, width=width, height=844), "/budget")
    expect(page.locator(".budget")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
