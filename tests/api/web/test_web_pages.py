from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence

import pytest
from playwright.sync_api import Page, expect

from alerts.tables import ResidentLimit
from anhu.registry.tables import Centre, Resident, Team, User
from ingest.store.embedded.writer import SqliteStoreQuery
from ingest.store.port import Point, StoreUnavailableError
from tests.api.web.scene import PASSWORD, Scene, record_fall

Reader = Callable[..., Page]
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
INK = """canvas => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i + 3] > 200) colours.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
  }
  return colours.size;
}"""


def now() -> int:
    return time.time_ns() // 1_000_000


def at(page: Page, path: str) -> str:
    found = re.match(r"https?://[^/]+", page.url)
    assert found is not None
    return found.group() + path


def log_in(page: Page, password: str) -> None:
    page.fill("#login", "desk")
    page.fill("#password", password)
    page.click("form button")


def test_a_wrong_password_says_so_and_a_right_one_leads_to_the_desk(reader: Reader) -> None:
    page = reader("")
    page.goto(at(page, "/desk"))
    assert page.url.endswith("/login?next=/desk")
    log_in(page, "not-the-password")
    expect(page.locator("main [role=alert]")).to_have_text("用户名或密码不正确。")
    expect(page.locator("#login")).to_have_value("desk")
    log_in(page, PASSWORD)
    page.wait_for_url("**/desk")
    page.click("#logout")
    page.wait_for_url("**/login")
    page.goto(at(page, "/desk"))
    assert "/login" in page.url


def test_a_link_in_a_message_leads_to_its_alarm_after_the_login(reader: Reader) -> None:
    page = reader("")
    page.goto(at(page, "/desk?alert=a-1"))
    log_in(page, PASSWORD)
    page.wait_for_url("**/desk?alert=a-1")


def test_login_leads_nowhere_but_here(reader: Reader) -> None:
    page = reader("")
    for outside in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        page.context.clear_cookies()
        page.goto(at(page, f"/login?next={outside}"))
        log_in(page, PASSWORD)
        page.wait_for_url("**/desk")


def _english_data(scene: Scene) -> None:
    with scene.sessions.begin() as session:
        tables: tuple[Sequence[Resident | User | Centre | Team], ...] = (
            session.query(Resident).all(),
            session.query(User).all(),
            session.query(Centre).all(),
            session.query(Team).all(),
        )
        for rows in tables:
            for number, row in enumerate(rows):
                row.name = f"{row.__tablename__} {number}"
        for resident in session.query(Resident):
            resident.address, resident.access_note = "12 Lake Road", "key at no. 201"
        for limit in session.query(ResidentLimit):
            limit.reason = "known"


def test_one_switch_changes_every_text(scene: Scene, reader: Reader) -> None:
    _english_data(scene)
    alert_id = record_fall(scene, "r-1", now_ms=now())
    scene.raise_alert(
        "r-2", "spo2_low", now_ms=now(), late=True, features={"spo2_percent": 88}, limits={"spo2_percent": 91}
    )
    page = reader(language="en")
    paths = [
        "/desk",
        f"/desk?alert={alert_id}",
        "/desk?show=today",
        "/residents",
        "/residents/r-1",
        "/devices",
        "/budget",
        "/nowhere-else",
    ]
    for path in [*paths[:-1], "/residents/r-none"]:
        page.goto(at(page, path))
        texts = page.locator("body").inner_text() + _hidden_texts(page)
        assert CHINESE.findall(texts) == ["中文"], path
    page.click("#language")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.goto(at(page, "/desk"))
    assert "Acknowledge" not in page.locator("body").inner_text()
    expect(page.locator("#language")).to_have_text("English")


def _hidden_texts(page: Page) -> str:
    script = """() => [...document.querySelectorAll('[title], [placeholder], [aria-label], [data-announce]')]
      .flatMap(one => [one.title, one.placeholder, one.getAttribute('aria-label'), one.dataset.announce])
      .concat([...document.querySelectorAll('[hidden]')].map(one => one.id === 'language' ? '' : one.textContent))
      .filter(Boolean).join(' ')"""
    return str(page.evaluate(script))


@pytest.mark.parametrize(("language", "width"), [("en", 320), ("zh-CN", 390)])
def test_a_narrow_phone_never_scrolls_sideways(scene: Scene, reader: Reader, language: str, width: int) -> None:
    alert_id = record_fall(scene, "r-1", now_ms=now())
    scene.raise_alert("r-6", "pressure_crisis", now_ms=now(), late=True, ago_ms=90 * 3_600_000)
    page = reader(language=language, width=width, height=844)
    for path in (
        "/desk",
        f"/desk?alert={alert_id}",
        "/residents",
        "/residents/r-1?range=7d",
        "/devices",
        "/budget",
        "/login",
    ):
        page.goto(at(page, path))
        expect(page.locator("main")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path


def test_the_waveform_and_the_trends_are_drawn(scene: Scene, reader: Reader) -> None:
    alert_id = record_fall(scene, "r-1", now_ms=now())
    page = reader()
    page.goto(at(page, f"/desk?alert={alert_id}"))
    place = page.locator("[data-waveform][data-drawn]")
    expect(place).to_be_visible()
    assert place.locator("canvas").evaluate(INK) > 5
    expect(place.locator(".chart-legend")).to_contain_text("合加速度")
    for span in ("24h", "7d", "90d"):
        page.goto(at(page, f"/residents/r-1?range={span}"))
        expect(page.locator("[data-chart][data-drawn]").first).to_be_visible()
        assert page.locator("[data-chart][data-drawn] canvas").first.evaluate(INK) > 3
        expect(page.locator(".chart-legend").first).to_contain_text("上限 120")


def test_a_gap_stays_a_gap(reader: Reader) -> None:
    page = reader()
    chart = page.request.get(at(page, "/residents/r-1/chart.json?quantity=heart_rate&range=24h")).json()
    means = chart["series"][0]["mean"]
    assert means.count(None) == 1
    hole = means.index(None)
    assert chart["t"][hole + 1] - chart["t"][hole - 1] > 2.5 * 3_600
    assert chart["limits"][0] == {"value": 120.0, "text": "120", "label": "上限"}


def test_the_family_sees_their_own_in_plain_words_and_nobody_else(scene: Scene, reader: Reader) -> None:
    page = reader("family")
    assert page.url.endswith("/residents/r-1")
    expect(page.locator("#wellbeing")).to_have_attribute("data-state", "well")
    expect(page.locator("main")).not_to_contain_text("备用钥匙")
    scene.raise_alert("r-1", "fall", now_ms=now())
    page.reload()
    expect(page.locator("#wellbeing")).to_have_attribute("data-state", "waiting")
    for path in ("/residents/r-2", "/residents/r-2/chart.json?quantity=spo2", "/desk", "/desk/queue"):
        assert page.request.get(at(page, path), headers={"Accept": "text/html"}).status in {403, 404}, path
    page.goto(at(page, "/residents/r-2"))
    expect(page.locator("h1")).to_have_text("出错了")


def test_a_vendor_sees_no_resident(reader: Reader) -> None:
    page = reader("vendor")
    assert page.url.endswith("/devices")
    expect(page.locator("tbody tr")).to_have_count(6)
    for path in ("/residents", "/residents/r-1", "/desk"):
        assert page.request.get(at(page, path), headers={"Accept": "text/html"}).status in {403, 404}, path


def test_the_list_finds_by_name_and_address(scene: Scene, reader: Reader) -> None:
    scene.raise_alert("r-3", "smoke", now_ms=now())
    page = reader()
    page.goto(at(page, "/residents"))
    expect(page.locator("tbody tr")).to_have_count(6)
    expect(page.locator("tbody tr", has_text="张桂兰")).to_contain_text("1 条未结束")
    for words, found in (("桂兰", 1), ("湖滨路", 2), ("r-5", 1), ("%", 0)):
        page.fill("#search", words)
        page.press("#search", "Enter")
        expect(page.locator("tbody tr")).to_have_count(found)


def test_without_the_store_alarms_are_answered_all_the_same(
    scene: Scene, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(_self: SqliteStoreQuery, _ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(SqliteStoreQuery, "latest", dead)
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    page.goto(at(page, f"/desk?alert={alert_id}"))
    expect(page.locator("#detail")).to_contain_text("测量数据暂时无法读取")
    page.click(".alarm-steps [data-step=acknowledge]")
    expect(page.locator(".alarm-head .chips")).to_contain_text("已接警")
    page.goto(at(page, "/residents/r-1"))
    expect(page.locator("main")).to_contain_text("测量数据暂时无法读取")
    page.goto(at(page, "/residents"))
    expect(page.locator("tbody tr")).to_have_count(6)
