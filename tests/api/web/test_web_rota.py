"""The rota in a real browser: from an empty desk to a night that somebody takes over."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import icalendar
import pytest
from playwright.sync_api import Page, expect

from anhu.registry.rota.leave import take_leave
from anhu.registry.tables import User
from anhu.registry.users import create_user
from api.security.passwords import hash_password
from tests.api.web.scene import CHEAP, PASSWORD, Scene, record_fall
from tests.api.web.test_web_pages import at
from tests.services.axe import axe_source, violations

Reader = Callable[..., Page]
MEMBERS = pytest.mark.usefixtures("members")
GRAVE = ("serious", "critical", "moderate")


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


@pytest.fixture
def members(scene: Scene) -> None:
    """Make the operator a lead, with a colleague."""
    with scene.sessions.begin() as session:
        lead = session.query(User).filter_by(login="desk").one()
        lead.is_lead = True
        facts = {"role": "desk", "centre_id": lead.centre_id, "password_hash": hash_password(PASSWORD, cost=CHEAP)}
        create_user(session, login="wang", user_id="u-wang", name="王芳", duty="carer", **facts)  # type: ignore[arg-type]


def add_shift(page: Page, name: str, start: str, end: str, crew: list[str]) -> None:
    form = page.locator("details[open] form[data-kind=shift], details form[data-kind=shift]").last
    if not form.is_visible():
        page.locator("summary", has_text="新增班次").click()
    form.locator("[name=name]").fill(name)
    form.locator("[name=start]").fill(start)
    form.locator("[name=end]").fill(end)
    for place, one in enumerate(crew):
        form.locator("[name=crew]").nth(place).select_option(label=one)
    with page.expect_navigation():
        form.get_by_role("button", name="保存").click()


def make_rota(page: Page) -> None:
    """Settings, a day and a night, by hand: as a lead does who never saw the page."""
    page.goto(at(page, "/rota"))
    page.locator("summary", has_text="排班设置").click()
    with page.expect_navigation():
        page.locator("#rota-settings").get_by_role("button", name="保存").click()
    add_shift(page, "白班", "08:00", "20:00", ["王芳 · 护理员"])
    add_shift(page, "夜班", "20:00", "08:00", ["刘芳"])


@MEMBERS
def test_a_lead_makes_a_rota_from_nothing_and_the_desk_says_who_is_on_call(scene: Scene, reader: Reader) -> None:
    page = reader("desk")
    page.goto(at(page, "/rota"))
    expect(page.locator("main")).to_contain_text("未设排班：呼叫全体成员")
    make_rota(page)
    expect(page.locator(".rota-day")).to_have_count(7)
    expect(page.locator(".stint")).to_have_count(15)  # and the night before the first day
    expect(page.locator(".on-call-names li")).to_have_count(1)
    expect(page.locator("main")).to_contain_text("没有空缺")
    fall = record_fall(scene, "r-1", now_ms=time.time_ns() // 1_000_000)
    page.goto(at(page, f"/desk?alert={fall}"))
    for place in ("#on-call", "[data-part=on-call]"):
        expect(page.locator(place).locator(".on-call").first).to_contain_text("班")
    page.goto(at(page, "/residents/r-1"))
    expect(page.locator(".on-call").first).to_contain_text("班")


@MEMBERS
def test_a_shift_of_one_day_is_changed_in_a_window_that_names_it(reader: Reader) -> None:
    page = reader("desk")
    make_rota(page)
    page.goto(at(page, f"/rota?week={today() + timedelta(days=7)}"))
    page.locator(".rota-day").nth(2).locator("[data-change]").first.click()
    dialog = page.locator("#change-day")
    expect(dialog).to_contain_text("白班")
    expect(dialog.locator("[name=crew]").first).to_have_value("u-wang")
    dialog.locator("[name=crew]").first.select_option(label="刘芳")
    with page.expect_navigation():
        dialog.get_by_role("button", name="保存").click()
    expect(page.locator(".rota-day").nth(2).locator(".stint").first).to_contain_text("已调整")


@MEMBERS
def test_what_is_refused_is_said_and_nothing_is_lost(reader: Reader) -> None:
    page = reader("desk")
    page.goto(at(page, "/rota"))
    page.locator("summary", has_text="排班设置").click()
    page.fill("[name=time_zone]", "Mars/Olympus")
    page.locator("#rota-settings").get_by_role("button", name="保存").click()
    expect(page.locator("#rota-failed")).to_contain_text("time_zone")
    expect(page.locator("[name=time_zone]")).to_have_value("Mars/Olympus")


@MEMBERS
def test_a_swap_from_asking_to_the_phones_calendar(reader: Reader) -> None:
    lead = reader("desk")
    make_rota(lead)
    wang = reader("wang")
    wang.goto(at(wang, "/rota/mine"))
    wang.locator("[data-swap]").last.click()
    with wang.expect_navigation():
        wang.locator("#swap-dialog").get_by_role("button", name="请人代班").click()
    expect(wang.locator(".swap")).to_contain_text("待答复")
    lead.goto(at(lead, "/desk"))
    lead.locator("#on-call a", has_text="换班请求").click()
    before = lead.locator(".plain-list li", has_text="白班").count()
    with lead.expect_navigation():
        lead.get_by_role("button", name="接受").click()
    expect(lead.locator(".swap")).to_contain_text("已接受")
    expect(lead.locator(".plain-list li", has_text="白班")).to_have_count(before + 1)
    lead.click("#ical-new")
    expect(lead.locator("#ical-url")).to_contain_text("/calendar/")
    answer = httpx.get(lead.locator("#ical-url").inner_text(), trust_env=False)
    found = icalendar.Calendar.from_ical(answer.content)
    assert isinstance(found, icalendar.Calendar)
    assert sum("白班" in str(event["SUMMARY"]) for event in found.events) == 1


@MEMBERS
def test_a_note_for_the_next_shift_is_on_the_desk_until_it_is_read(reader: Reader) -> None:
    lead = reader("desk")
    make_rota(lead)
    lead.fill("[name=text]", "301 起夜两次 <b>x</b>")
    with lead.expect_navigation():
        lead.get_by_role("button", name="写下").click()
    wang = reader("wang", width=390, height=844)
    expect(wang.locator("#on-call")).to_contain_text("1 条未读交接班记录")
    wang.locator("#on-call a").click()
    expect(wang.locator(".note-text")).to_have_text("301 起夜两次 <b>x</b>")
    with wang.expect_navigation():
        wang.get_by_role("button", name="已读").click()
    expect(wang.locator(".note")).to_contain_text("王芳 已于")


@MEMBERS
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_full_rota_keeps_nobody_out(scene: Scene, reader: Reader, scheme: str, width: int) -> None:
    lead = reader("desk", width=width)
    make_rota(lead)
    away = str(today() + timedelta(days=1))
    with scene.sessions.begin() as session:
        take_leave(session, user_id="u-wang", from_day=away, until_day=away, note="", set_by="u-wang", now_ms=1)
    lead.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    axe = axe_source()
    for path in ("/rota", "/rota/mine"):
        lead.goto(at(lead, path))
        lead.wait_for_timeout(200)
        for summary in lead.locator("summary").all():
            if summary.locator("xpath=..").get_attribute("open") is None:
                summary.click()
        assert [one for one in violations(lead, axe) if one.startswith(GRAVE)] == []
        assert lead.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(lead.locator("main")).not_to_contain_text("undefined")


@MEMBERS
def test_without_a_mouse_a_day_can_be_changed(reader: Reader) -> None:
    page = reader("desk")
    make_rota(page)
    page.goto(at(page, f"/rota?week={today() + timedelta(days=7)}"))
    page.locator("[data-change]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#change-day")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#change-day")).to_be_hidden()
