"""A doctor's first day, from an installation that nobody ever used: nothing but browsers, a watch and a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from notify.channels.webhook.fake import WebhookServer
from tests.api.web.serving import browser_at
from tests.smoke.installation import Installation, until
from tests.smoke.test_day_of_administrator import RUNS_MS, _make_first
from tests.smoke.test_day_of_desk_operator import presses

MEASURED = b'{"v":1,"values":{"heart_rate":88}}'
OWN = "quiet-river-77"
TEAM = "幸福里家庭医生组"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Nobody ever used it."""
    made = Installation(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def browser(chromium_path: str) -> Iterator[Browser]:
    with browser_at(chromium_path) as started:
        yield started


def opened(browser: Browser, installation: Installation, *, width: int, height: int) -> Page:
    context = browser.new_context(
        locale="zh-CN",
        viewport={"width": width, "height": height},
        base_url=f"http://127.0.0.1:{installation.port}",
        service_workers="block",
    )
    page = context.new_page()
    page.set_default_timeout(RUNS_MS)
    return page


def make_user(page: Page, login: str, name: str, *, lead: bool = False) -> str:
    """Make a doctor of the team; return the one-time password."""
    page.goto("/admin/users/new?role=team")
    page.fill("#login", login)
    page.fill("#name", name)
    page.select_option("#team_id", label=TEAM)
    page.select_option("#duty", "gp")
    if lead:
        page.check("#is_lead")
    page.click("main form .button-primary")
    return page.locator("#one-time").inner_text()


def make_everything(page: Page) -> tuple[str, str, dict[str, str]]:
    """Make centre, team, two doctors, a resident and a watch; return the resident, the secret and the passwords."""
    page.goto("/admin/places/centre/new")
    page.fill("#name", "幸福里")
    page.click("main form .button-primary")
    page.goto("/admin/places/team/new")
    page.fill("#name", TEAM)
    page.select_option("#centre_id", label="幸福里")
    page.click("main form .button-primary")
    passwords = {"li": make_user(page, "li", "李医生", lead=True), "zhang": make_user(page, "zhang", "张医生")}
    page.goto("/admin/residents/new")
    page.fill("#name", "王秀英")
    page.fill("#address", "3号楼2单元301室")
    page.fill("#conditions", "高血压")
    page.fill("#allergies", "青霉素")
    page.select_option("#centre_id", label="幸福里")
    page.select_option("#team_id", label=TEAM)
    page.click("form.record .button-primary")
    page.wait_for_url("**/admin/residents/r-*")
    resident = page.url.split("/")[-1].partition("?")[0]
    page.goto("/devices/new")
    page.fill("#id", "watch-1")
    page.fill("#resident_id", resident)
    page.click("main form .button-primary")
    return resident, page.locator("#secret").inner_text(), passwords


def log_in_first(page: Page, login: str, one_time: str) -> None:
    """Log in with a password that is good for one thing: to set an own one."""
    page.goto("/login")
    page.fill("#login", login)
    page.fill("#password", one_time)
    page.click("form button")
    page.wait_for_url("**/account/password*")
    expect(page.locator("#must")).to_be_visible()
    page.fill("#present", one_time)
    page.fill("#password", OWN)
    page.fill("#again", OWN)
    page.click("main form .button-primary")
    expect(page.locator("nav.menu")).to_be_visible()


def register_phone(page: Page, phone: WebhookServer) -> None:
    """Say where she is told and when not, and prove it with the code that comes there at once, quiet hours or not."""
    page.goto("/account")
    page.click("details:has(input[value=webhook]) summary")
    page.fill("#address-webhook", phone.url)
    page.fill("#quiet_from-webhook", "00:01")
    page.click("details[open] .button-primary")
    expect(page.locator("#quiet_until-webhook")).to_have_attribute("aria-invalid", "true")
    assert page.input_value("#quiet_from-webhook") == "00:01"
    page.fill("#quiet_until-webhook", "00:00")
    page.click("details[open] .button-primary")
    page.click("main a[href^='/account/contacts/']")
    code = until(lambda: next((json.loads(call.body)["code"] for call in phone.calls), ""))
    page.fill("#code", str(code))
    page.click("form[action$='/prove'] button")
    expect(page.locator(".notice-good")).to_be_visible()
    assert page.input_value("#quiet_until") == "00:00"


def tap(page: Page, step: str, response: str) -> None:
    """Say a step in two taps, and see it taken."""
    button = page.locator(f"[data-alert] [data-step={step}]")
    button.click()
    expect(button).to_have_text("再按一次确认")
    button.click()
    expect(page.locator(f"[data-alert].response-{response}")).to_be_visible(timeout=RUNS_MS)


def answer_and_end(page: Page, resident: str) -> None:
    """Take the alarm, go there, be there, and end it with what was found."""
    page.goto("/worklist")
    expect(page.locator("section[aria-labelledby=alarms-title] li")).to_contain_text("王秀英")
    tap(page, "acknowledge", "acknowledged")
    page.goto(f"/residents/{resident}/card")
    expect(page.locator("main")).to_contain_text("青霉素")
    tap(page, "on_the_way", "on_the_way")
    tap(page, "on_scene", "on_scene")
    page.click("#card-now a.work-who")
    expect(page.locator("html")).to_have_attribute("data-watch", "live")
    page.click(".alarm-steps [data-step=close]")
    expect(page.locator("#close-form")).to_be_visible()
    page.locator("#close-form .outcome").first.click()
    page.fill("#close-text", "在卫生间滑倒，扶起，未受伤")
    page.fill("#close-family", "她滑倒了，没有受伤。")
    page.click("#close-form .button-primary")
    expect(page.locator("#alarm")).to_have_attribute("data-open", "0")


def write_limit_and_print(page: Page, resident: str) -> None:
    """Write to the family, set a limit with its reason, and print the sheet."""
    page.goto(f"/residents/{resident}/messages")
    page.fill("#write-text", "她今天血压偏高，晚上请打个电话。")
    page.click("#write button")
    expect(page.locator("#thread")).to_contain_text("晚上请打个电话")
    page.goto(f"/residents/{resident}")
    limits = page.locator("#limits-heart_rate")
    limits.locator("summary").click()
    limits.locator("[name=value]").fill("105")
    limits.locator("[name=reason]").fill("运动员，遵医嘱")
    limits.locator(".limit-form .button-primary").click()
    expect(page.locator("#limits-heart_rate")).to_contain_text("运动员，遵医嘱")
    page.goto(f"/residents/{resident}/sheet")
    expect(page.locator("#print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("main")).to_contain_text("青霉素")
    expect(page.locator("#print")).to_be_hidden()
    page.emulate_media(media="screen")


def hand_over(page: Page, other: Page) -> None:
    """Give an alarm that is not over to a colleague, who takes it."""
    until(lambda: page.goto("/worklist") and page.locator("[data-step=acknowledge]").count())
    tap(page, "acknowledge", "acknowledged")
    page.goto("/desk/handover")
    page.select_option("[name^=to-]", label=page.locator("[name^=to-] option", has_text="张医生").inner_text())
    page.click("form.shift .button-primary")
    expect(page.locator("[role=status].notice")).to_be_visible()
    other.goto("/desk")
    other.locator("[data-open-alert]").first.click()
    other.click("[data-act=take-over]")
    expect(other.locator("#alarm")).to_contain_text("张医生")


def plan_and_see_shift(page: Page) -> None:
    """Plan the week as the team's lead, and see the own shifts."""
    page.goto("/rota")
    form = page.locator("form[data-kind=shift]").last
    form.locator("[name=name]").fill("日班")
    crew = form.locator("[name=crew]").first
    crew.select_option(crew.locator("option", has_text="李医生").get_attribute("value"))
    form.locator("button.button-primary").click()
    expect(page.locator(".shift")).to_contain_text("日班")
    page.goto("/rota/mine")
    expect(page.locator("section[aria-labelledby=turns-title]")).to_contain_text("日班")


def test_a_doctor_from_a_one_time_password_to_the_next_shift(browser: Browser, installation: Installation) -> None:
    chief = opened(browser, installation, width=1366, height=768)
    chief.goto("/")
    _make_first(chief, installation)
    resident, secret, passwords = make_everything(chief)
    with WebhookServer() as phone:
        page = opened(browser, installation, width=390, height=844)
        log_in_first(page, "li", passwords["li"])
        register_phone(page, phone)
        presses(installation, "watch-1", secret, MEASURED)
        presses(installation, "watch-1", secret)
        until(lambda: any("SOS" in str(call.body) or "紧急呼叫" in call.body.decode() for call in phone.calls))
    answer_and_end(page, resident)
    write_limit_and_print(page, resident)
    colleague = opened(browser, installation, width=390, height=844)
    log_in_first(colleague, "zhang", passwords["zhang"])
    presses(installation, "watch-1", secret)
    hand_over(page, colleague)
    plan_and_see_shift(page)
