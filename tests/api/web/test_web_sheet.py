"""The emergency sheet: one page whatever stands on it, opened by the code that a camera reads, without a login."""

from __future__ import annotations

import random
import re
import string
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from anhu.contract.clock import HOUR_MS
from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Scalar
from anhu.registry.care_tables import FamilyWord, SheetLink
from anhu.registry.tables import Contact, FamilyLink, Resident, User
from api.qr import qr_rows
from tests.api.web.scene import Scene, _write
from tests.api.web.test_web_pages import at
from tests.services.jsqr import jsqr_source

Reader = Callable[..., Page]
READ = """({ rows, scale }) => {
  const side = (rows.length + 8) * scale, pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let at = 0; at < side * side; at++) {
    const dark = rows[Math.floor(at / side / scale) - 4]?.[Math.floor((at % side) / scale) - 4] === "1";
    if (dark) pixels.fill(0, at * 4, at * 4 + 3);
  }
  return jsQR(pixels, side, side)?.data ?? null;
}"""
SCAN = """async () => {
  const svg = document.querySelector("#qr svg"), picture = new Image(), copy = svg.cloneNode(true);
  copy.setAttribute("width", 300); copy.setAttribute("height", 300);
  picture.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 320;
  const paper = canvas.getContext("2d");
  paper.fillStyle = "#fff"; paper.fillRect(0, 0, 320, 320); paper.drawImage(picture, 10, 10);
  return jsQR(paper.getImageData(0, 0, 320, 320).data, 320, 320)?.data ?? null;
}"""


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def jsqr() -> str:
    return jsqr_source()


def test_a_decoder_reads_every_length_of_every_version(browser: Browser, jsqr: str) -> None:
    page = browser.new_page()
    page.evaluate(f"() => {{ {jsqr} }}")
    made = random.Random(7)  # noqa: S311 - the same every time
    wrong = []
    for length in [*range(1, 214, 7), 14, 15, 26, 27, 42, 43, 62, 63, 84, 85, 106, 107, 122, 152, 180, 181, 213]:
        text = "".join(made.choices(string.ascii_letters + string.digits + "-_/:.", k=length))
        if page.evaluate(READ, {"rows": qr_rows(text), "scale": 3}) != text:
            wrong.append(length)
    assert wrong == []
    assert page.evaluate(READ, {"rows": qr_rows("安护 · 急救"), "scale": 3}) == "安护 · 急救"
    page.close()
    with pytest.raises(FieldError, match="at most 213 bytes"):
        qr_rows("x" * 214)


def _longest(scene: Scene) -> str:
    """Let everything that stands on the sheet be as long as it may be."""
    with scene.sessions.begin() as session:
        resident = session.get_one(Resident, "r-1")
        resident.address = "浙江省杭州市西湖区文新街道" + "很长的小区名" * 20
        resident.access_note = "备用钥匙在隔壁；门禁密码请问物业；" * 12
        resident.flags = [
            "lives_alone",
            "fall_risk",
            "dementia",
            "diabetes",
            "hypertension",
            "heart_failure",
            "copd",
            "oxygen",
        ]
        for n in range(8):
            session.add(User(id=f"u-kin-{n}", login=f"kin-{n}", name=f"名字很长的亲属{n}号", role="family"))
        session.flush()
        for n in range(8):
            session.add(FamilyLink(user_id=f"u-kin-{n}", resident_id="r-1", relation="daughter", rank=n + 2))
            session.add(
                Contact(
                    id=f"k-kin-{n}", owner_kind="user", owner_id=f"u-kin-{n}", channel="tel", address=f"1390013900{n}"
                )
            )
            said = {"what": "going", "at_ms": now(), "arrives_at_ms": now() + HOUR_MS, "key": f"k{n}"}
            session.add(FamilyWord(resident_id="r-1", user_id=f"u-kin-{n}", **said))
    vitals = {"systolic_pressure": 204, "diastolic_pressure": 112, "spo2": 86, "respiration_rate": 27, "glucose": 2.9}
    vitals |= {"heart_rate": 131, "pulse_rate": 129, "body_temperature": 38.9}
    found = [Scalar(code, value, now()) for code, value in vitals.items()]
    here = Event("position", now(), "on", {"latitude_deg": 30.27415, "longitude_deg": 120.15515})
    _write(scene.writer, "r-1", "watch-1", now(), [*found, here])
    raised = [scene.raise_alert("r-1", kind, now_ms=now()) for kind in ("fall", "sos", "spo2_low", "pressure_crisis")]
    return raised[0]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_sheet_is_one_page_with_the_longest_data(
    scene: Scene, reader: Reader, jsqr: str, language: str, fill_care_record: Callable[..., None]
) -> None:
    alert = _longest(scene)
    fill_care_record(scene, medicines=40, conditions=40, allergies=40)
    page = reader("doctor", language=language)
    page.goto(at(page, f"/residents/r-1/sheet?alert={alert}"))
    page.click("#make-link")
    expect(page.locator("#qr")).to_be_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True))) == 1
    page.emulate_media(media="print")
    for gone in (".bar", ".watch", ".sheet-tools"):
        assert page.locator(f"{gone}:visible").count() == 0, gone
    sheet = page.locator(".sheet")
    for text in ("30.27415, 120.15515", "204/112", "13900139000", "药品0"):
        expect(sheet).to_contain_text(text)
    assert page.locator(".sheet-medicines .danger").first.inner_text().startswith("⚠")
    page.emulate_media(media="screen")
    page.evaluate(f"() => {{ {jsqr} }}")
    assert page.evaluate(SCAN) == page.locator("#qr").get_attribute("data-url")


def test_a_crew_opens_the_link_on_a_phone_without_a_login_and_the_desk_revokes_it(
    scene: Scene, reader: Reader, browser: Browser
) -> None:
    alert = scene.raise_alert("r-3", "sos", now_ms=now())
    desk = reader("desk")
    desk.goto(at(desk, f"/residents/r-3/sheet?alert={alert}"))
    expect(desk.locator(".sheet")).to_contain_text("不等于没有")
    desk.click("#make-link")
    url = desk.locator("#qr[data-url]").get_attribute("data-url")
    assert url
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN")
    crew = context.new_page()
    crew.goto(url)
    expect(crew.locator(".sheet")).to_contain_text("备用钥匙")
    assert crew.locator(".menu, .watch, [name=csrf], #make-link").count() == 0
    assert crew.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    crew.goto(f"{url}x")
    expect(crew.locator("main")).to_contain_text("已失效")
    desk.reload()
    expect(desk.locator("#links")).to_contain_text("打开 1 次")
    desk.click("[data-revoke]")
    expect(desk.locator("#links li")).to_have_count(0)
    answer = crew.goto(url)
    assert answer is not None
    assert answer.status == 404
    context.close()
    with scene.sessions() as session:
        assert session.query(SheetLink).one().revoked_at_ms is not None
