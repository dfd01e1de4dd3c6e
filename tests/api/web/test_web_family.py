"""A relative's day: what is being done, who goes, how it ended in words meant for them, messages, requests."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from alerts.episodes import responses
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.registry.care_tables import CareMessage, ServiceRequest
from anhu.registry.tables import FamilyLink
from tests.api.web.scene import Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]


def now() -> int:
    return time.time_ns() // 1_000_000


def test_two_relatives_see_who_goes_and_how_it_ended(scene: Scene, reader: Reader) -> None:
    with scene.sessions.begin() as session:
        session.add(FamilyLink(user_id="u-stranger", resident_id="r-1", relation="daughter", rank=2))
    fall = scene.raise_alert("r-1", "fall", now_ms=now())
    son, daughter = reader("family", width=390), reader("stranger", width=390)
    son.select_option("#say-minutes", "45")
    son.click(".say button")
    for page in (son, daughter):
        expect(page.locator("#doing")).to_contain_text("王小明", timeout=15_000)
        expect(page.locator("#doing")).to_contain_text("说要去")
    expect(son.locator("#unsent")).to_be_hidden()
    desk = reader("desk")
    desk.goto(at(desk, f"/desk?alert={fall}"))
    expect(desk.locator("[data-part=history]")).to_contain_text("家属：要去")
    expect(desk.locator("#alarm")).to_have_attribute("data-open", "1")
    with scene.sessions.begin() as session:
        responses.on_the_way(session, fall, actor="u-desk", now_ms=now())
    expect(son.locator("#doing")).to_contain_text("刘芳", timeout=15_000)
    expect(son.locator("#doing")).to_contain_text("已出发")
    with scene.sessions.begin() as session:
        said = {"note": "左髋痛，已叫120", "family_note": "她在浴室滑倒，已送医院检查，神志清楚。"}
        responses.close(session, fall, "true", actor="u-desk", now_ms=now(), **said)
    expect(son.locator("#happenings")).to_contain_text("已送医院检查", timeout=15_000)
    expect(son.locator("main")).not_to_contain_text("左髋痛")
    with scene.sessions() as session:
        assert session.get_one(Alert, fall).outcome == "true"


def test_the_last_seven_days_stand_there_with_outcome_and_note(scene: Scene, reader: Reader) -> None:
    three_days_ago = now() - 3 * DAY_MS
    for days, kind in ((3, "sos"), (9, "wandering")):
        alert = scene.raise_alert("r-1", kind, now_ms=now() - days * DAY_MS)
        with scene.sessions.begin() as session:
            responses.close(
                session,
                alert,
                "false",
                actor="u-desk",
                now_ms=three_days_ago + HOUR_MS - (days - 3) * DAY_MS,
                family_note=f"误触 {kind}",
            )
    page = reader("family")
    expect(page.locator(".week")).to_contain_text("误触 sos")
    expect(page.locator(".week")).to_contain_text("虚惊一场")
    expect(page.locator("main")).not_to_contain_text("误触 wandering")


def test_an_alarm_that_is_open_for_months_is_never_hidden_by_fifty_newer_ones(scene: Scene, reader: Reader) -> None:
    old = scene.raise_alert("r-1", "sos", now_ms=now() - 100 * DAY_MS)
    with scene.sessions.begin() as session:
        for n in range(60):
            session.add(
                Alert(
                    id=f"a-x{n}",
                    resident_id="r-1",
                    kind="battery_low",
                    priority=1,
                    condition="gone",
                    response="closed",
                    started_at_ms=now() - DAY_MS * 2 - n,
                    raised_at_ms=now() - DAY_MS * 2 - n,
                    last_at_ms=now() - DAY_MS * 2 - n,
                    closed_at_ms=now() - DAY_MS * 2,
                    evidence={},
                    outcome="resolved",
                    is_open=False,
                )
            )
        assert session.get_one(Alert, old).is_open
    page = reader("family")
    expect(page.locator("#wellbeing")).to_have_attribute("data-state", "waiting")


def test_a_message_with_words_for_help_says_so_and_alarms_the_desk(reader: Reader) -> None:
    family, desk = reader("family", width=390), reader("desk")
    family.click("text=留言 >> nth=0")
    family.goto(at(family, "/residents/r-1/messages"))
    expect(family.locator("main")).to_contain_text("这里不是报警渠道")
    family.fill("#write-text", "妈妈摔倒了，电话不接")
    family.click("#write button")
    expect(family.locator("#thread")).to_contain_text("已向值守台报警", timeout=15_000)
    expect(desk.locator("#queue, .queue").first).to_contain_text("留言中有求助字样", timeout=15_000)
    desk.reload()
    expect(desk.locator("[data-unread]")).to_have_text("1")
    desk.goto(at(desk, "/residents/r-1/messages"))
    expect(desk.locator(".said-new")).to_have_count(1)
    desk.goto(at(desk, "/messages"))
    expect(desk.locator(".thread-unread")).to_have_count(0)


def test_a_request_goes_from_the_family_to_the_desk_and_back(scene: Scene, reader: Reader) -> None:
    family, desk = reader("family", width=390), reader("desk")
    family.goto(at(family, "/residents/r-1/requests"))
    family.check("input[value=meal]")
    family.fill("#ask-text", "午餐少盐")
    family.dblclick("#ask button")
    expect(family.locator("#asked li")).to_have_count(1, timeout=15_000)
    desk.goto(at(desk, "/requests"))
    desk.click("text=我来办")
    expect(desk.locator("[data-request]")).to_contain_text("已受理")
    desk.click("summary")
    desk.fill("[name=outcome]", "11:40 送到")
    desk.click("text=已办好")
    expect(desk.locator("main")).to_contain_text("没有服务请求")
    family.reload()
    expect(family.locator("#asked")).to_contain_text("11:40 送到")
    with scene.sessions() as session:
        assert session.query(ServiceRequest).count() == 1
        assert session.query(CareMessage).count() == 0
        assert session.query(AlertEvent).count() == 0
