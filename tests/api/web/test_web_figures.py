"""The page of the service figures, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from alerts.episodes import responses
from tests.api.web.scene import Scene

Reader = Callable[..., Page]


def answered(scene: Scene, kind: str, after_s: int, outcome: str) -> None:
    now_ms = time.time_ns() // 1_000_000 - 3_600_000
    alert_id = scene.raise_alert("r-1", kind, now_ms=now_ms)
    with scene.sessions.begin() as session:
        responses.acknowledge(session, alert_id, actor="u-desk", now_ms=now_ms + after_s * 1_000)
        responses.close(session, alert_id, outcome, actor="u-desk", now_ms=now_ms + 600_000)


def test_the_desk_sees_how_fast_calls_were_answered_and_goes_down_to_a_device(scene: Scene, reader: Reader) -> None:
    for after_s in (20, 50, 100):
        answered(scene, "fall", after_s, "true")
    answered(scene, "sos", 20, "drill")
    page = reader()
    page.click('nav.menu a[href="/admin"]')
    page.click('.hub-entry[href="/figures"]')
    expect(page.locator("h1")).to_have_text("服务指标")
    row = page.locator(".figures tbody tr").first
    expect(row.locator("th")).to_have_text("跌倒")
    expect(row.locator("td").nth(0)).to_have_text("3")
    expect(row.locator("td").nth(1)).to_contain_text("66.7 %")
    expect(row.locator("td").nth(8)).to_have_text("0")
    row.locator("a").click()
    expect(page.locator(".chip").first).to_contain_text("跌倒")
    expect(page.locator("thead th").first).to_have_text("设备型号")
    page.goto(urljoin(page.url, "/figures?by=priority&month=2020-01&language=en"))
    expect(page.locator(".empty")).to_have_text("No alarms in this month.")
