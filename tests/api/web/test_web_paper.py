"""A resident on paper, and the desk on a phone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from anhu.contract.observation import Scalar
from tests.api.web.scene import Scene, _write, record_fall
from tests.api.web.test_web_pages import INK, at

Reader = Callable[..., Page]


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_resident_fits_on_one_sheet_with_every_chart(scene: Scene, reader: Reader, scheme: str) -> None:
    pressures = [Scalar("systolic_pressure", 204, now()), Scalar("diastolic_pressure", 112, now())]
    _write(scene.writer, "r-1", "watch-1", now(), pressures)
    record_fall(scene, "r-1", now_ms=now())
    page = reader(height=500)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(at(page, "/residents/r-1"))
    page.evaluate(
        "() => { window.print = () => {"
        " document.body.dataset.printed = document.querySelectorAll('[data-chart][data-drawn]').length } }"
    )
    page.click("#print")
    charts = page.locator("[data-chart]").count()
    assert charts > 3
    expect(page.locator("body")).to_have_attribute("data-printed", str(charts))
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
    page.emulate_media(media="print")
    for gone in (".bar", ".watch", "#print", ".tabs", "form"):
        assert page.locator(f"{gone}:visible").count() == 0, gone
    expect(page.locator(".print-only")).to_contain_text("Asia/Shanghai (UTC+8)")
    assert page.locator(".chart-wait:visible").count() == 0
    assert page.locator("[data-chart] canvas").last.evaluate(INK) > 3
    for badge in (".level-high", ".mark-critical_high"):
        colours = page.locator(badge).first.evaluate(
            "one => { const { color, backgroundColor, printColorAdjust } = getComputedStyle(one);"
            " return [color, backgroundColor, printColorAdjust] }"
        )
        assert colours == ["rgb(255, 255, 255)", "rgb(195, 22, 28)", "exact"]
    ink = page.locator(".tile-value").first.evaluate("one => getComputedStyle(one).color")
    assert ink == "rgb(0, 0, 0)"


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 390), ("en", 390), ("en", 320)])
def test_on_a_phone_the_steps_and_the_way_there_are_at_hand(
    scene: Scene, reader: Reader, language: str, width: int
) -> None:
    alert_id = record_fall(scene, "r-1", now_ms=now())
    page = reader(language=language, width=width, height=844)
    page.goto(at(page, f"/desk?alert={alert_id}"))
    page.locator("[data-waveform]").scroll_into_view_if_needed()
    expect(page.locator("[data-waveform][data-drawn]")).to_be_visible()
    page.evaluate("window.scrollTo(0, 0)")
    place = page.locator("[data-part=place]")
    assert place.bounding_box()["y"] < page.locator("[data-part=evidence]").bounding_box()["y"]  # type: ignore[index]
    expect(place).to_be_in_viewport()
    page.evaluate("window.scrollTo(0, 1500)")
    for step in page.locator(".alarm-steps button").all():
        expect(step).to_be_in_viewport(ratio=1)
    page.click(".alarm-steps [data-step=acknowledge]")
    expect(page.locator(".alarm-head .chip-acknowledged")).to_be_visible()


SMALL = """() => [...document.querySelectorAll('a, button, summary, input, textarea')]
  .filter(one => one.checkVisibility())
  .filter(one => !one.closest('.visually-hidden, p, label, dd, td, .skip') && one.type !== 'radio')
  .map(one => [one.getBoundingClientRect(), one])
  .filter(([box]) => box.width > 0 && box.x >= 0 && (box.height < 43.5 || box.width < 43.5))
  .map(([box, one]) => `${one.tagName} ${one.className || one.id} ${box.width}x${box.height}`)"""


def test_what_is_touched_on_a_phone_is_big_enough(scene: Scene, reader: Reader) -> None:
    alert_id = record_fall(scene, "r-1", now_ms=now())
    page = reader(language="en", width=390, height=844)
    for path in ("/desk", f"/desk?alert={alert_id}", "/residents", "/residents/r-1", "/devices", "/budget"):
        page.goto(at(page, path))
        page.wait_for_timeout(600)
        assert page.evaluate(SMALL) == [], path
    manifest = page.request.get(at(page, page.locator("link[rel=manifest]").get_attribute("href") or "")).json()
    assert manifest["start_url"] == "/app", "the page that each role begins with"
