"""Residents' records, beds and imports in a real browser, from an empty form to the bed on the alarm's card."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import select

from anhu.registry import places
from anhu.registry.tables import Audit, Resident, User
from api.security.passwords import hash_password
from tests.api.web.scene import CHEAP, PASSWORD, Scene
from tests.api.web.test_web_pages import at
from tests.services.axe import axe_source, violations

Reader = Callable[..., Page]
JUDGED_MS = 60_000
NUMBER = "11010519491231002X"


def now() -> int:
    return time.time_ns() // 1_000_000


def administrator(scene: Scene, reader: Reader, language: str = "zh-CN", width: int = 1440) -> Page:
    with scene.sessions.begin() as session:
        stored = hash_password(PASSWORD, cost=CHEAP)
        session.add(User(id="u-root", login="root", name="管理员", role="admin", password_hash=stored))
    return reader("root", language=language, width=width)


def test_somebody_is_enrolled_wrong_first_and_nothing_typed_is_lost(scene: Scene, reader: Reader) -> None:
    page = administrator(scene, reader)
    page.goto(at(page, "/admin/residents/new"))
    page.fill("#name", "新老人")
    page.fill("#identity_number", "110105194912310021")
    page.fill("#address", "幸福里 1 号楼")
    page.fill("#conditions", "高血压\n糖尿病")
    page.locator("[name=medicine_name]").first.fill("华法林")
    page.select_option("#centre_id", "c-1")
    page.check("[name=flags][value=lives_alone]")
    page.click("form.record button")
    expect(page.locator("#identity_number-said")).to_contain_text("校验码")
    expect(page.locator("#identity_number")).to_have_attribute("aria-invalid", "true")
    assert page.input_value("#conditions") == "高血压\n糖尿病"
    assert page.locator("[name=medicine_name]").first.input_value() == "华法林"
    assert page.is_checked("[name=flags][value=lives_alone]")
    page.fill("#identity_number", NUMBER)
    page.click("form.record button")
    expect(page.locator("[role=status].notice-good")).to_be_visible()
    assert page.input_value("#birth_date") == "1949-12-31"
    assert page.input_value("#identity_number") == ""
    assert NUMBER not in page.content()
    assert page.locator("[name=medicine_dangerous]").first.is_checked()


def test_the_second_of_two_editors_is_told_who_was_first_and_keeps_what_was_typed(scene: Scene, reader: Reader) -> None:
    page = administrator(scene, reader)
    other = reader("root")
    for each in (page, other):
        each.goto(at(each, "/admin/residents/r-1"))
    page.fill("#address", "新地址")
    page.click("form.record button")
    other.fill("#access_note", "狗很凶")
    other.click("form.record button")
    expect(other.locator("#problems")).to_contain_text("管理员")
    expect(other.locator("#problems")).to_contain_text("地址")
    assert other.input_value("#access_note") == "狗很凶"
    with scene.sessions() as session:
        assert session.get_one(Resident, "r-1").access_note != "狗很凶"
    other.click("form.record button")
    expect(other.locator("[role=status].notice-good")).to_be_visible()


def test_a_bed_is_made_and_stands_on_the_alarm(scene: Scene, reader: Reader) -> None:
    page = administrator(scene, reader)
    page.goto(at(page, "/admin/beds"))
    for kind, name in (("building", "3 号楼"), ("floor", "2 层"), ("room", "205 室"), ("bed", "B 床")):
        page.select_option("#kind", kind)
        options = page.locator("#parent_id option")
        page.select_option("#parent_id", options.nth(options.count() - 1).get_attribute("value") or "")
        page.fill("#name", name)
        page.click("section:has(#kind) button")
        expect(page.locator(".tree li").last).to_contain_text(name)
    page.goto(at(page, "/admin/residents/r-1"))
    page.select_option("#place_id", label="3 号楼 2 层 205 室 B 床")
    page.click("#bed button")
    expect(page.locator("#bed strong")).to_have_text("3 号楼 2 层 205 室 B 床")
    alert = scene.raise_alert("r-1", "sos", now_ms=now())
    page.goto(at(page, f"/desk?alert={alert}"))
    expect(page.locator(f"#card-{alert} .card-place").first).to_contain_text("3 号楼 2 层 205 室 B 床")
    expect(page.locator("[data-part=bed]")).to_have_text("3 号楼 2 层 205 室 B 床")


def test_an_ending_names_the_open_alarm_and_is_taken_back(scene: Scene, reader: Reader) -> None:
    page = administrator(scene, reader)
    scene.raise_alert("r-2", "sos", now_ms=now())
    page.goto(at(page, "/admin/residents/r-2"))
    page.click("#end summary")
    expect(page.locator("#end .notice-bad")).to_contain_text("紧急呼叫")
    page.fill("#on_date", "2026-01-02")
    page.check("#end [name=despite_open_alerts]")
    page.click("#end .button-danger")
    expect(page.locator("#resume")).to_contain_text("2026-01-02")
    page.click("#resume button")
    expect(page.locator("#resume")).to_have_count(0)


def test_relatives_are_put_in_order_without_a_mouse(scene: Scene, reader: Reader) -> None:
    page = administrator(scene, reader)
    page.goto(at(page, "/admin/residents/r-1"))
    page.fill("#relative_name", "李娜")
    page.fill("#relative_phone", "13900139001")
    page.press("#relative_phone", "Enter")
    expect(page.locator("#family ol li").nth(1)).to_contain_text("139 0013 9001")
    page.locator("#family ol li").nth(1).get_by_role("button", name="上移").press("Enter")
    expect(page.locator("#family ol li").first).to_contain_text("李娜")
    page.fill("#relative_name", "别人")
    page.fill("#relative_phone", "13900139001")
    page.press("#relative_phone", "Enter")
    expect(page.locator("#relative_name-said")).to_contain_text("李*")


def test_a_picture_is_made_small_by_the_page(scene: Scene, reader: Reader, tmp_path: Path) -> None:
    page = administrator(scene, reader)
    page.goto(at(page, "/admin/residents/r-1"))
    (tmp_path / "large.png").write_bytes(page.screenshot())
    page.set_input_files("#picture", tmp_path / "large.png")
    expect(page.locator("img.photo")).to_be_visible()
    expect(page.locator("img.photo")).to_have_js_property("naturalWidth", 320)


def test_a_sheet_is_tried_and_written_on_the_page(scene: Scene, reader: Reader, tmp_path: Path) -> None:
    page = administrator(scene, reader)
    page.goto(at(page, "/admin/import"))
    file = tmp_path / "list.csv"
    file.write_bytes("姓名,外部编号,电话\n甲,1,13800138999\n乙,2,12\n".encode("gb18030"))
    page.set_input_files("#sheet", file)
    page.click("#try")
    expect(page.locator("[data-figure=faulty]")).to_have_text("1", timeout=JUDGED_MS)
    expect(page.locator("#faults tbody tr")).to_contain_text("3")
    expect(page.locator("#write")).to_be_hidden()
    with page.expect_download() as saved:
        page.click("#download")
    assert "乙" in Path(saved.value.path()).read_text("utf-8-sig")
    file.write_bytes("姓名,外部编号,电话\n甲,1,13800138999\n乙,2,13800138998\n".encode("gb18030"))
    page.set_input_files("#sheet", file)
    page.click("#try")
    expect(page.locator("[data-figure=new]")).to_have_text("2", timeout=JUDGED_MS)
    page.click("#write")
    expect(page.locator("[data-said=done]")).to_be_visible()
    with scene.sessions() as session:
        assert session.scalars(select(Resident.phone).where(Resident.name == "乙")).one() == "+8613800138998"
        assert session.scalars(select(Audit.action).where(Audit.action == "import.write")).all() == ["import.write"]


def test_a_lead_has_the_pages_of_the_own_centre(scene: Scene, reader: Reader) -> None:
    with scene.sessions.begin() as session:
        session.get_one(User, "u-desk").is_lead = True
    page = reader("desk")
    page.goto(at(page, "/admin/residents"))
    expect(page.locator("table.list tbody tr")).to_have_count(6)
    page.goto(at(page, "/admin/residents/new"))
    assert page.locator("#centre_id").count() == 0
    page.fill("#name", "新来的")
    page.click("form.record button")
    expect(page.locator("[role=status].notice-good")).to_be_visible()
    with scene.sessions() as session:
        assert session.scalars(select(Resident.centre_id).where(Resident.name == "新来的")).one() == "c-1"
    assert (answer := page.goto(at(page, "/admin/import"))) is not None
    assert answer.status == 403


def test_no_page_of_records_has_a_grave_fault(scene: Scene, reader: Reader) -> None:
    with scene.sessions.begin() as session:
        house = places.create_place(session, centre_id="c-1", kind="building", name="1")
        room = places.create_place(session, centre_id="c-1", kind="room", name="2", parent_id=house.id)
        places.move_resident(session, "r-1", room.id, now_ms=now())
    axe, faults = axe_source(), {}
    page = administrator(scene, reader)
    for language, scheme, width in (("zh-CN", "light", 1440), ("en", "dark", 390)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        for path in ("residents", "residents/new", "residents/r-1", "beds", "import"):
            page.goto(at(page, f"/admin/{path}?language={language}"))
            found = [one for one in violations(page, axe) if one.startswith(("serious", "critical", "moderate"))]
            wide = page.evaluate("document.documentElement.scrollWidth") > width
            if found or wide:
                faults[f"{path} {language} {width}"] = found or "wider than the window"
    assert faults == {}
