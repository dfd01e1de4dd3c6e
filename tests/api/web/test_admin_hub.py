"""The hub of administration: what is missing leads to where it is mended, and leads see what is theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from anhu.contract.words import catalogue
from anhu.registry.tables import Resident, User
from api.web.admin.entries import MENDED_AT
from tests.api.web.administrators import add_admin
from tests.api.web.scene import Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]


def test_every_gap_leads_somewhere() -> None:
    kinds = {key.removeprefix("gap.") for key in catalogue() if key.startswith("gap.")} - {"title", "lead", "more"}
    assert set(MENDED_AT) == kinds


def test_an_administrator_goes_from_a_gap_to_the_one_it_concerns(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    with scene.sessions.begin() as session:
        session.get_one(Resident, "r-2").centre_id = None
    page = reader("admin")
    page.click("nav.menu a[href='/admin']")
    expect(page.locator(".gap-silent").first).to_contain_text("没有服务中心的老人")
    page.click(".gap-silent a:has-text('李建国')")
    expect(page.locator("h1")).to_have_text("李建国")


def test_a_lead_sees_the_hub_without_what_is_the_administrators(scene: Scene, reader: Reader) -> None:
    with scene.sessions.begin() as session:
        session.get_one(User, "u-desk").is_lead = True
    page = reader("desk")
    page.click("nav.menu a[href='/admin']")
    expect(page.locator(".hub-entry[href='/admin/users']")).to_be_visible()
    expect(page.locator(".hub-entry[href='/admin/audit']")).to_have_count(0)


def test_who_leads_nothing_finds_there_what_the_menu_has_no_room_for(reader: Reader) -> None:
    page = reader("desk")
    page.click("nav.menu a[href='/admin']")
    expect(page.locator("h1")).to_have_text("更多")
    found = page.locator(".hub-entry").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert found == [
        "/figures",
        "/budget",
        "/devices",
        "/claim",
        "/admin/unassigned",
        "/deliveries",
        "/refusals",
        "/platform",
    ]
    expect(page.locator(".gap, .counts")).to_have_count(0)


@pytest.mark.parametrize("who", ["family", "vendor"])
def test_who_does_not_work_here_has_no_hub(reader: Reader, who: str) -> None:
    page = reader(who)
    expect(page.locator("nav.menu a[href='/admin']")).to_have_count(0)
    page.goto(at(page, "/admin"))
    expect(page.locator("main")).to_contain_text("403")
