"""The evidence of an alarm as a nurse sees it: recorded signals through the production detectors, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from anhu.contract.words import LANGUAGES
from tests.api.web.episodes import last_night, poorly, recorded
from tests.api.web.scene import Scene

Reader = Callable[..., Page]


def now() -> int:
    return time.time_ns() // 1_000_000


def opened(page: Page, alert_id: str) -> Page:
    page.goto(f"{page.url.split('/desk')[0]}/desk?alert={alert_id}")
    expect(page.locator("[data-part=evidence]")).to_be_visible()
    return page


def says(page: Page, *sentences: str) -> None:
    for sentence in sentences:
        expect(page.locator("[data-part=evidence]")).to_contain_text(sentence)


def fits(page: Page) -> None:
    panel = page.locator("[data-part=evidence]")
    assert panel.evaluate("one => one.scrollWidth - one.clientWidth") <= 0


def test_a_recorded_fall_shows_its_phases_and_that_nobody_rose(scene: Scene, reader: Reader) -> None:
    found = recorded(scene, 1, "fall", now())
    assert list(found) == ["fall"]
    page = opened(reader(), found["fall"])
    says(
        page,
        "撞击 5.27 g（1.6 g 以上才会分析）",
        "仍未起身（60 秒起确认为跌倒）",
        "这条规则看不见：手腕、口袋等处的设备察觉不到慢慢滑下",
    )
    place = page.locator("[data-waveform][data-drawn]")
    for phase in ("之前", "失衡下坠", "撞击", "之后", "合加速度"):
        expect(place.locator(".chart-legend")).to_contain_text(phase)


def test_recorded_fibrillation_shows_strips_beats_and_intervals(scene: Scene, reader: Reader) -> None:
    found = recorded(scene, 2, "fibrillation", now())
    assert set(found) == {"irregular_rhythm", "asystole_pause"}
    page = opened(reader(language="en"), found["irregular_rhythm"])
    says(
        page,
        "Beat intervals irregular as in fibrillation in 5 of 5 strips of 30 s",
        "a doctor must read the strip",
        "Signal quality:",
    )
    place = page.locator("[data-waveform][data-drawn]")
    expect(place.locator(".chart-legend")).to_contain_text("beat found")
    assert 3 <= place.locator("canvas").count() <= 6
    opened(page, found["asystole_pause"])
    says(page, "Longest pause 3.71 s (an alarm beyond 3 s)", "What this rule cannot see:")
    expect(page.locator("[data-waveform][data-drawn] .chart-legend")).to_contain_text("pause")


def test_a_hand_held_strip_is_read_when_it_ends(scene: Scene, reader: Reader) -> None:
    found = recorded(scene, 3, "handheld_ecg", now())
    page = opened(reader(), found["irregular_rhythm"])
    says(page, "心跳间隔不规则，像房颤：1 段中有 1 段（每段 30 秒）")
    expect(page.locator("[data-waveform][data-drawn]")).to_be_visible()


def test_the_early_warning_score_names_what_is_missing_and_how_old_the_rest_is(scene: Scene, reader: Reader) -> None:
    found = poorly(scene, 4, now())
    page = opened(reader(), found["news2"])
    says(page, "NEWS2 至少 7 分", "报警前", "已达国家紧急转诊标准", "紧急转诊：收缩压 184 mmHg")
    expect(page.locator(".score-missing")).to_have_count(2)
    expect(page.locator(".score-missing").last).to_contain_text("意识")
    expect(page.locator(".score .points-3")).to_have_text("3")


def test_a_number_is_drawn_with_the_limit_that_it_crossed(scene: Scene, reader: Reader) -> None:
    found = poorly(scene, 4, now())
    page = opened(reader(language="en"), found["heart_rate_high"])
    legend = page.locator("[data-part=evidence] [data-chart][data-drawn] .chart-legend")
    expect(legend).to_contain_text("limit 111")
    expect(legend).to_contain_text("the stretch that decided")


def test_a_night_at_home_is_a_timeline(scene: Scene, reader: Reader) -> None:
    found = last_night(scene, 5, now())
    page = opened(reader(), found["bed_exit"])
    says(page, "离床，已", "期间离床 2 次又回来", "去卫生间")
    labels = page.locator(".timeline-label").all_text_contents()
    assert labels[0] == "在床"
    assert "卫生间 · 活动" in labels
    assert page.locator(".timeline-bed").count() == 3
    expect(page.locator(".said")).to_contain_text(re.compile("04:12(:00)? 离床，已 17 分钟未回"))


@pytest.mark.parametrize(("language", "width"), [(LANGUAGES[1], 320), (LANGUAGES[0], 390)])
def test_evidence_fits_a_phone(scene: Scene, reader: Reader, language: str, width: int) -> None:
    moment = now()
    ids = [*recorded(scene, 1, "fall", moment).values(), *poorly(scene, 4, moment).values()]
    ids += [*recorded(scene, 3, "handheld_ecg", moment).values(), *last_night(scene, 5, moment).values()]
    page = reader(language=language, width=width, height=844)
    for alert_id in ids:
        opened(page, alert_id)
        fits(page)
