"""No page of somebody who answers alarms is calm while one waits, or while the state is not known."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.engine.calls_of_nobody import Call
from alerts.episodes.nobodys_calls import write_down
from anhu.contract.clock import MINUTE_MS
from anhu.registry.devices import assign_device, create_device, queue_command
from anhu.registry.tables import DeviceCommand, Token, User
from tests.api.web.scene import PASSWORD, Scene

Reader = Callable[..., Page]
SOUNDED = re.compile(r"[1-9]")


def now() -> int:
    return time.time_ns() // 1_000_000


def at(page: Page, path: str) -> str:
    return "/".join(page.url.split("/")[:3]) + path


@pytest.mark.parametrize(
    "path", ["/desk?show=mine", "/residents", "/residents/r-2", "/devices", "/budget", "/residents/r-9"]
)
def test_a_call_is_seen_and_heard_on_every_page(scene: Scene, reader: Reader, path: str) -> None:
    page = reader()
    go_to(page, path)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    expect(page.locator("#alarm-bar")).to_be_hidden()
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    expect(page.locator("#alarm-bar")).to_contain_text("1 条未接警", timeout=5_000)
    expect(page.locator("#alarm-bar a")).to_contain_text("紧急呼叫")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    assert page.locator("link[rel=icon]").evaluate("icon => icon.href").startswith("data:image/svg")
    expect(page.locator("html")).to_have_attribute("data-bursts", SOUNDED)
    assert "high" in str(page.locator("html").get_attribute("data-played"))
    page.click("#alarm-bar a")
    expect(page.locator("#alarm")).to_have_attribute("data-alert", alert_id)
    page.click(".alarm-steps [data-step=acknowledge]")
    expect(page.locator("#alarm-bar")).to_be_hidden()
    expect(page).not_to_have_title(re.compile(r"^\("))


def test_sound_goes_on_over_pages_and_a_mute_keeps_its_end(scene: Scene, reader: Reader) -> None:
    page = reader()
    scene.raise_alert("r-1", "water_leak", now_ms=now())
    for name in ("residents", "desk", "rota"):
        page.click(f".menu a[href='/{name}']")
        page.wait_for_url(f"**/{name}")
        expect(page.locator("html")).to_have_attribute("data-bursts", SOUNDED)
    page.click("#mute")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    page.click(".menu a[href='/devices']")
    expect(page.locator("#mute-left")).to_have_text(re.compile(r"1:\d\d"))
    expect(page.locator("html")).to_have_attribute("data-bursts", "0")
    scene.raise_alert("r-2", "sos", now_ms=now())
    expect(page.locator("html")).to_have_attribute("data-bursts", SOUNDED)
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")


def test_a_browser_that_forbids_sound_is_shouted_about(browser: Browser, base: str) -> None:
    context = browser.new_context(locale="zh-CN")
    context.add_init_script(
        "AudioContext.prototype.resume = () => new Promise(() => {}); "
        "Object.defineProperty(AudioContext.prototype, 'state', { get: () => 'suspended' });"
    )
    page = context.new_page()
    _log_in(page, base)
    for path in ("/desk", "/devices"):
        page.goto(base + path)
        expect(page.locator("#banner-sound")).to_be_visible()
        expect(page.locator("#mute")).to_be_hidden()
    context.close()


def test_two_windows_sound_once_and_the_other_takes_over(scene: Scene, reader: Reader) -> None:
    page = reader()
    other = page.context.new_page()
    other.goto(at(page, "/residents"))
    other.click("h1")
    scene.raise_alert("r-1", "sos", now_ms=now())
    both = "window => Number(window.dataset.bursts)"
    expect(page.locator("#alarm-bar")).to_be_visible(timeout=5_000)
    expect(other.locator("#alarm-bar")).to_be_visible(timeout=5_000)
    page.wait_for_timeout(6_000)
    sounded = [one.locator("html").evaluate(both) for one in (page, other)]
    assert sorted(count > 0 for count in sounded) == [False, True], sounded
    loud, quiet = (page, other) if sounded[0] else (other, page)
    loud.close()
    expect(quiet.locator("html")).to_have_attribute("data-bursts", SOUNDED, timeout=10_000)


@pytest.mark.parametrize("path", ["/desk", "/residents"])
def test_a_refresh_that_fails_while_the_stream_lives_is_no_calm(scene: Scene, reader: Reader, path: str) -> None:
    page = reader()
    go_to(page, path)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    broken = "**/desk/queue*" if path == "/desk" else "**/watch.json*"
    page.route(broken, lambda route: route.fulfill(status=500, body="{}"))
    scene.raise_alert("r-1", "fall", now_ms=now())
    expect(page.locator("#live")).not_to_have_attribute("data-state", "live", timeout=8_000)
    expect(page.locator("#banner-failing")).to_be_visible(timeout=8_000)
    expect(page.locator("#banner-lost")).to_be_visible(timeout=14_000)
    expect(page.locator("html")).to_have_attribute("data-played", re.compile("lost"), timeout=12_000)
    page.unroute(broken)
    expect(page.locator("#banner-lost")).to_be_hidden(timeout=12_000)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_an_ended_session_shouts_here_and_on_the_login_page(scene: Scene, reader: Reader) -> None:
    scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    go_to(page, "/devices")
    expect(page.locator("#alarm-bar")).to_be_visible()
    with scene.sessions.begin() as session:
        session.query(Token).delete()
    expect(page.locator("#banner-expired")).to_contain_text("1 条未接警", timeout=10_000)
    expect(page.locator("html")).to_have_attribute("data-played", re.compile("ended"), timeout=15_000)
    page.goto(at(page, "/desk"))
    expect(page.locator("#banner-unwatched")).to_contain_text("1 条未接警")
    page.locator("#login-title").click()
    expect(page.locator("html")).to_have_attribute("data-played", re.compile("ended"), timeout=10_000)
    page.click("#unwatched-end")
    page.reload()
    expect(page.locator("#banner-unwatched")).to_be_hidden()


def test_a_session_in_use_is_renewed_and_one_near_its_limit_warns(scene: Scene, reader: Reader) -> None:
    page = reader()
    with scene.sessions.begin() as session:
        session.query(Token).update({Token.expires_at_ms: now() + 10 * MINUTE_MS})
    expect(page.locator("#banner-session")).to_be_visible(timeout=8_000)
    expect(page.locator("#session-left")).to_have_text(re.compile(r"9:\d\d"))
    expect(page.locator("html")).to_have_attribute("data-played", re.compile("warning"), timeout=5_000)
    page.click("#session-stay")
    expect(page.locator("#banner-session")).to_be_hidden()
    with scene.sessions.begin() as session:
        token = session.query(Token).filter(Token.purpose == "session").one()
        assert token.expires_at_ms > now() + 11 * 60 * MINUTE_MS
        token.created_at_ms = now() - 24 * 60 * MINUTE_MS + 5 * MINUTE_MS
        token.expires_at_ms = now() + 5 * MINUTE_MS
    expect(page.locator("#session-again")).to_be_visible(timeout=8_000)
    expect(page.locator("#session-stay")).to_be_hidden()


def test_who_watches_nobody_never_sees_green(scene: Scene, reader: Reader) -> None:
    with scene.sessions.begin() as session:
        session.get_one(User, "u-desk-two").centre_id = None
    page = reader("desk-two")
    for path in ("/desk", "/devices"):
        page.goto(at(page, path))
        expect(page.locator("#banner-nobody")).to_contain_text("您没有看护任何人")
        expect(page.locator("#live")).to_have_attribute("data-state", "nobody")
    page.goto(at(page, "/desk"))
    expect(page.locator("#none .icon")).to_have_count(0)


def test_a_call_of_a_device_that_nobody_has_is_red_and_heard_on_every_page(scene: Scene, reader: Reader) -> None:
    page = reader()
    with scene.sessions.begin() as session:
        create_device(session, device_id="watch-77", codec="open_json", model="T1", now_ms=now())
        write_down(session, {"watch-77": Call("sos", now())}, now())
    for path in ("/devices", "/desk"):
        page.goto(at(page, path))
        expect(page.locator("#parts-down .banner-lost")).to_contain_text("无主设备求助：watch-77 T1", timeout=8_000)
    heard = page.locator("html[data-played*='lost'], html:has(#banner-sound:not([hidden]))")
    expect(heard).to_have_count(1, timeout=8_000)
    with scene.sessions.begin() as session:
        assign_device(session, "watch-77", "r-1", now_ms=now())
    expect(page.locator("#parts-down .banner")).to_have_count(0, timeout=8_000)


def test_a_question_that_nobody_answers_stands_on_every_page_of_whoever_asked(scene: Scene, reader: Reader) -> None:
    page, other = reader(), reader("desk-two")
    asked_ms = now() - 3 * MINUTE_MS
    with scene.sessions.begin() as session:
        until_ms = asked_ms + 5 * MINUTE_MS
        command = queue_command(
            session, device_id="watch-1", name="ask_ok", now_ms=asked_ms, expires_at_ms=until_ms, asked_by="u-desk"
        )
        command.delivered_at_ms = asked_ms
        command_id = command.id
    banner = page.locator("#parts-down .banner")
    for path in ("/devices", "/desk"):
        page.goto(at(page, path))
        expect(banner).to_contain_text("watch-1 询问“您还好吗？”，无人应答", timeout=8_000)
        expect(banner).to_contain_text("请打电话或上门确认")
    expect(other.locator("#live")).to_have_attribute("data-state", "live")
    expect(other.locator("#parts-down .banner")).to_have_count(0)
    page.goto(at(page, "/devices/watch-1"))
    expect(page.locator("#commands .command-silent")).to_contain_text("已收到，未回应")
    with scene.sessions.begin() as session:
        session.get_one(DeviceCommand, command_id).answered_at_ms = now()
    expect(page.locator("#parts-down .banner")).to_have_count(0, timeout=8_000)


def test_a_page_of_another_release_loads_itself_anew_and_sounds_or_shouts(scene: Scene, reader: Reader) -> None:
    page = reader()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    with page.expect_event("load", timeout=8_000):
        page.evaluate("document.documentElement.dataset.release = 'old'")
    scene.raise_alert("r-1", "sos", now_ms=now())
    expect(page.locator("#alarm-bar")).to_be_visible(timeout=8_000)
    heard = page.locator("html:not([data-bursts='0']) #alarm-bar, #banner-sound:not([hidden])")
    expect(heard).to_have_count(1)


def go_to(page: Page, path: str) -> None:
    """Type an address; as nobody clicked on a link, the browser wants one click before it sounds."""
    page.goto(at(page, path))
    page.locator("#clock").click()


def _log_in(page: Page, base: str) -> None:
    page.goto(f"{base}/login")
    page.fill("#login", "desk")
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url(lambda url: "/login" not in url)
