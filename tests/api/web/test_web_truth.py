"""The family's page and the picked alarm say what is so, in the reader's words, and nothing typed is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from alerts.episodes import responses
from alerts.episodes.lifecycle import Outcome
from anhu.registry.tables import Resident, Token
from tests.api.web.scene import Scene, tell_somebody

Reader = Callable[..., Page]


def now() -> int:
    return time.time_ns() // 1_000_000


def at(page: Page, path: str) -> str:
    return "/".join(page.url.split("/")[:3]) + path


def close(scene: Scene, alert_id: str, outcome: Outcome, note: str = "") -> None:
    with scene.sessions.begin() as session:
        responses.close(session, alert_id, outcome, actor="u-desk", now_ms=now(), note=note)


def test_the_familys_page_follows_a_fall_to_its_end_by_itself(scene: Scene, reader: Reader) -> None:
    page = reader("family")
    state = page.locator("#wellbeing")
    expect(state).to_have_attribute("data-state", "well")
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    expect(state).to_have_attribute("data-state", "waiting", timeout=5_000)
    expect(state).to_contain_text("还没有消息发到任何人")
    tell_somebody(scene, fall, now_ms=now())
    page.reload()
    expect(state).to_contain_text(re.compile(r"已于 \d\d:\d\d:\d\d 收到通知"))
    expect(page.locator("#family-age")).to_have_text("刚刚更新")
    close(scene, fall, Outcome.TRUE, "送医，骨折")
    expect(state).to_have_attribute("data-state", "happened", timeout=5_000)
    expect(page.locator("#happenings")).to_contain_text("确有其事，值守人员已处理")
    expect(page.locator("main")).not_to_contain_text("平安")
    with scene.sessions.begin() as session:
        session.query(Token).delete()
    expect(page.locator("#family-old")).to_be_visible(timeout=15_000)


@pytest.mark.parametrize(
    ("login", "leads_to", "shows"),
    [("desk", "/desk", "#alarm"), ("doctor", "/desk", "#alarm"), ("family", "/residents/r-1", "#wellbeing")],
)
def test_the_link_of_a_message_opens_for_each_role(
    scene: Scene, reader: Reader, login: str, leads_to: str, shows: str
) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader(login)
    page.goto(at(page, f"/desk?alert={alert_id}"))
    assert leads_to in page.url
    expect(page.locator(shows)).to_be_visible()


def test_a_strangers_alarm_and_one_that_is_none_are_said_to_be_so(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader("stranger")
    page.goto(at(page, f"/desk?alert={alert_id}"))
    expect(page.locator("main")).not_to_contain_text("王秀英")
    page = reader("desk")
    page.goto(at(page, "/desk?alert=a-nothing"))
    expect(page.locator("#missing")).to_be_visible()


def test_a_note_outlives_that_somebody_else_closes_and_a_reload(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    page.click(f"[data-open-alert={alert_id}]")
    page.click(".alarm-steps [data-step=close]")
    page.check("#close-form input[value=true]")
    page.click("#close-form .button-primary")
    expect(page.locator("#close-text")).to_be_focused()
    page.fill("#close-text", "已扶起，等 120")
    page.reload()
    expect(page.locator("#close-text")).to_have_value("已扶起，等 120")
    close(scene, alert_id, Outcome.FALSE)
    expect(page.locator(".notice.while-closed")).to_be_visible(timeout=5_000)
    expect(page.locator("#close-text")).to_have_value("已扶起，等 120")
    page.click("#close-form .button-primary")
    expect(page.locator(".history").first).to_contain_text("已扶起，等 120")
    expect(page.locator("#close-form")).to_be_hidden()


def test_a_step_that_came_too_late_names_who_was_first(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.route("**/desk/queue*", lambda route: route.abort())
    with scene.sessions.begin() as session:
        responses.acknowledge(session, alert_id, actor="u-desk-two", now_ms=now())
    page.click(f"#card-{alert_id} [data-step=acknowledge]")
    expect(page.locator("#banner-failed")).to_contain_text("马强 已接警")
    expect(page.locator("#banner-failed")).not_to_contain_text("u-desk-two")
    page.unroute("**/desk/queue*")
    page.click("#failed-dismiss")
    expect(page.locator("#banner-failed")).to_be_hidden()


def test_what_could_not_be_saved_can_be_tried_again(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader()
    page.route("**/acknowledge", lambda route: route.abort())
    page.click(f"#card-{alert_id} [data-step=acknowledge]")
    said = re.compile("网络不通|网络已恢复")  # the page's next look finds the line whole
    expect(page.locator("#banner-failed")).to_contain_text(said)
    page.unroute("**/acknowledge")
    page.click("#failed-retry")
    expect(page.locator("#banner-failed")).to_be_hidden()
    expect(page.locator(f"#card-{alert_id}")).to_have_attribute("data-response", "acknowledged")


def test_a_list_of_devices_names_people(reader: Reader) -> None:
    page = reader()
    page.goto(at(page, "/devices"))
    expect(page.locator("tbody")).to_contain_text("王秀英")


def test_an_alarm_that_is_over_is_not_said_to_go_on(scene: Scene, reader: Reader) -> None:
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page = reader("desk", language="en")
    page.click(f"[data-open-alert={alert_id}]")
    expect(page.locator("[data-part=place]")).to_contain_text("Still reporting")
    expect(page.locator(".alarm-timer")).to_contain_text("since trigger")
    close(scene, alert_id, Outcome.FALSE)
    expect(page.locator(".alarm-timer")).to_contain_text("from trigger to end", timeout=8_000)
    expect(page.locator("[data-part=place]")).not_to_contain_text("Still reporting")


def test_a_home_that_was_never_heard_of_has_no_green_tick(scene: Scene, reader: Reader) -> None:
    with scene.sessions.begin() as session:
        session.add(Resident(id="r-new", name="新来者", centre_id="c-1", team_id="t-1", created_at_ms=now()))
    page = reader()
    page.goto(at(page, "/residents?q=新来者"))
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("无报警")
    expect(page.locator("tbody .quiet")).to_have_count(0)
    page.goto(at(page, "/residents?q=王秀英"))
    expect(page.locator("tbody .quiet")).to_have_count(1)
