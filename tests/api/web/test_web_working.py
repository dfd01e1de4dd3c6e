"""Working on an alarm: one click for each thing, together with others, taken back when it was wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.tables import Alert, AlertEvent
from anhu.contract.observation import AttributeValue, Event
from anhu.registry.tables import DeviceCommand
from api.dependencies import Screens
from api.schemas.observations import EventView
from api.services.around_alert import Asked
from api.web.command_lines import command_lines
from tests.api.web.scene import PASSWORD, Scene, _write
from tests.api.web.serving import served
from tests.api.web.tiles import write_map

Reader = Callable[..., Page]


def now() -> int:
    return time.time_ns() // 1_000_000


def opened(page: Page, alert_id: str) -> None:
    page.goto(page.url.split("/desk")[0] + f"/desk?alert={alert_id}")
    expect(page.locator("#alarm")).to_have_attribute("data-alert", alert_id)


def test_a_fall_is_closed_with_what_was_found_and_taken_back(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "fall", now_ms=now())
    page = reader()
    opened(page, alert_id)
    page.locator("body").press("a")
    expect(page.locator(".alarm-head .chips")).to_contain_text("已接警")
    page.locator("body").press("c")
    page.keyboard.press("1")
    expect(page.locator("#close-text")).to_be_focused()
    page.click("#close-form .button-primary")
    expect(page.locator("#close-form")).to_be_visible()  # a real one is not closed without a word
    page.fill("#close-text", "扶起，无外伤")
    page.click("#close-form .button-primary")
    expect(page.locator(".alarm-head .chips")).to_contain_text("真实 · 已扶起，无需送医")
    page.locator(".alarm-title h2").click()
    page.locator("body").press("r")
    expect(page.locator(".alarm-head .chips")).to_contain_text("已接警")
    expect(page.locator("[data-part=history]")).to_contain_text("撤销结束")
    page.click("[data-act=close]")
    expect(page.locator(".alarm-head .chips")).to_contain_text("误报")


def test_a_colleague_is_asked_on_every_page_and_says_yes(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "fall", now_ms=now())
    page, other = reader("desk"), reader("desk-two")
    other.goto(other.url.split("/desk")[0] + "/devices")
    opened(page, alert_id)
    page.click(".alarm-steps [data-step=acknowledge]")
    expect(page.locator(".alarm-head .chips")).to_contain_text("已接警")
    page.locator("body").press("h")
    page.select_option("#hand-to", "u-desk-two")
    page.fill("#hand-note", "女儿在路上")
    page.click("#hand-form .button")
    expect(page.locator(".alarm-head .chips")).to_contain_text("等待 马强 接手")
    expect(page.locator(".alarm-head .chips")).to_contain_text("刘芳 接警")
    expect(other.locator("#offers .offer")).to_contain_text("刘芳 请您接手", timeout=8_000)
    expect(other.locator("#offers .offer")).to_contain_text("女儿在路上")
    other.click("#offers [data-offer=take-over]")
    expect(other.locator("#offers .offer")).to_have_count(0)
    expect(page.locator(".alarm-head .chips")).to_contain_text("马强 接警", timeout=8_000)


def test_a_shift_is_handed_over_as_a_list_with_notes(scene: Scene, reader: Reader) -> None:
    mine = [scene.raise_alert(f"r-{n}", "sos", now_ms=now()) for n in (1, 2)]
    other, page = reader("desk-two"), reader("desk")
    base = page.url.split("/desk")[0]
    for alert_id in mine:
        page.click(f"#card-{alert_id} [data-step=acknowledge]")
        expect(page.locator(f"#card-{alert_id}")).to_have_attribute("data-response", "acknowledged")
    page.goto(base + "/desk/handover")
    expect(page.locator(".shift-list > li")).to_have_count(2)
    page.fill(f"[name=note-{mine[0]}]", "等 120")
    page.select_option(f"[name=to-{mine[0]}]", "u-desk-two")
    page.select_option(f"[name=to-{mine[1]}]", "")
    page.click(".shift .button-primary")
    expect(page.locator("main > .notice[role=status]")).to_contain_text("1")
    expect(other.locator("#offers .offer")).to_have_count(1, timeout=8_000)
    expect(other.locator("#offers .offer")).to_contain_text("等 120")
    with scene.sessions.begin() as session:
        assert {row.assignee for row in session.query(Alert)} == {"u-desk"}


def test_two_alarms_of_one_fall_become_one(scene: Scene, reader: Reader) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    leak = scene.raise_alert("r-1", "water_leak", now_ms=now())
    page = reader()
    opened(page, fall)
    expect(page.locator("[data-part=others] [data-act=merge]")).to_have_count(1)
    page.click("[data-part=others] [data-act=merge]")
    expect(page.locator(f"#card-{leak}")).to_have_count(0, timeout=8_000)
    expect(page.locator("#alarm")).to_have_attribute("data-alert", fall)
    expect(page.locator("[data-part=history]")).to_contain_text("已并入本条")


def test_calls_and_questions_to_devices_are_one_click_and_their_fate_is_seen(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    opened(page, alert_id)
    page.click(".call-results [data-act=calls] >> nth=1")
    expect(page.locator("[data-part=history]")).to_contain_text("无人接听")
    page.click("[data-command=ask_ok] >> nth=0")
    expect(page.locator("[data-command-state]")).to_have_text("等待设备上线")
    with scene.sessions.begin() as session:
        command = session.query(DeviceCommand).one()
        assert (command.name, command.device_id) == ("ask_ok", "watch-1")
        command.delivered_at_ms = now()
    _write(scene.writer, "r-1", "watch-1", now(), [Event("fall_cancelled", now(), "on")])
    with scene.sessions.begin() as session:
        session.add(AlertEvent(alert_id=alert_id, at_ms=now(), what="comment", text="x"))
    expect(page.locator("[data-command-state]")).to_have_text("已回应", timeout=8_000)


@pytest.mark.parametrize(
    ("name", "delivered", "event", "later_ms", "state"),
    [
        ("ask_ok", None, "", 0, "waiting"),
        ("ask_ok", None, "", 400_000, "expired"),
        ("find", 10, "", 400_000, "delivered"),
        ("ask_ok", 10, "", 60_000, "delivered"),
        ("ask_ok", 10, "", 200_000, "silent"),
        ("ask_ok", 10, "fall_cancelled", 200_000, "answered"),
        ("locate", 10, "fall_cancelled", 200_000, "silent"),
        ("locate", 10, "position", 200_000, "answered"),
    ],
)
def test_how_far_a_question_is(name: str, delivered: int | None, event: str, later_ms: int, state: str) -> None:
    asked = Asked("w", name, "", 1_000, None if delivered is None else 1_000 + delivered, 301_000)
    said = EventView(kind=event, observed_at_ms=2_000, state="on", device_id="w", quality=0, attributes={})
    events = [said] if event else []
    assert [one.state for one in command_lines([asked], events, {}, 1_000 + later_ms)] == [state]


def test_a_question_that_cannot_be_asked_or_was_answered_at_the_door_says_so() -> None:
    asked = Asked("w", "ask_ok", "", 1_000, None, 301_000)
    failed, answered = asked._replace(failed_at_ms=2_000), asked._replace(delivered_at_ms=2_000, answered_at_ms=3_000)
    assert [one.state for one in command_lines([failed, answered], [], {}, 200_000)] == ["failed", "answered"]
    fall = EventView(kind="fall", observed_at_ms=2_000, state="on", device_id="w", quality=0, attributes={})
    assert command_lines([asked._replace(delivered_at_ms=1_500)], [fall], {}, 200_000)[0].state == "answered"


def test_a_drill_is_marked_and_never_counted(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    opened(page, alert_id)
    expect(page.locator("[data-act=practice]")).to_have_count(0)
    page.click(".alarm-steps [data-step=acknowledge]")
    page.click("[data-act=practice] >> nth=0")
    expect(page.locator(f"#card-{alert_id} .chip-practice")).to_have_text("演练", timeout=8_000)
    expect(page.locator(".count-high .number")).to_have_text("0")
    expect(page.locator(".count-practice")).to_contain_text("1")
    page.locator("body").press("c")
    expect(page.locator("#close-form input[value=drill]")).to_be_checked()


def test_a_new_alarm_is_spoken_without_a_name_after_its_tone_and_not_when_it_is_off(
    scene: Scene, reader: Reader
) -> None:
    page = reader()
    page.locator("#clock").click()
    scene.raise_alert("r-1", "sos", now_ms=now())
    expect(page.locator("html")).to_have_attribute("data-spoken", "高级报警，紧急呼叫，幸福里 3 号楼", timeout=20_000)
    assert "王" not in str(page.locator("html").get_attribute("data-spoken"))
    page.locator("body").press("v")
    expect(page.locator("#voice")).to_have_attribute("aria-pressed", "false")
    scene.raise_alert("r-2", "smoke", now_ms=now())
    expect(page.locator("#alarm-count")).to_contain_text("2", timeout=8_000)
    page.wait_for_timeout(6_500)
    assert "8 号楼" not in str(page.locator("html").get_attribute("data-spoken"))


@pytest.mark.parametrize("with_file", [False, True])
def test_where_a_device_was_is_drawn_from_here_only(
    scene: Scene, browser: Browser, tmp_path: Path, *, with_file: bool
) -> None:
    fix: dict[str, AttributeValue] = {"latitude_deg": 30.2741, "longitude_deg": 120.1551, "accuracy_m": 40.0}
    _write(scene.writer, "r-1", "watch-1", now(), [Event("position", now() - 900_000, "on", fix)])
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    screens = Screens(write_map(tmp_path / "map.pmtiles"), "gcj02") if with_file else Screens()
    with served(scene, screens=screens) as base:
        page = browser.new_page(locale="zh-CN")
        complaints: list[str] = []
        asked: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{base}/login")
        page.fill("#login", "desk")
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url("**/desk")
        opened(page, alert_id)
        expect(page.locator("[data-part=map]")).to_contain_text("精度约 40 米")
        expect(page.locator("[data-part=map]")).to_contain_text("定位已超过 10 分钟")
        assert not any("leaflet" in url for url in asked)
        page.click("[data-map]")
        expect(page.locator("#map[data-drawn]")).to_be_visible(timeout=15_000)
        expect(page.locator(".leaflet-tooltip")).to_have_text("王秀英")
        if with_file:
            expect(page.locator("#map canvas").first).to_be_attached(timeout=15_000)
            assert any(url.endswith("/desk/map.pmtiles") for url in asked)
        else:
            expect(page.locator(".map-blank")).to_be_visible()
        assert all(url.startswith((base, "data:", "blob:")) for url in asked)
        assert complaints == []
        page.close()
