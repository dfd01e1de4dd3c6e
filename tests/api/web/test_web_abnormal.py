"""What is abnormal is marked wherever it is shown, charts keep their axes, counters are told as totals."""

from __future__ import annotations

import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.contract.observation import Observation, Scalar
from api.schemas.observations import BucketView
from api.web.marks import Marks
from api.web.totals import totals
from api.web.wording import Wording
from ingest.store.port import Range
from tests.api.web.scene import Scene, _write
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]
EN = Wording("en", ZoneInfo("Asia/Shanghai"), 1_795_402_800_000)


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    ("code", "value", "name"),
    [
        ("heart_rate", 72, ""),
        ("heart_rate", 111, "high"),
        ("heart_rate", 131, "critical_high"),
        ("heart_rate", 40, "critical_low"),
        ("pulse_rate", 50, "low"),
        ("spo2", 92, ""),
        ("spo2", 91, "low"),
        ("spo2", 86, "critical_low"),
        ("systolic_pressure", 204, "critical_high"),
        ("systolic_pressure", 88, "critical_low"),
        ("body_temperature", 38.4, "high"),
        ("glucose", 2.2, "critical_low"),
        ("respiration_rate", 22, "high"),
        ("room_temperature", 8, "low"),
        ("steps", 100_000, ""),
    ],
)
def test_a_value_is_marked_as_the_rules_find_it(code: str, value: float, name: str) -> None:
    mark = Marks().of(code, value, EN)
    assert (mark.name if mark else "") == name
    assert mark is None or (mark.word and mark.sign and mark.limit)


def test_the_residents_own_limit_and_flags_decide() -> None:
    own = Marks({"heart_rate_high.high_bpm": 105.0, "heart_rate_high.medium_bpm": 95.0})
    assert [mark.name for value in (96, 106) if (mark := own.of("heart_rate", value, EN))] == ["high", "critical_high"]
    assert Marks(flags=["copd"]).of("spo2", 89, EN) is None
    assert Marks().of("spo2", 89, EN) is not None


def _hour(start_ms: int, low: float, high: float) -> BucketView:
    return BucketView(start_ms=start_ms, low=low, mean=(low + high) / 2, high=high, samples=4)


def test_a_counter_that_starts_again_at_midnight_is_told_by_the_day() -> None:
    midnight = EN.start_of_today_ms()
    counter = [
        _hour(midnight - 25 * HOUR_MS, 3_000, 3_000),
        _hour(midnight - 15 * HOUR_MS, 0, 500),
        _hour(midnight - 10 * HOUR_MS, 800, 1_200),
        _hour(midnight + 8 * HOUR_MS, 100, 400),
        _hour(midnight + 9 * HOUR_MS, 400, 900),
    ]
    within = Range(midnight - 3 * DAY_MS, midnight + 11 * HOUR_MS)
    found = totals(counter, within, EN.zone)
    assert [(one.start_ms, one.value) for one in found][1:] == [(midnight - DAY_MS, 1_200), (midnight, 900)]
    assert found[-1].end_ms == midnight + DAY_MS


def test_a_counter_that_never_starts_again_is_told_by_the_hour() -> None:
    start = EN.start_of_today_ms()
    counter = [_hour(start + n * HOUR_MS, 1_000_000 + n * 50, 1_000_050 + n * 50) for n in range(5)]
    found = totals(counter, Range(start + HOUR_MS, start + 6 * HOUR_MS), EN.zone)
    assert [one.value for one in found] == [50, 50, 50, 50]


def _measured(scene: Scene, resident_id: str, *found: Observation) -> None:
    _write(scene.writer, resident_id, f"watch-{resident_id.removeprefix('r-')}", now(), found)


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "严重偏高"), ("en", "critically high")])
def test_an_abnormal_value_has_colour_and_word_on_each_page(
    scene: Scene, reader: Reader, language: str, word: str
) -> None:
    just_now = now()
    _measured(
        scene,
        "r-1",
        Scalar("systolic_pressure", 204, just_now),
        Scalar("diastolic_pressure", 112, just_now),
        Scalar("steps", 3_214, just_now),
    )
    page = reader(language=language)
    page.goto(at(page, "/residents/r-1"))
    tile = page.locator(".tile", has_text="204/112")
    expect(tile.locator(".mark-critical_high")).to_contain_text(word)
    expect(tile.locator(".mark")).to_contain_text("≥ 180")
    normal = page.locator(".tile:not(:has(.mark))").first
    colours = [one.evaluate("tile => getComputedStyle(tile).backgroundColor") for one in (tile, normal)]
    assert colours[0] != colours[1]
    chart = page.locator("[data-chart*='quantity=pressure'][data-drawn]")
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".chart-now")).to_contain_text("204/112")
    expect(chart.locator(".chart-now .mark-critical_high")).to_contain_text(word)
    alert_id = scene.raise_alert("r-1", "sos", now_ms=now())
    page.goto(at(page, f"/desk?alert={alert_id}"))
    page.locator(".minis [data-chart*='quantity=pressure']").scroll_into_view_if_needed()
    expect(page.locator(".minis .mark-critical_high")).to_contain_text(word)
    relative = reader("family", language=language)
    expect(relative.locator(".tile", has_text="204/112").locator(".mark")).to_contain_text(word)


def test_an_axis_is_the_same_for_everybody_and_wider_only_for_what_is_outside(scene: Scene, reader: Reader) -> None:
    page = reader()
    page.goto(at(page, "/residents/r-2"))

    def ends(quantity: str) -> tuple[float, float]:
        chart = page.request.get(at(page, f"/residents/r-2/chart.json?quantity={quantity}&range=24h")).json()
        script = """async (data) => (await import(`${document.documentElement.dataset.static}/trend.js`)).span(
          Math.min(...data.series.flatMap(one => one.low.filter(v => v !== null))),
          Math.max(...data.series.flatMap(one => one.high.filter(v => v !== null))), data)"""
        low, high = page.evaluate(script, chart)
        return low, high

    assert ends("spo2") == (85, 100)
    assert ends("heart_rate") == (40, 160)
    assert ends("pressure") == (60, 200)
    assert ends("body_temperature") == (34, 42)
    _measured(scene, "r-2", Scalar("spo2", 62, now()))
    low, high = ends("spo2")
    assert 55 < low < 62
    assert high == 100


def test_steps_are_told_by_the_day_and_the_head_says_what_the_tile_says(scene: Scene, reader: Reader) -> None:
    start = now() - 3 * DAY_MS
    _measured(scene, "r-3", *(Scalar("steps", (n % 24) * 100, start + n * HOUR_MS) for n in range(72)))
    page = reader()
    page.goto(at(page, "/residents/r-3?range=7d"))
    place = page.locator("[data-chart*='quantity=steps'][data-drawn]")
    place.scroll_into_view_if_needed()
    tile = page.locator(".tile", has_text="步数").locator(".tile-value").inner_text().removesuffix("步")
    expect(place.locator(".chart-now strong")).to_have_text(tile)
    expect(place.locator(".chart-legend")).to_contain_text("每日合计")
    chart = page.request.get(at(page, "/residents/r-3/chart.json?quantity=steps&range=7d")).json()
    assert len(chart["t"]) <= 5
    assert max(chart["series"][0]["mean"]) <= 2_400


def test_a_chart_has_a_name_and_its_numbers_as_a_table(reader: Reader) -> None:
    page = reader(language="en")
    page.goto(at(page, "/residents/r-1"))
    chart = page.locator("[data-chart*='quantity=spo2'][data-drawn]")
    chart.scroll_into_view_if_needed()
    expect(chart.get_by_role("img")).to_have_attribute(
        "aria-label", r"Oxygen saturation % " + chart.locator(".chart-now strong").inner_text() + " %"
    )
    chart.locator("summary").click()
    expect(chart.locator(".chart-table tr").nth(10)).to_be_visible()
