"""A doctor's phone on a bad line: answered in two taps, kept until it is sent, sent once, old things said to be old."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Route, expect

from alerts.episodes import responses
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import DAY_MS
from anhu.contract.observation import Scalar
from anhu.registry.tables import Token
from tests.api.web.scene import Scene, _write
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]
STEPS = "**/api/v1/alerts/*/steps"
CACHED = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const kept = await (await caches.open(name)).keys();
    found[name.replace(/-[0-9a-f]+$/, "")] = kept.map((one) => new URL(one.url).pathname);
  }
  return found;
}"""
LATER = """() => {
  const all = JSON.parse(localStorage["anhu.unsent"]);
  all[0].at -= 600000;
  localStorage["anhu.unsent"] = JSON.stringify(all);
}"""


def now() -> int:
    return time.time_ns() // 1_000_000


def on_phone(reader: Reader, login: str = "doctor") -> Page:
    page = reader(login, width=390, height=780)
    page.goto(at(page, "/worklist" if login != "family" else "/residents/r-1"))
    return page


def with_worker(page: Page) -> None:
    """Wait until the worker answers for the page, then open it anew: what is opened now is kept."""
    page.wait_for_function("() => navigator.serviceWorker.controller", timeout=90_000)
    page.reload()
    page.wait_for_function(
        "async () => (await caches.keys()).some((name) => name.startsWith('anhu-pages'))", timeout=90_000
    )


def tap_twice(page: Page, alert: str) -> None:
    button = page.locator(f"[data-alert='{alert}'] [data-step=acknowledge]")
    button.click()
    expect(button).to_have_text("再按一次确认")
    button.click()


def test_the_worklist_says_who_what_since_and_the_value_against_its_limit(scene: Scene, reader: Reader) -> None:
    pressures = [Scalar("systolic_pressure", 204, now()), Scalar("diastolic_pressure", 112, now())]
    _write(scene.writer, "r-2", "watch-2", now(), pressures)
    for days in range(1, 6):
        then_ms = now() - days * DAY_MS
        _write(scene.writer, "r-2", "watch-2", then_ms, [Scalar("systolic_pressure", 130, then_ms)])
    _write(scene.writer, "r-3", "watch-3", now(), [Scalar("glucose", 25, now())])
    scene.raise_alert("r-3", "battery_low", now_ms=now())
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    alarms = page.locator("section[aria-labelledby=alarms-title] li")
    expect(alarms).to_have_count(2)
    expect(alarms.first).to_have_attribute("data-alert", fall)
    values = page.locator("section[aria-labelledby=values-title]")
    expect(values).to_contain_text("204")
    expect(values).to_contain_text("≥ 180")
    usual = values.locator("li", has_text="204").locator(".work-usual")
    expect(usual).to_have_text(re.compile(r"本人 30 天平均 1[0-9]{2}，现 \+[0-9]{2} "))
    assert len((usual.locator("polyline").get_attribute("points") or "").split()) >= len(range(1, 6))
    expect(values.locator("li", has_text="血糖").locator(".work-usual")).to_have_count(0)
    expect(page.locator("section[aria-labelledby=due-title] li")).to_have_count(0)
    page.click(f"[data-alert='{fall}'] .work-who")
    expect(page.locator("h2", has_text="7 天平均")).to_be_visible()
    expect(page.locator("main")).to_contain_text("房颤，遵医嘱")


def test_an_alarm_is_taken_in_two_taps(scene: Scene, reader: Reader) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    tap_twice(page, fall)
    expect(page.locator(f"[data-alert='{fall}']")).to_contain_text("李医生", timeout=15_000)
    expect(page.locator("#unsent")).to_be_hidden()


def test_without_a_line_the_answer_waits_says_so_and_is_sent_once_with_its_time(scene: Scene, reader: Reader) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    context: BrowserContext = page.context
    context.set_offline(True)
    tap_twice(page, fall)
    expect(page.locator("#unsent")).to_contain_text("尚未发送")
    expect(page.locator(f"[data-alert='{fall}']")).to_have_class(with_class("is-unsent"))
    with scene.sessions() as session:
        assert session.get_one(Alert, fall).response == "unacked"
    page.evaluate(LATER)
    context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden(timeout=15_000)
    with scene.sessions() as session:
        line = session.query(AlertEvent).filter_by(what="acknowledged").one()
        assert 590_000 < line.at_ms - line.data["said_at_ms"] < 660_000
    desk = reader("desk")
    desk.goto(at(desk, f"/desk?alert={fall}"))
    expect(desk.locator("[data-part=history]")).to_contain_text("实际说于")


def with_class(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{name}\b")


def test_an_answer_whose_receipt_was_lost_is_not_taken_twice_and_a_double_tap_is_one(
    scene: Scene, reader: Reader
) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    sent: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}")["key"])
        if len(sent) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(STEPS, lose_the_first_answer)
    button = page.locator(f"[data-alert='{fall}'] [data-step=acknowledge]")
    button.dblclick()
    expect(page.locator("#unsent")).to_be_hidden(timeout=20_000)
    assert len(sent) >= 2
    assert len(set(sent)) == 1
    with scene.sessions() as session:
        assert session.query(AlertEvent).filter_by(what="acknowledged").count() == 1
        assert session.query(AlertEvent).filter_by(what="late_word").count() == 0


def test_two_tabs_that_come_back_together_send_it_once(scene: Scene, reader: Reader) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    page.context.set_offline(True)
    tap_twice(page, fall)
    other = page.context.new_page()
    page.context.set_offline(False)
    other.goto(at(page, "/worklist"))
    expect(other.locator("#unsent")).to_be_hidden(timeout=15_000)
    expect(page.locator("#unsent")).to_be_hidden(timeout=15_000)
    with scene.sessions() as session:
        assert session.query(AlertEvent).filter_by(what="acknowledged").count() == 1


def test_what_comes_too_late_is_said_and_not_tried_for_ever(scene: Scene, reader: Reader) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    page.context.set_offline(True)
    tap_twice(page, fall)
    with scene.sessions.begin() as session:
        responses.close(session, fall, "false", actor="u-desk", now_ms=now())
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_contain_text("送达时已太晚", timeout=15_000)
    expect(page.locator("#unsent")).to_contain_text("刘芳")
    page.click("#unsent >> text=知道了")
    expect(page.locator("#unsent")).to_be_hidden()


def test_without_a_line_the_kept_list_says_how_old_it_is_and_what_was_not_opened_is_not_there(
    scene: Scene, reader: Reader
) -> None:
    scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    with_worker(page)
    page.goto(at(page, "/residents/r-1/card"))
    page.context.set_offline(True)
    page.goto(at(page, "/worklist"))
    expect(page.locator("#kept")).to_contain_text("没有网络。这是 0 分钟前")
    expect(page.locator("main")).to_have_class(with_class("not-current"))
    page.goto(at(page, "/residents/r-1/card"))
    expect(page.locator("main")).to_contain_text("急救须知")
    page.goto(at(page, "/residents/r-2/card"))
    expect(page.locator("h1")).to_have_text("没有网络")
    page.goto(at(page, "/desk"))
    expect(page.locator("main")).to_contain_text("现在看不到报警")
    page.evaluate(
        "async () => { for (const name of await caches.keys()) if (name.startsWith('anhu-pages')) {"
        " const cache = await caches.open(name); for (const one of await cache.keys()) {"
        " const old = await cache.match(one); await cache.put(one, new Response(await old.text(), { headers: {"
        " 'Content-Type': 'text/html', 'X-Anhu-Kept-At': String(Date.now() - 9 * 3600000) } })) } } }"
    )
    page.goto(at(page, "/worklist"))
    expect(page.locator("h1")).to_have_text("没有网络")
    page.context.set_offline(False)
    expect(page.locator("h1")).to_have_text("工作清单", timeout=20_000)


def test_nothing_of_anybody_stays_on_the_phone_after_logging_out(scene: Scene, reader: Reader) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    with_worker(page)
    page.goto(at(page, "/residents/r-1/card"))
    page.goto(at(page, "/worklist"))
    assert set(page.evaluate(CACHED)["anhu-pages"]) == {"/worklist", "/residents/r-1/card"}
    page.route(STEPS, lambda route: route.abort())
    tap_twice(page, fall)
    expect(page.locator("#unsent")).to_contain_text("尚未发送")
    page.click("#logout")
    expect(page.locator("#unsent")).to_contain_text("再按一次退出")
    page.click("#logout")
    page.wait_for_url("**/login")
    assert page.evaluate(CACHED).get("anhu-pages", []) == []
    assert page.evaluate("() => localStorage.getItem('anhu.unsent')") is None
    page.context.set_offline(True)
    page.goto(at(page, "/worklist"))
    expect(page.locator("h1")).to_have_text("没有网络")
    assert "王" not in page.locator("main").inner_text()


def test_a_session_that_ended_elsewhere_empties_the_phone_and_keeps_the_unsent_answer_for_its_user(
    scene: Scene, reader: Reader
) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    with_worker(page)
    page.context.set_offline(True)
    tap_twice(page, fall)
    with scene.sessions.begin() as session:
        session.query(Token).delete()
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_contain_text("重新登录后才会发送", timeout=15_000)
    page.goto(at(page, "/worklist"))
    page.wait_for_url("**/login?next=/worklist")
    assert page.evaluate(CACHED).get("anhu-pages", []) == []
    for login, waits in (("desk", True), ("doctor", False)):
        page.goto(at(page, "/login?next=/residents"))
        page.fill("#login", login)
        page.fill("#password", "correct-horse-1")
        page.click("form button")
        page.wait_for_url("**/residents")
        if waits:
            expect(page.locator("#unsent")).to_contain_text("另一位用户未发送")
            page.wait_for_timeout(6_000)
            with scene.sessions() as session:
                assert session.get_one(Alert, fall).response == "unacked"
            page.context.clear_cookies()
        else:
            expect(page.locator("#unsent")).to_be_hidden(timeout=15_000)
    with scene.sessions() as session:
        assert session.get_one(Alert, fall).assignee == "u-doctor"


def test_the_app_can_be_installed(reader: Reader) -> None:
    page = on_phone(reader)
    manifest = page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")
    assert (manifest["id"], manifest["scope"], manifest["display"]) == ("/app", "/", "standalone")
    sizes = page.evaluate(
        "async (icons) => Promise.all(icons.filter((one) => one.type === 'image/png').map(async (one) => {"
        " const picture = new Image();"
        " picture.src = new URL(one.src, document.querySelector('link[rel=manifest]').href);"
        " await picture.decode(); return picture.naturalWidth + 'x' + picture.naturalHeight === one.sizes }))",
        manifest["icons"],
    )
    assert sizes == [True, True, True]
    faults = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in faults if one["errorId"] != "in-incognito"] == []
    page.goto(at(page, manifest["start_url"]))
    page.wait_for_url("**/worklist")
