"""Many alarms at once: nothing unanswered is cut off, what one cause makes stands together, the desk stays quick."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from alerts.episodes.lifecycle import Response
from alerts.tables import Alert
from anhu.contract.priority import Priority
from anhu.registry.tables import Resident
from api.services import desk
from tests.api.web.scene import Scene

Reader = Callable[..., Page]


def now() -> int:
    return time.time_ns() // 1_000_000


def storm(scene: Scene, count: int, kind: str, *, response: Response = Response.UNACKED, first: int = 0) -> list[str]:
    """Put many open alarms of many residents into the database, the oldest first."""
    begun = now() - 600_000
    with scene.sessions.begin() as session:
        for n in range(first, first + count):
            session.add(Resident(id=f"s-{n}", name=f"风暴{n}", centre_id="c-1", team_id="t-1", created_at_ms=begun))
        session.flush()
        for n in range(first, first + count):
            session.add(
                Alert(
                    id=f"a-{n}",
                    resident_id=f"s-{n}",
                    kind=kind,
                    priority=Priority.HIGH if kind in {"sos", "smoke"} else Priority.MEDIUM,
                    condition="present",
                    response=response,
                    started_at_ms=begun + n,
                    raised_at_ms=begun + n,
                    last_at_ms=begun + n,
                )
            )
    return [f"a-{n}" for n in range(first, first + count)]


def test_an_unanswered_alarm_is_never_behind_answered_ones(scene: Scene, reader: Reader) -> None:
    storm(scene, 240, "smoke", response=Response.ACKNOWLEDGED)
    page = reader(width=1920, height=1080)
    fall = scene.raise_alert("r-1", "battery_low", now_ms=now())
    first = page.locator("#cards > li").first
    expect(first).to_have_attribute("data-alert", fall, timeout=8_000)
    expect(page.locator("#group-answered")).to_contain_text("已有人处理：200 条")
    expect(page.locator(".card:visible")).to_have_count(1)
    page.click("#group-answered button")
    expect(page.locator(".card:visible")).to_have_count(201)
    scene.raise_alert("r-2", "battery_low", now_ms=now())
    expect(page.locator(".card:visible")).to_have_count(202, timeout=8_000)


def test_the_newest_of_too_many_is_shown(scene: Scene, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "UNANSWERED_CARDS", 110)
    storm(scene, 150, "smoke")
    newest = scene.raise_alert("r-1", "battery_low", now_ms=now())
    page = reader()
    expect(page.locator(f"#card-{newest}")).to_be_attached()
    expect(page.locator(".queue-more")).to_contain_text("110")
    expect(page.locator("#alarm-count")).to_have_text("151 条未接警")


@pytest.mark.parametrize(("path", "width"), [("/residents", 1440), ("/devices", 390), ("/desk?show=mine", 390)])
def test_the_newest_of_many_is_named_on_every_page(scene: Scene, reader: Reader, path: str, width: int) -> None:
    storm(scene, 120, "sos")
    page = reader("desk", language="en", width=width)
    page.goto("/".join(page.url.split("/")[:3]) + path)
    expect(page.locator("#alarm-count")).to_have_text("120 unanswered")
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    newest = page.locator("#alarm-bar .call-newest")
    expect(newest).to_be_visible(timeout=8_000)
    expect(newest).to_contain_text("Newest: Fall · 王秀英")
    expect(newest.locator("a")).to_have_attribute("data-open-alert", fall)
    expect(page.locator("#alarm-bar li")).to_have_count(4)


def test_one_cause_stands_under_one_heading_and_a_call_for_help_is_never_folded(scene: Scene, reader: Reader) -> None:
    storm(scene, 90, "device_silent")
    storm(scene, 20, "sos", first=100)
    page = reader(width=1920, height=1080)
    headings = page.locator("#cards > .group")
    expect(headings).to_have_count(2)
    expect(headings.nth(0)).to_contain_text("20 条")
    expect(headings.nth(1)).to_contain_text("90 条")
    expect(page.locator(".card:visible")).to_have_count(20)
    in_sight = "cards => cards.filter(card => card.getBoundingClientRect().bottom < innerHeight).length"
    assert page.locator(".card:visible").evaluate_all(in_sight) >= 14
    page.fill("#queue-search", "风暴42")
    expect(page.locator(".card:visible")).to_have_count(1)
    expect(page.locator("#search-hides")).to_contain_text("109")


def test_the_focus_stays_and_one_enter_is_enough_while_alarms_pour_in(scene: Scene, reader: Reader) -> None:
    first = scene.raise_alert("r-1", "sos", now_ms=now() - 60_000)
    page = reader()
    page.locator(f"#card-{first} .phone").first.focus()
    storm(scene, 4, "smoke")
    expect(page.locator(".card")).to_have_count(5, timeout=8_000)
    assert page.evaluate("document.activeElement.classList.contains('phone')")
    page.locator(f"#card-{first} .card-open").focus()
    storm(scene, 30, "smoke", first=10)
    page.keyboard.press("Enter")
    expect(page.locator("#alarm")).to_have_attribute("data-alert", first)
    expect(page.locator(".card")).to_have_count(35, timeout=8_000)
    assert page.evaluate("document.activeElement.closest('.card').dataset.alert") == first


def test_the_queue_of_a_storm_is_packed_and_a_page_with_the_token_is_not(scene: Scene, reader: Reader) -> None:
    storm(scene, 500, "smoke")
    page = reader()
    asked = {"Accept-Encoding": "gzip"}
    base = page.url.split("/desk")[0]
    sizes = {}
    for path in ("/desk/queue", "/watch.json", "/desk"):
        answer = page.request.get(base + path, headers=asked)
        sizes[path] = (answer.headers.get("content-encoding", ""), int(answer.headers.get("content-length", "0")))
    assert sizes["/desk/queue"][0] == "gzip"
    assert sizes["/desk"][0] == ""
    assert sizes["/watch.json"][1] < 2_000
