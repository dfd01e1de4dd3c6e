"""The resident's page says what is watched, what is still learned until when, and what cannot be told, and why."""

from __future__ import annotations

import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from alerts.engine.rule_states import Doing, RuleState
from alerts.rule_state_tables import ResidentRules
from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.registry.tables import Audit
from api.services.rule_states import RulesOfResident
from api.web.rule_states import RuleStates, rule_states_in_words
from api.web.wording import Wording
from tests.api.web.scene import Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]
T0 = 1_795_300_000_000
EN = Wording("en", ZoneInfo("Asia/Shanghai"), T0)
STATES = {
    "sos": RuleState(Doing.WATCHES),
    "heart_rate_high": RuleState(Doing.DOUBT),
    "spo2_low": RuleState(Doing.NOT_WORN),
    "fall_motion": RuleState(Doing.NOT_HEARD),
    "bed_exit": RuleState(Doing.LEARNING, 3, 7, "days"),
    "bathroom_dwell": RuleState(Doing.LEARNING, 4, 15, "stays"),
    "no_motion": RuleState(Doing.CANNOT_TELL),
    "not_in_bed": RuleState(Doing.NO_SENSOR),
    "device_silent": RuleState(Doing.WATCHES),
}


def know_rules(scene: Scene, resident_id: str, *, now_ms: int) -> None:
    """Write down what the engine would."""
    with scene.sessions.begin() as session:
        rules = {name: list(state) for name, state in STATES.items()}
        session.add(ResidentRules(resident_id=resident_id, at_ms=now_ms, rules=rules))


def now() -> int:
    return time.time_ns() // 1_000_000


def told(states: dict[str, RuleState], *, ago_ms: int = 0) -> RuleStates:
    return rule_states_in_words(RulesOfResident(T0 - ago_ms, states), EN)


def test_every_rule_is_told_in_words_with_its_reason() -> None:
    rules = told(STATES)
    assert "SOS call" in rules.watched
    assert {one.name: one.why for one in rules.not_now} == {
        "Fast heart rate": "the readings are none of a living body: the sensor is doubted",
        "Low oxygen saturation": "the device says that nobody wears it",
        "Fall": "its device has been silent for too long",
        "Suspected fall": "its device has been silent for too long",
        "Lying on the floor": "its device has been silent for too long",
        "No motion at home": "the usual varies so much that the sensors cannot tell it from the unusual",
    }
    learning = {one.name: one.why for one in rules.learning}
    assert learning["Long stay in the bathroom"] == "4 of 15 stays known"
    assert learning["Out of bed at night"].startswith("3 of 7 days known · until ")
    assert {"Not in bed at night", "Low blood glucose"} <= set(rules.no_device)
    assert "Device silent" in rules.watched
    assert "Fall" not in {*rules.watched, *rules.no_device}


def test_of_two_rules_of_a_kind_the_one_that_watches_is_told() -> None:
    two = {"ecg_rhythm": RuleState(Doing.NOT_HEARD), "ppg_pulse": RuleState(Doing.WATCHES)}
    rules = told(two)
    assert "Suspected atrial fibrillation" in rules.watched
    assert "Heart pause" in [one.name for one in rules.not_now]


def test_a_rule_that_this_release_no_longer_has_is_left_out() -> None:
    assert told({"gone": RuleState(Doing.WATCHES)}).watched == []


def test_what_was_found_long_ago_is_no_green_light() -> None:
    assert not told(STATES, ago_ms=HOUR_MS).is_stale
    assert told(STATES, ago_ms=3 * HOUR_MS).is_stale
    assert told(STATES, ago_ms=-DAY_MS).is_stale
    assert rule_states_in_words(RulesOfResident(), EN).is_stale


@pytest.mark.parametrize(("who", "path"), [("desk", "/residents/r-1"), ("doctor", "/residents/r-1/card")])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_desk_and_the_doctor_read_it_on_the_residents_page(
    scene: Scene, reader: Reader, who: str, path: str, language: str
) -> None:
    know_rules(scene, "r-1", now_ms=now())
    page = reader(who, language=language, width=390)
    page.goto(at(page, path))
    panel = page.locator(".rules")
    words = {
        "en": ("Still learning", "Out of bed at night", "3 of 7 days known", "the device says that nobody wears it"),
        "zh-CN": ("仍在学习", "夜间离床未归", "已知 3 天，需 7 天", "设备说没有人佩戴"),
    }
    for said in words[language]:
        expect(panel).to_contain_text(said)
    expect(panel.locator("[role=alert]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with scene.sessions() as session:
        looked = session.scalars(select(Audit.action).where(Audit.resident_id == "r-1")).all()
    assert ("resident.page" if who == "desk" else "resident.card") in looked


def test_a_page_of_whom_the_engine_knows_nothing_says_so(scene: Scene, reader: Reader) -> None:
    page = reader("desk", language="en")
    page.goto(at(page, "/residents/r-2"))
    expect(page.locator(".rules .notice-bad")).to_contain_text("do not take it that anything is watched")
    know_rules(scene, "r-2", now_ms=now() - 5 * HOUR_MS)
    page.reload()
    expect(page.locator(".rules [role=alert]")).to_contain_text("may no longer be so")
