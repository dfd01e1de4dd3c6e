"""No page keeps anybody out: axe-core over all of them, light and dark, in both languages, wide and on a phone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from anhu.contract.observation import Scalar
from tests.api.web.scene import Scene, _write, record_fall, tell_somebody
from tests.api.web.test_web_pages import at
from tests.api.web.test_web_storm import storm
from tests.api.web.test_what_is_watched import know_rules
from tests.services.axe import axe_source, violations

Reader = Callable[..., Page]
GRAVE = ("serious", "critical", "moderate")
SETTLED_MS = 300
_OF_A_RESIDENT = ("card", "sheet", "messages", "requests")


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_source()


def now() -> int:
    return time.time_ns() // 1_000_000


def _busy(scene: Scene) -> str:
    """Make a scene with everything in it that has a colour."""
    abnormal = [("systolic_pressure", 204), ("diastolic_pressure", 112), ("spo2", 90), ("steps", 900)]
    _write(scene.writer, "r-1", "watch-1", now(), [Scalar(code, value, now()) for code, value in abnormal])
    fall = record_fall(scene, "r-1", now_ms=now())
    tell_somebody(scene, fall, now_ms=now())
    evidence = {"features": {"spo2_percent": 88.0}, "limits": {"spo2_percent": 91.0}, "quantity": "spo2"}
    scene.raise_alert("r-2", "spo2_low", now_ms=now(), late=True, ago_ms=60_000, device_id="watch-2", **evidence)
    scene.raise_alert("r-3", "battery_low", now_ms=now(), device_id="watch-3")
    know_rules(scene, "r-1", now_ms=now())
    return fall


class Look(NamedTuple):
    """How the pages are looked at."""

    language: str
    scheme: Literal["light", "dark"]
    width: int


LOOKS = [
    Look("zh-CN", "light", 1440),
    Look("zh-CN", "dark", 1440),
    Look("en", "light", 1440),
    Look("en", "dark", 1440),
    Look("zh-CN", "dark", 390),
    Look("en", "light", 390),
]


def _look_at_a_storm(scene: Scene, page: Page, look: Callable[[Page, str], None]) -> None:
    """Look at everything that many alarms bring: rows, headings, filters, dialogs, the hand-over, the wall."""
    storm(scene, 30, "water_leak")
    page.goto(at(page, "/desk"))
    expect(page.locator("[data-bulk]:visible").first).to_be_visible(timeout=15_000)
    page.click("#filters summary")
    page.fill("#queue-search", "风暴")
    look(page, "the filtered queue")
    page.fill("#queue-search", "")
    page.click("[data-bulk]:visible >> nth=0")
    look(page, "the dialog for many")
    page.click("#bulk-acknowledge")
    expect(page.locator("#bulk")).to_be_hidden()
    page.goto(at(page, "/desk/handover"))
    look(page, "the end of a shift")
    page.goto(at(page, "/desk/wall"))
    expect(page.locator("html")).to_have_attribute("data-state", "live", timeout=15_000)
    look(page, "the wall screen")


def _paths(fall: str) -> list[tuple[str, list[str]]]:
    """Return who looks at what."""
    desk = ["/desk", f"/desk?alert={fall}", "/residents", "/residents/r-1", "/devices", "/budget", "/notifications"]
    doctor = ["/worklist", *(f"/residents/r-1/{name}" for name in _OF_A_RESIDENT), "/messages", "/offline"]
    return [
        ("", ["/login"]),
        ("desk", [*desk, "/rota", "/rota/mine", "/none"]),
        ("doctor", doctor),
        ("family", ["/residents/r-1", "/residents/r-1/messages", "/residents/r-1/requests"]),
        ("vendor", ["/devices", "/docs"]),
    ]


@pytest.mark.parametrize("as_seen", LOOKS, ids=str)
def test_no_page_has_a_grave_fault(scene: Scene, reader: Reader, axe: str, as_seen: Look) -> None:
    language, scheme, width = as_seen
    fall = _busy(scene)
    faults: dict[str, list[str]] = {}

    def look(page: Page, name: str) -> None:
        page.wait_for_timeout(SETTLED_MS)
        found = [one for one in violations(page, axe) if one.startswith(GRAVE)]
        if found:
            faults[name] = found

    for login, paths in _paths(fall):
        page = reader(login, language=language, width=width)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for path in paths:
            page.goto(at(page, path))
            look(page, f"{login} {path}")
        if login == "desk":
            page.goto(at(page, f"/desk?alert={fall}"))
            page.click(".alarm-steps [data-step=close]")
            expect(page.locator("#close-form")).to_be_visible()
            look(page, "the closing form")
            _look_at_a_storm(scene, page, look)
    assert faults == {}
