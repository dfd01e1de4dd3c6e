"""A night at the desk, in the browser: handed over, called, cut off, answered, taken back, ended; nothing missed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from notify.channels.webhook.fake import WebhookServer
from simulators.credential import Credential
from simulators.fleet import FleetDevice
from tests.smoke.installation import Installation, until
from tests.smoke.test_drill import SOS

RESIDENTS = {"r-1": "王秀英", "r-2": "李建国"}
SLOW_MS = 30_000


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Two residents, a daughter, two operators."""
    made = Installation(tmp_path)
    made.admin("create-centre", id="c-1", name="幸福里")
    for resident_id, name in RESIDENTS.items():
        made.admin("create-resident", id=resident_id, name=name, centre="c-1")
    made.log_in()
    yield made
    made.stop()


@pytest.fixture
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path)
        yield started
        started.close()


def operator(installation: Installation, browser: Browser, login: str, password: str, *, width: int = 1440) -> Page:
    page = browser.new_page(locale="zh-CN", viewport={"width": width, "height": 900})
    page.set_default_timeout(SLOW_MS)
    page.goto(f"http://127.0.0.1:{installation.port}/login")
    page.fill("#login", login)
    page.fill("#password", password)
    page.click("form button")
    page.wait_for_url("**/desk")
    return page


def presses(installation: Installation, device_id: str, secret: str, said: bytes = SOS) -> None:
    """Call for help with a watch, or let it say something else; returns when the platform has taken it."""

    async def press() -> bool:
        watch = FleetDevice(Credential(device_id, secret), host="127.0.0.1", port=installation.mqtt_port)
        await watch.connect()
        await watch.publish(said, urgent=True)
        taken = await watch.wait_acknowledged()
        await watch.close()
        return taken

    with ThreadPoolExecutor(1) as aside:  # the browser has an event loop of its own in this thread
        assert aside.submit(asyncio.run, press()).result()


def told(daughter: WebhookServer) -> list[str]:
    return [str(json.loads(call.body)["type"]) for call in daughter.calls]


def test_a_night_at_the_desk(installation: Installation, browser: Browser, tmp_path: Path) -> None:
    logins = ("day", "night")
    users = {
        one: installation.admin("create-user", login=one, name=f"{one}员", role="desk", centre="c-1") for one in logins
    }
    daughter_id = installation.admin("create-user", login="daughter", name="王小明", role="family")["user_id"]
    installation.admin("link-family", login="daughter", resident="r-1", relation="daughter")
    with ExitStack() as open_:
        daughter = open_.enter_context(WebhookServer())
        installation.admin("create-contact", owner=f"user:{daughter_id}", channel="webhook", address=daughter.url)
        secrets = {one: installation.admin("create-device", id=f"w-{one}", resident=one)["secret"] for one in RESIDENTS}
        installation.start()
        day, night = (operator(installation, browser, one, users[one]["password"]) for one in logins)
        presses(installation, "w-r-1", secrets["r-1"])
        for page in (day, night):
            expect(page.locator(".card")).to_contain_text("王秀英", timeout=SLOW_MS)
        until(lambda: told(daughter), installation.log)

        day.locator(".card [data-step=acknowledge]").click()
        expect(night.locator(".card")).to_contain_text("day员 接警", timeout=SLOW_MS)
        _hands_the_shift_over(day, night)
        _is_cut_off_while_somebody_calls(installation, night, secrets["r-2"])
        night.screenshot(path=tmp_path / "two.png")
        _works_to_the_end(night, daughter, installation, tmp_path)


def _hands_the_shift_over(day: Page, night: Page) -> None:
    day.goto(day.url.split("/desk")[0] + "/desk/handover")
    day.locator("select").first.select_option(label=_colleague(day, "night员"))
    day.locator("[name^=note-]").fill("女儿已在路上")
    day.locator(".shift .button-primary").click()
    expect(night.locator("#offers .offer")).to_contain_text("女儿已在路上", timeout=SLOW_MS)
    night.click("#offers [data-offer=take-over]")
    expect(night.locator(".card")).to_contain_text("night员 接警", timeout=SLOW_MS)


def _colleague(page: Page, name: str) -> str:
    return page.locator("select option", has_text=name).first.inner_text()


def _is_cut_off_while_somebody_calls(installation: Installation, night: Page, secret: str) -> None:
    night.context.set_offline(True)
    expect(night.locator("#banner-lost")).to_be_visible(timeout=SLOW_MS)
    presses(installation, "w-r-2", secret)
    until(lambda: installation.alerts("r-2"), installation.log)
    expect(night.locator(".card", has_text="李建国")).to_have_count(0)
    night.context.set_offline(False)
    expect(night.locator(".card", has_text="李建国")).to_be_visible(timeout=SLOW_MS)
    installation.kill()
    expect(night.locator("#banner-lost")).to_be_visible(timeout=SLOW_MS)
    installation.start()
    expect(night.locator("#banner-lost")).to_be_hidden(timeout=SLOW_MS)
    expect(night.locator(".card")).to_have_count(2)


def _works_to_the_end(night: Page, daughter: WebhookServer, installation: Installation, shots: Path) -> None:
    chips = night.locator(".alarm-head .chips")
    night.locator(".card", has_text="王秀英").locator("[data-open-alert]").first.click()
    for step, words in (("on_the_way", "已出发"), ("on_scene", "已到场")):
        night.click(f".alarm-steps [data-step={step}]")
        expect(chips).to_contain_text(words)
    night.screenshot(path=shots / "on-scene.png")
    _ends(night)
    expect(chips).to_contain_text("真实")
    until(lambda: "closed_alert" in told(daughter), installation.log)
    night.click("#reopen")
    expect(chips).to_contain_text("已接警")
    until(lambda: told(daughter)[-1] == "reopened_alert", installation.log)
    _ends(night)
    until(lambda: told(daughter)[-1] == "closed_alert", installation.log)
    assert "护士陪着她" in str(json.loads(daughter.calls[-1].body)["text"])


def _ends(night: Page) -> None:
    night.click(".alarm-steps [data-step=close]")
    night.check("#close-form input[value=true]")
    night.fill("#close-text", "扶起，未受伤")
    night.fill("#close-family", "没有受伤，护士陪着她。")
    night.click("#close-form .button-primary")
