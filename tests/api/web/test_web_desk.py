from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from alerts.tables import AlertEvent
from anhu.contract.priority import Priority
from anhu.registry.tables import Resident, Token
from api.schemas.platform import Component
from tests.api.web.scene import PASSWORD, Scene, record_fall, tell_somebody
from tests.api.web.serving import served

Reader = Callable[..., Page]
HOSTILE = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\'};'


def now() -> int:
    return time.time_ns() // 1_000_000


def card(alert_id: str) -> str:
    return f"#card-{alert_id}"


def test_a_new_alarm_appears_by_itself_and_its_timer_runs(scene: Scene, reader: Reader) -> None:
    page = reader()
    expect(page.locator("#none")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    expect(page.locator(card(alert_id))).to_be_visible(timeout=5_000)
    assert page.evaluate("window.sameDocument") is True
    expect(page.locator("#announcer")).to_contain_text("紧急呼叫")
    expect(page.locator("#announcer")).to_contain_text("王秀英")
    timer = page.locator(f"{card(alert_id)} .timer")
    first = timer.inner_text()
    expect(timer).not_to_have_text(first, timeout=3_000)
    assert re.fullmatch(r"\d+:\d\d", timer.inner_text())
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_a_part_that_fell_silent_is_named_loudly(scene: Scene, reader: Reader) -> None:
    fresh = [Component(name=name, at_ms=now(), counters={}) for name in ("gateway", "dispatcher")]
    scene.parts[:] = [*fresh, Component(name="alerts", at_ms=now() - 31_000, counters={})]
    page = reader()
    expect(page.locator("#queue .banner-lost")).to_contain_text("报警引擎已停止")
    scene.parts[:] = [*fresh, Component(name="alerts", at_ms=now(), counters={})]
    page.reload()
    expect(page.locator("#queue .banner-lost")).to_have_count(0)


def test_the_queue_is_sorted_by_priority_then_age(scene: Scene, reader: Reader) -> None:
    low = scene.raise_alert("r-1", "battery_low", now_ms=now() - 90_000)
    young = scene.raise_alert("r-2", "sos", now_ms=now() - 1_000)
    old = scene.raise_alert("r-3", "smoke", now_ms=now() - 60_000)
    middle = scene.raise_alert("r-4", "water_leak", now_ms=now() - 99_000)
    page = reader()
    shown = page.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.alert)")
    assert shown == [old, young, middle, low]
    levels = page.locator(".card .level").all_inner_texts()
    assert levels == ["高", "高", "中", "低"]
    shapes = page.locator(".card .level use").evaluate_all(
        "marks => marks.map(mark => mark.href.baseVal.split('#')[1])"
    )
    assert shapes == ["high", "high", "medium", "low"]


def test_acknowledge_takes_it_and_a_second_desk_sees_who(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page, other = reader("desk"), reader("desk-two")
    page.click(f"{card(alert_id)} [data-step=acknowledge]")
    for window in (page, other):
        expect(window.locator(card(alert_id))).to_contain_text("刘芳 接警", timeout=5_000)
        expect(window.locator(card(alert_id))).to_have_attribute("data-response", "acknowledged")
    other.goto(other.url + "?show=mine")
    expect(other.locator(".card")).to_have_count(0)
    page.click("text=我的")
    expect(page.locator(card(alert_id))).to_be_visible()


def test_an_alarm_is_worked_through_to_its_outcome(scene: Scene, reader: Reader) -> None:
    alert_id = record_fall(scene, "r-1", now_ms=now())
    tell_somebody(scene, alert_id, now_ms=now())
    page = reader()
    page.click(f"[data-open-alert={alert_id}]")
    expect(page.locator("#alarm h2")).to_have_text("跌倒")
    expect(page.locator(".features")).to_contain_text("冲击峰值")
    expect(page.locator(".notices")).to_contain_text("李医生团队")
    for step, words in (("acknowledge", "已接警"), ("on_the_way", "已出发"), ("on_scene", "已到场")):
        page.click(f".alarm-steps [data-step={step}]")
        expect(page.locator(".alarm-head .chips")).to_contain_text(words)
    page.fill("#comment", HOSTILE)
    page.click("#comment-form button")
    expect(page.locator(".history").first).to_contain_text(HOSTILE)
    page.click(".alarm-steps [data-step=close]")
    page.check("#close-form input[value=true]")
    page.fill("#close-text", "扶起，未受伤")
    page.click("#close-form .button-primary")
    expect(page.locator("#none")).to_be_visible()
    expect(page.locator(".alarm-head .chips")).to_contain_text("真实")
    expect(page.locator(".history").first).to_contain_text("扶起，未受伤")
    expect(page.locator("#close-form")).to_be_hidden()
    assert page.evaluate("window.pwned") is None


def test_a_half_written_outcome_survives_what_happens_meanwhile(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    page.click(f"[data-open-alert={alert_id}]")
    page.click(".alarm-steps [data-step=close]")
    page.fill("#close-text", "电话中")
    scene.raise_alert("r-2", "smoke", now_ms=now())
    expect(page.locator(".card")).to_have_count(2, timeout=5_000)
    expect(page.locator("#close-text")).to_have_value("电话中")
    expect(page.locator("#close-form")).to_be_visible()


def test_everything_works_from_the_keyboard(scene: Scene, reader: Reader) -> None:
    first = scene.raise_alert("r-1", "sos", now_ms=now() - 5_000)
    second = scene.raise_alert("r-2", "sos", now_ms=now())
    page = reader()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{card(first)} .card-open")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{card(second)} .card-open")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator(card(second))).to_have_attribute("data-response", "acknowledged")
    expect(page.locator(card(first))).to_have_attribute("data-response", "unacked")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#alarm")).to_have_attribute("data-alert", first)
    page.keyboard.press("c")
    expect(page.locator("#close-form input").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("awm")
    expect(page.locator("#close-text")).to_have_value("awm")
    expect(page.locator(card(first))).to_have_attribute("data-response", "unacked")


def test_a_desk_that_is_cut_off_says_so_loudly_and_recovers(scene: Scene, browser: Browser) -> None:
    with served(scene) as base:
        port = int(base.rsplit(":", 1)[1])
        page = browser.new_page(locale="zh-CN")
        page.goto(f"{base}/login")
        page.fill("#login", "desk")
        page.fill("#password", PASSWORD)
        page.click("form button")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        expect(page.locator("#banner-lost")).to_be_hidden()
    expect(page.locator("#banner-polling")).to_be_visible(timeout=8_000)
    expect(page.locator("#banner-lost")).to_be_visible(timeout=14_000)
    expect(page.locator("#banner-lost")).to_contain_text("值守台已停止更新")
    expect(page.locator("#last-update")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    missed = scene.raise_alert("r-1", "sos", now_ms=now())
    with served(scene, port=port):
        expect(page.locator(card(missed))).to_be_visible(timeout=10_000)
        expect(page.locator("#banner-lost")).to_be_hidden(timeout=10_000)
        page.close()


def test_a_desk_whose_scripts_never_came_says_so_too(browser: Browser, base: str) -> None:
    page = browser.new_page(reduced_motion="reduce", locale="zh-CN")
    page.route("**/queue.js", lambda route: route.abort())
    page.goto(f"{base}/login")
    page.fill("#login", "desk")
    page.fill("#password", PASSWORD)
    page.click("form button")
    expect(page.locator("#live")).to_have_attribute("data-state", "starting")
    expect(page.locator("#banner-unstarted")).to_be_hidden()
    expect(page.locator("#banner-unstarted")).to_be_visible(timeout=12_000)
    page.close()


def test_a_session_that_ended_is_said_not_hidden(scene: Scene, reader: Reader) -> None:
    page = reader()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    with scene.sessions.begin() as session:
        session.query(Token).delete()
    expect(page.locator("#banner-expired")).to_be_visible(timeout=15_000)
    expect(page.locator("#live")).to_have_attribute("data-state", "lost")
    expect(page.locator("#banner-expired a")).to_have_attribute("href", "/login?next=/desk")


def test_sound_is_tried_at_once_and_a_mute_is_visible_and_ends(scene: Scene, reader: Reader) -> None:
    page = reader()
    expect(page.locator("#banner-sound")).to_be_hidden()
    scene.raise_alert("r-1", "water_leak", now_ms=now())
    expect(page.locator("html")).to_have_attribute("data-bursts", re.compile(r"[1-9]"))
    page.click("#mute")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#mute-left")).to_have_text(re.compile(r"1:\d\d|2:00"))
    scene.raise_alert("r-2", "sos", now_ms=now())
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false", timeout=5_000)


def test_nobody_answered_for_too_long_asks_for_the_emergency_number(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "smoke", now_ms=now() - 400_000)
    with scene.sessions.begin() as session:
        data = {"step": 3, "prompt_emergency": True}
        session.add(AlertEvent(alert_id=alert_id, at_ms=now(), what="escalated", data=data))
    page = reader()
    expect(page.locator(f"{card(alert_id)} .emergency a")).to_have_attribute("href", "tel:119")


def test_a_hostile_name_is_only_text(scene: Scene, reader: Reader) -> None:
    with scene.sessions.begin() as session:
        resident = session.get_one(Resident, "r-1")
        resident.name = HOSTILE
        resident.address = resident.access_note = HOSTILE
        resident.flags = [HOSTILE]
    scene.raise_alert(
        "r-1", "spo2_low", now_ms=now(), priority=Priority.HIGH, features={HOSTILE: 1.0}, device_id=HOSTILE[:64]
    )
    page = reader()
    expect(page.locator(".card-person strong")).to_have_text(HOSTILE)
    page.click("[data-open-alert]")
    expect(page.locator(".alarm-person a")).to_have_text(HOSTILE)
    for path in ("/residents", "/residents?q=%22%3E%3Cscript%3E", "/residents/r-1"):
        page.goto(
            re.sub(r"/desk.*", path, page.url) if "/desk" in page.url else re.sub(r"/residents.*", path, page.url)
        )
        expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("window.pwned") is None


def test_an_address_with_the_alarm_opens_it_and_back_closes_it(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader(width=390, height=844)
    page.click(f"[data-open-alert={alert_id}]")
    expect(page.locator("#alarm")).to_be_visible()
    expect(page.locator("#queue")).to_be_hidden()
    page.reload()
    expect(page.locator("#alarm")).to_be_visible()
    page.click("[data-back]")
    expect(page.locator("#queue")).to_be_visible()
    page.go_back()
    expect(page.locator("#alarm")).to_be_visible()
