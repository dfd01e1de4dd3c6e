"""What the pages are made from, without a browser."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from alerts.episodes.lifecycle import Response
from alerts.limits import LIMITS, in_force
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from api.schemas.alerts import AlertView, PriorityWord
from api.schemas.observations import BucketView, EventView, LatestView, WaveformView
from api.web.cards import next_steps
from api.web.events import event_lines
from api.web.evidence.features import feature_rows
from api.web.evidence.waveform import _joined
from api.web.limits import limit_lines
from api.web.login import own_path
from api.web.marks import Marks
from api.web.trend import SPANS, _aligned, chart_names
from api.web.wellbeing import QUIET_MS, Known, wellbeing
from api.web.wording import Wording
from ingest.store.port import Range

NOW_MS = 1_795_402_800_000  # 2026-11-23T03:00:00Z, eleven o'clock in Shanghai
ZH = Wording("zh-CN", ZoneInfo("Asia/Shanghai"), NOW_MS)
EN = Wording("en", ZoneInfo("Asia/Shanghai"), NOW_MS)


def test_times_are_shown_on_the_readers_clock() -> None:
    assert ZH.moment(NOW_MS) == "11:00:00"
    assert ZH.moment(NOW_MS - 12 * HOUR_MS) == "11月22日 23:00"
    assert EN.moment(NOW_MS - 12 * HOUR_MS) == "22 Nov 23:00"
    assert EN.moment(NOW_MS - 400 * DAY_MS) == "2025 19 Oct 11:00"
    assert ZH.start_of_today_ms() == NOW_MS - 11 * HOUR_MS
    assert ZH.iso(NOW_MS) == "2026-11-23T03:00:00.000Z"


@pytest.mark.parametrize(
    ("age_ms", "words"),
    [(5_000, "just now"), (5 * MINUTE_MS, "5 min ago"), (30 * HOUR_MS, "30 h ago"), (3 * DAY_MS, "3 d ago")],
)
def test_ages_are_rough(age_ms: int, words: str) -> None:
    assert EN.ago(NOW_MS - age_ms) == words


@pytest.mark.parametrize(
    ("length_ms", "words"), [(-5, "0:00"), (42_000, "0:42"), (725_000, "12:05"), (11_220_000, "3:07:00")]
)
def test_durations_read_like_a_stopwatch(length_ms: int, words: str) -> None:
    assert ZH.duration(length_ms) == words


@pytest.mark.parametrize(
    ("about", "chinese", "english"),
    [
        ({"reason": "vanished"}, "网络中断", "its line broke"),
        ({"reason": "taken_over"}, "同一设备重新连接", "the same device connected anew"),
        ({"reason": "keep_alive"}, "超过约定时间无任何消息", "nothing came for as long as it had promised"),
        (
            {"reason": "protocol_error", "detail": "topic 'a/#'"},
            "违反 MQTT 协议 (topic 'a/#')",
            "it broke the MQTT protocol",
        ),
    ],
)
def test_why_a_connection_ended_stands_behind_that_it_did(
    about: dict[str, str | float], chinese: str, english: str
) -> None:
    ended = EventView(device_id="w", kind="connection", state="off", attributes=about, quality=0, observed_at_ms=NOW_MS)
    [zh], [en] = event_lines([ended], ZH), event_lines([ended], EN)
    assert zh.text.endswith(f" · {chinese}")
    assert english in en.text


def test_a_code_nobody_named_is_shown_as_it_is() -> None:
    assert ZH.kind("brand_new_kind") == "brand new kind"
    assert ZH.word("room", "red_room") == "red room"
    assert ZH.doubts(1 | 32) == "超出合理范围, 测量质量差"
    assert ZH.note("no.such.key") == ""


@pytest.mark.parametrize(
    ("response", "steps"),
    [
        (Response.UNACKED, ("acknowledge", "on_the_way", "on_scene", "close")),
        (Response.ACKNOWLEDGED, ("on_the_way", "on_scene", "close")),
        (Response.ON_THE_WAY, ("on_scene", "close")),
        (Response.ON_SCENE, ("close",)),
        (Response.CLOSED, ()),
    ],
)
def test_a_card_offers_what_may_follow(response: str, steps: tuple[str, ...]) -> None:
    assert next_steps(response) == steps


@pytest.mark.parametrize(
    ("asked", "goes_to"),
    [("/desk", "/desk"), ("//evil", ""), ("https://evil", ""), ("/\\evil", ""), ("", ""), ("/", "")],
)
def test_login_leads_to_own_pages_only(asked: str, goes_to: str) -> None:
    assert own_path(asked) == goes_to


def _bucket(start_ms: int, value: float) -> BucketView:
    return BucketView(start_ms=start_ms, low=value - 1, mean=value, high=value + 1, samples=3)


def test_values_far_apart_are_not_joined() -> None:
    five = 5 * MINUTE_MS
    near = [_bucket(k * five, 70 + k) for k in range(6)]
    late = [_bucket(k * five, 80) for k in range(40, 43)]
    times, columns = _aligned([[*near, *late]], SPANS["24h"])
    assert len(times) == 10
    assert columns[0]["mean"][6] is None
    assert columns[0]["low"][0] == 69
    assert times == sorted(times)


def test_rare_values_are_never_joined_over_the_longest_line() -> None:
    _, columns = _aligned([[_bucket(0, 120), _bucket(12 * HOUR_MS, 130)]], SPANS["24h"])
    assert columns[0]["mean"] == [120, None, 130]


def test_two_series_share_their_times() -> None:
    times, columns = _aligned([[_bucket(0, 120), _bucket(MINUTE_MS * 5, 130)], [_bucket(0, 80)]], SPANS["24h"])
    assert len(times) == 2
    assert columns[1]["mean"] == [80, None]
    assert _aligned([[], []], SPANS["7d"]) == ([], [{"mean": [], "low": [], "high": []}] * 2)


def test_charts_come_in_the_tables_order_with_both_pressures_in_one() -> None:
    found = ["glucose", "diastolic_pressure", "systolic_pressure", "heart_rate", "battery", "unheard_of"]
    assert chart_names(found) == ["heart_rate", "pressure", "glucose"]


def test_every_drawn_limit_is_one_that_a_rule_has() -> None:
    drawn = {name: limit for name, limit in LIMITS.items() if limit.drawn is not None}
    assert len(drawn) == 13
    for name in drawn:
        assert in_force({}, name) > 0


@pytest.mark.parametrize(
    ("quantities", "values"),
    [
        (("heart_rate",), [131, 40]),
        (("pulse_rate",), [131, 40]),
        (("spo2",), [91]),
        (("systolic_pressure", "diastolic_pressure"), [180, 110]),
        (("body_temperature",), [38.1, 35]),
        (("glucose",), [16.7, 3.9]),
        (("respiration_rate",), [25, 8]),
        (("room_temperature",), [35, 12]),
        (("weight",), []),
    ],
)
def test_a_chart_shows_the_limits_of_its_quantities(quantities: tuple[str, ...], values: list[float]) -> None:
    assert [line["value"] for line in limit_lines(quantities, Marks(), EN)] == values


def test_the_own_limit_is_drawn_and_a_chart_of_two_says_which_is_which() -> None:
    own = Marks({"pressure_crisis.systolic_mmhg": 160.0})
    lines = limit_lines(("systolic_pressure", "diastolic_pressure"), own, EN)
    assert [line["text"] for line in lines] == ["160", "110"]
    assert [line["label"].split()[0] for line in lines] == ["Systolic", "Diastolic"]


def _piece(start_ms: int, values: list[float | None]) -> WaveformView:
    return WaveformView(
        quantity="acceleration",
        unit="[g]",
        device_id="w",
        observed_at_ms=start_ms,
        sampling_rate_hz=10.0,
        channels=["x"],
        samples=[values],
        quality=0,
        position="waist",
    )


def test_pieces_of_a_signal_are_joined_and_a_hole_is_left_open() -> None:
    pieces = [_piece(1_000, [1, 2, None]), _piece(1_300, [3, 4]), _piece(3_000, [5])]
    times, channels = _joined(pieces, Range(0, 10_000), 1_000)
    assert times == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 2.0]
    assert channels == [[1, 2, None, 3, 4, None, 5]]


def test_a_piece_that_came_twice_is_drawn_once() -> None:
    times, channels = _joined([_piece(0, [1, 2]), _piece(0, [1, 2])], Range(0, 10_000), 0)
    assert times == [0.0, 0.1]
    assert channels == [[1, 2]]


def _event(at_ms: int, kind: str = "motion", state: str = "on", **attributes: str | float | bool) -> EventView:
    return EventView(kind=kind, state=state, device_id="h", observed_at_ms=at_ms, quality=0, attributes=attributes)


def test_the_same_thing_in_a_row_is_told_once_newest_first() -> None:
    lines = event_lines([_event(1, room="kitchen"), _event(2, room="kitchen"), _event(3, "smoke")], ZH)
    assert [(line.at_ms, line.text, line.count) for line in lines] == [(3, "烟雾", 1), (2, "厨房 · 有人活动", 2)]
    assert event_lines([_event(1, "smoke", "off", vendor_type="X7")], EN)[0].text == "Smoke (ended) (X7)"


def test_evidence_reads_as_words_with_units() -> None:
    rows = feature_rows(
        {"features": {"peak_g": 3.417, "odd_thing_hz": 120.4}, "limits": {"peak_g": 2.0, "tilt_deg": 45}}, ZH
    )
    assert rows[0] == ("冲击峰值", "3.42", "2", "g")
    assert rows[1] == ("odd thing", "120", "", "Hz")
    assert rows[2] == ("躯干倾角", "", "45", "°")


def test_long_times_are_told_in_longer_units() -> None:
    rows = feature_rows({"features": {"silent_s": 9_000.0, "lasted_s": 90.0, "disconnected": 1.0}}, EN)
    assert rows == [("Silent for", "2.5", "", "h"), ("Lasted", "90", "", "s"), ("Disconnected", "yes", "", "")]
    assert feature_rows({"features": {"silent_s": 660}, "limits": {"silent_s": 600}}, EN)[0][1:] == ("11", "10", "min")


def _alert(priority: PriorityWord, response: str, *, outcome: str = "") -> AlertView:
    return AlertView(
        id="a",
        resident_id="r",
        resident_name="n",
        kind="fall",
        title_zh="",
        title_en="",
        priority=priority,
        condition="present",
        response=response,
        latches=True,
        is_open=not outcome,
        late=False,
        repeats=0,
        started_at_ms=NOW_MS,
        raised_at_ms=NOW_MS,
        last_at_ms=NOW_MS,
        acknowledged_at_ms=None,
        closed_at_ms=NOW_MS if outcome else None,
        outcome=outcome,
    )


def _latest(age_ms: int) -> LatestView:
    return LatestView(
        quantity="heart_rate",
        title_zh="",
        title_en="",
        unit="/min",
        value=70,
        decimals=0,
        quality=0,
        device_id="w",
        observed_at_ms=NOW_MS - age_ms,
    )


@pytest.mark.parametrize(
    ("latest", "alerts", "state"),
    [
        ([_latest(HOUR_MS)], [], "well"),
        ([_latest(QUIET_MS)], [], "quiet"),
        ([], [], "quiet"),
        ([_latest(HOUR_MS)], [_alert("low", "unacked")], "noted"),
        ([_latest(HOUR_MS)], [_alert("high", "closed", outcome="true")], "happened"),
        ([_latest(QUIET_MS)], [_alert("high", "closed", outcome="true")], "quiet"),
        ([_latest(HOUR_MS)], [_alert("medium", "acknowledged")], "attention"),
        ([], [_alert("medium", "acknowledged"), _alert("high", "unacked")], "waiting"),
    ],
)
def test_a_relative_reads_one_honest_sentence(latest: list[LatestView], alerts: list[AlertView], state: str) -> None:
    found = wellbeing("王秀英", Known(latest, [], alerts, {}), ZH)
    assert found.state == state
    assert found.text
    assert len(found.happenings) == len(alerts)


def test_a_relative_reads_who_was_told_only_when_somebody_was() -> None:
    waiting = _alert("high", "unacked")
    assert "还没有消息发到任何人" in wellbeing("王秀英", Known([], [], [waiting], {}), ZH).text
    assert "11:00:00 收到通知" in wellbeing("王秀英", Known([], [], [waiting], {waiting.id: NOW_MS}), ZH).text
    assert "还没有通知任何人" in wellbeing("王秀英", Known([], [], [], {}), ZH).text


def test_a_store_that_cannot_answer_and_a_line_that_flaps_are_no_good_news() -> None:
    assert wellbeing("王秀英", Known([], [], [], {}, readable=False), ZH).state == "unknown"
    flapping = EventView(device_id="w", kind="connection", state="on", attributes={}, quality=0, observed_at_ms=NOW_MS)
    assert wellbeing("王秀英", Known([], [flapping], [], {}), ZH).state == "quiet"


def test_a_drill_is_neither_an_alarm_nor_a_sign_of_life_for_a_relative() -> None:
    drill = _alert("high", "closed", outcome="drill").model_copy(update={"kind": "drill_call"})
    said = EventView(device_id="d", kind="drill_call", state="on", attributes={}, quality=0, observed_at_ms=NOW_MS)
    unheard = wellbeing("王秀英", Known([], [said], [drill], {}), ZH)
    assert unheard.state == "quiet"
    assert [one.kind for one in unheard.happenings] == [ZH.kind("drill_call")]
    assert wellbeing("王秀英", Known([_latest(HOUR_MS)], [said], [drill], {}), ZH).state == "well"
