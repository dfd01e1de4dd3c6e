"""A doctor's way through an alarm on a phone, from what the administrator wrote to what the relative reads."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from alerts.episodes import responses
from tests.api.web.scene import Scene
from tests.api.web.test_admin_people import administrator
from tests.api.web.test_web_pages import at
from tests.api.web.test_web_phone import now, on_phone, tap_twice

Reader = Callable[..., Page]


def _write_record(scene: Scene, reader: Reader) -> None:
    page = administrator(scene, reader)
    page.goto(at(page, "/admin/residents/r-1"))
    page.fill("#conditions", "高血压\n糖尿病")
    page.fill("#allergies", "青霉素")
    page.locator("[name=medicine_name]").first.fill("华法林")
    page.click("form.record button")
    expect(page.locator("[role=status].notice-good")).to_be_visible()


def test_from_the_list_to_the_sheet_and_back_without_typing_an_address(scene: Scene, reader: Reader) -> None:
    _write_record(scene, reader)
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    page = on_phone(reader)
    tap_twice(page, fall)
    expect(page.locator(f"[data-alert='{fall}']")).to_contain_text("李医生", timeout=15_000)

    page.goto(at(page, f"/desk?alert={fall}"))
    page.click("#alarm a >> text=急救须知")
    for written in ("高血压", "糖尿病", "青霉素", "华法林"):
        expect(page.locator("section[aria-labelledby=facts-title]")).to_contain_text(written)

    page.goto(at(page, f"/desk?alert={fall}"))
    page.locator(f"#alarm a[href='/residents/r-1/sheet?alert={fall}']").click()
    expect(page.locator("strong", has_text="华法林")).to_be_visible()
    expect(page.locator("main")).to_contain_text("跌倒")

    for ending in ("card", "messages", "requests", f"sheet?alert={fall}"):
        page.goto(at(page, "/residents/r-1"))
        page.locator(f".person a[href='/residents/r-1/{ending}']").click()
        page.wait_for_url(f"**/residents/r-1/{ending}")
        expect(page.locator("main")).to_contain_text("王秀英")


def test_the_relative_reads_what_is_done_and_how_it_ended(scene: Scene, reader: Reader) -> None:
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    doctor = on_phone(reader)
    tap_twice(doctor, fall)
    expect(doctor.locator(f"[data-alert='{fall}']")).to_contain_text("李医生", timeout=15_000)
    page = on_phone(reader, "family")
    expect(page.locator("main")).to_contain_text("李医生")
    with scene.sessions.begin() as session:
        note = "她滑倒了，没有受伤。"
        responses.close(session, fall, "true", actor="u-doctor", now_ms=now(), note="左髋", family_note=note)
    page.reload()
    expect(page.locator("main")).to_contain_text(note)
    expect(page.locator("main")).not_to_contain_text("左髋")
