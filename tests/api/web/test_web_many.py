"""A hundred alarms and more: found, narrowed, grouped, answered at once; what hides or moves says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from alerts.tables import Alert
from anhu.registry.tables import Resident
from api.web.buildings import building_of, street_of
from tests.api.web.scene import Scene
from tests.api.web.test_web_storm import now, storm

Reader = Callable[..., Page]
IMPATIENT = """([x, y]) => new MutationObserver(() => {
  const click = new MouseEvent("click", { bubbles: true, detail: 1, clientX: x, clientY: y });
  document.elementFromPoint(x, y).dispatchEvent(click);
}).observe(document.getElementById("queue"), { attributes: true, attributeFilter: ["data-mark"] })"""
"""Clicks where the pointer stands, as soon as the list has changed."""


@pytest.mark.parametrize(
    ("address", "building", "street"),
    [
        ("幸福里 3 号楼 2 单元 501", "幸福里 3 号楼", "幸福里"),
        ("青年街 21 号院 7 号楼 301", "青年街 21 号院 7 号楼", "青年街"),
        ("湖滨路 66 号 4 单元 1203", "湖滨路 66 号", "湖滨路"),
        ("康复医院 3 病区 12 床", "康复医院 3 病区", "康复医院"),
        ("12 Lake Road, Flat 3", "12 Lake Road", "12 Lake Road"),
        ("", "", ""),
    ],
)
def test_an_address_says_its_building_and_street(address: str, building: str, street: str) -> None:
    assert (building_of(address), street_of(address)) == (building, street)


def test_the_newest_call_for_help_stands_first_and_next_goes_on_with_the_oldest(scene: Scene, reader: Reader) -> None:
    storm(scene, 60, "smoke")
    page = reader()
    expect(page.locator("#cards > .card").first).to_have_attribute("data-alert", "a-0")
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    expect(page.locator("#group-newest + .card")).to_have_attribute("data-alert", fall, timeout=8_000)
    expect(page.locator(f"#card-{fall}")).to_be_in_viewport()
    page.locator("body").press("n")
    expect(page.locator("#alarm")).to_have_attribute("data-alert", "a-0")
    page.locator(f"#card-{fall} [data-step=acknowledge]").click()
    expect(page.locator("#group-newest")).to_have_count(0, timeout=8_000)


@pytest.mark.parametrize("typed", ["王秀英", "wangxiuying", "wxy", "13800138001", "138-0013-8001", "3 号楼 王"])
def test_an_alarm_is_found_by_name_sound_letters_phone_and_place(scene: Scene, reader: Reader, typed: str) -> None:
    storm(scene, 20, "water_leak")
    wanted = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    page.fill("#queue-search", typed)
    expect(page.locator(".card:visible")).to_have_count(1)
    expect(page.locator(".card:visible")).to_have_attribute("data-alert", wanted)
    expect(page.locator("#search-hides")).to_contain_text("20")
    page.click("#filter-clear")
    expect(page.locator("#search-hides")).to_be_hidden()


def test_a_filter_narrows_by_kind_and_place_and_hides_nothing_in_silence(scene: Scene, reader: Reader) -> None:
    storm(scene, 12, "water_leak")
    storm(scene, 8, "not_worn", first=20)
    with scene.sessions.begin() as session:
        for n in range(20, 24):
            session.get_one(Resident, f"s-{n}").address = f"幸福里 3 号楼 {n}"
    page = reader()
    page.locator("body").press("f")
    page.select_option("#filter-kind", "not_worn")
    expect(page.locator(".card:visible")).to_have_count(8)
    expect(page.locator("#search-hides")).to_contain_text("12")
    page.select_option("#filter-place", "幸福里 3 号楼")
    expect(page.locator(".card:visible")).to_have_count(4)
    scene.raise_alert("r-2", "sos", now_ms=now())
    expect(page.locator("#search-hides")).to_contain_text("17", timeout=8_000)
    expect(page.locator("#alarm-bar")).to_contain_text("李建国")
    page.reload()
    expect(page.locator("#search-hides")).to_be_hidden()
    page.click("#filters summary")
    page.select_option("#queue-by", "building")
    expect(page.locator(".group-place")).to_contain_text("4 条 幸福里 3 号楼")


def test_many_of_one_cause_are_answered_at_once_and_calls_for_help_are_not(scene: Scene, reader: Reader) -> None:
    storm(scene, 30, "water_leak")
    storm(scene, 6, "sos", first=50)
    page = reader()
    expect(page.locator("[data-bulk]:visible")).to_have_count(1)
    page.click("[data-bulk]:visible")
    expect(page.locator("#bulk h2")).to_contain_text("30")
    page.fill("#bulk-note", "3 号楼爆管")
    page.click("#bulk-acknowledge")
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.locator("#group-answered")).to_contain_text("30 条", timeout=8_000)
    expect(page.locator("#alarm-count")).to_have_text("6 条未接警")
    with scene.sessions.begin() as session:
        assert {row.response for row in session.query(Alert).filter_by(kind="water_leak")} == {"acknowledged"}
        assert {row.response for row in session.query(Alert).filter_by(kind="sos")} == {"unacked"}


def test_a_refresh_sends_only_what_is_new_and_the_whole_when_it_is_asked(scene: Scene, reader: Reader) -> None:
    storm(scene, 300, "smoke")
    page = reader()
    expect(page.locator("#cards > .card")).to_have_count(300)
    base = page.url.split("/desk")[0]
    mark = page.locator("#queue").get_attribute("data-mark")
    whole = page.request.get(f"{base}/desk/queue").text()
    rest = page.request.get(f"{base}/desk/queue?seen={mark}").text()
    assert whole.count("data-keep") == 0
    assert rest.count("data-keep") == 300
    assert len(rest) < len(whole) / 8
    assert page.request.get(f"{base}/desk/queue?seen=never-given").text().count("data-keep") == 0
    storm(scene, 3, "smoke", first=400)
    expect(page.locator("#cards > .card")).to_have_count(303, timeout=8_000)
    order = page.locator("#cards > .card").evaluate_all("cards => cards.map(card => card.dataset.alert)")
    assert order == [*(f"a-{n}" for n in range(300)), "a-400", "a-401", "a-402"]


def test_a_click_on_a_card_that_had_just_come_under_the_pointer_does_nothing(scene: Scene, reader: Reader) -> None:
    storm(scene, 10, "water_leak", first=100)
    page = reader()
    page.click("#cards .group-open")
    button = page.locator("#card-a-103 [data-step]")
    button.hover()
    box = button.bounding_box()
    assert box is not None
    page.evaluate(IMPATIENT, [box["x"] + 8, box["y"] + 8])
    scene.raise_alert("r-1", "sos", now_ms=now())
    expect(page.locator("#list-moved")).to_be_visible(timeout=8_000)
    with scene.sessions.begin() as session:
        assert {row.response for row in session.query(Alert)} == {"unacked"}
