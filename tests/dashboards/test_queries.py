from __future__ import annotations

import pytest

from anhu.contract.quantities import QUANTITIES, Kind, Quantity, of_kind
from dashboards import flux
from dashboards.build import dashboards
from dashboards.panels import Json
from dashboards.titles import both, named
from tests.dashboards.stored import Ask, typical

TITLES = {panel["title"]: panel for board in dashboards().values() for panel in board["panels"] if "targets" in panel}


def _panel_queries() -> list[object]:
    return [
        pytest.param(target["query"], id=f"{name}: {panel['title']}")
        for name, board in dashboards().items()
        for panel in board["panels"]
        for target in panel.get("targets", ())
    ]


def _variables() -> list[object]:
    return [
        pytest.param(variable, id=f"{name}: {variable['name']}")
        for name, board in dashboards().items()
        for variable in board["templating"]["list"]
        if variable["type"] == "query"
    ]


def _query(key: str) -> str:
    text: str = TITLES[both(key)]["targets"][0]["query"]
    return text


@pytest.mark.parametrize("query", _panel_queries())
def test_every_panel_shows_something_of_full_data(ask: Ask, query: str) -> None:
    assert ask(query)


@pytest.mark.parametrize("query", _panel_queries())
def test_every_panel_is_empty_and_no_error_without_data(ask: Ask, query: str) -> None:
    nobody = {"resident": "r-nobody", "centre": "nowhere", "process": "none"}
    found = ask(query, **nobody)
    assert not found or query in (flux.heard_from("resident"), flux.heard_from("device"), flux.event_counts())


@pytest.mark.parametrize("variable", _variables())
def test_every_variable_offers_what_is_there(ask: Ask, variable: Json) -> None:
    expected = {
        "centre": {"north", "south"},
        "resident": {"r-1", "r-2"},
        "device": {"watch.1", "pad:2"},
        "process": {"gateway", "ingest"},
    }
    assert {r.get_value() for r in ask(variable["query"]["query"])} == expected[variable["name"]]


@pytest.mark.parametrize("quantity", of_kind(Kind.SCALAR), ids=lambda q: q.code)
def test_a_chart_of_numbers_shows_this_resident_plausible_numbers(ask: Ask, quantity: Quantity) -> None:
    first, last = typical(quantity)
    records = ask(TITLES[named(quantity)]["targets"][0]["query"])
    for line in ("low", "mean", "high"):
        values = [r.get_value() for r in records if (r["device"], r["_field"]) == ("watch.1", line)]
        assert values == pytest.approx([first, last])
    assert {r["device"] for r in records} == {"watch.1", "pad:2"}


def test_a_chosen_device_is_the_only_one_shown(ask: Ask) -> None:
    records = ask(flux.low_mean_high(QUANTITIES["spo2"]), device="pad:2")
    assert {r["device"] for r in records} == {"pad:2"}
    assert not ask(flux.low_mean_high(QUANTITIES["spo2"]), device="watch_1"), "a dot in a name is a dot"


def test_a_short_crisis_is_not_averaged_away(ask: Ask) -> None:
    first, last = typical(QUANTITIES["heart_rate"])
    query = flux.low_mean_high(QUANTITIES["heart_rate"]).replace("v.windowPeriod", "1d")
    by_line: dict[str, list[float]] = {}
    for record in ask(query, device="watch.1"):
        by_line.setdefault(record["_field"], []).append(record.get_value())
    assert min(by_line["low"]) == pytest.approx(first)
    assert max(by_line["high"]) == pytest.approx(last)


@pytest.mark.parametrize(
    ("key", "all_centres", "north"),
    [
        ("centre.open", {"high": 3.0, "low": 5.0}, {"high": 2.0, "low": 5.0}),
        ("centre.unacknowledged", {"high": 2.0, "low": 0.0}, {"high": 1.0, "low": 0.0}),
        ("centre.oldest", {"high": 90.0, "low": 400.0}, {"high": 90.0, "low": 400.0}),
        ("centre.open_trend", {"high": 3.0, "low": 5.0}, {"high": 2.0, "low": 5.0}),
        ("centre.oldest_trend", {"high": 90.0, "low": 400.0}, {"high": 90.0, "low": 400.0}),
    ],
)
def test_open_alerts_add_up_over_the_chosen_centres(
    ask: Ask, key: str, all_centres: dict[str, float], north: dict[str, float]
) -> None:
    assert {r["priority"]: r.get_value() for r in ask(_query(key))} == all_centres
    assert {r["priority"]: r.get_value() for r in ask(_query(key), centre="north")} == north


def test_the_table_of_centres_puts_who_waits_first(ask: Ask) -> None:
    rows = [(r["centre"], r["priority"], r["unacknowledged"], r["oldest_s"]) for r in ask(_query("centre.by_centre"))]
    assert rows == [("north", "high", 1.0, 90.0), ("south", "high", 1.0, 30.0), ("north", "low", 0.0, 400.0)]


def test_residents_and_devices_heard_from_are_counted(ask: Ask) -> None:
    assert [r.get_value() for r in ask(_query("centre.residents"))] == [2]
    assert [r.get_value() for r in ask(_query("centre.devices"))] == [3]


def test_events_are_counted_when_they_begin(ask: Ask) -> None:
    assert {r["kind"]: r.get_value() for r in ask(_query("centre.events"))} == {"fall": 1, "contact": 1}


def test_events_are_shown_with_state_and_attributes(ask: Ask) -> None:
    states = [(r["kind"], r.get_value()) for r in ask(_query("resident.states"))]
    assert sorted(states) == [("contact", 0), ("contact", 1), ("fall", 1)]
    newest = ask(_query("resident.events"))
    assert [(r["kind"], r["state"]) for r in newest] == [("contact", 0), ("contact", 1), ("fall", 1)]
    assert {r["attributes"] for r in newest} == {'{"room":"卧室"}'}


def test_waveforms_and_last_words_name_their_device(ask: Ask) -> None:
    assert [(r["device"], r["quantity"]) for r in ask(_query("resident.waveforms"))] == [("watch.1", "ecg")]
    words = {r["device"]: r.get_time() for r in ask(_query("resident.silence"))}
    assert words["watch.1"] > words["pad:2"]


def test_doubts_are_counted_per_quantity(ask: Ask) -> None:
    doubted = {r["_field"]: r.get_value() for r in ask(_query("resident.doubts"))}
    assert doubted == {f"{q.code}_quality": 1 for q in of_kind(Kind.SCALAR)}


def test_each_process_shows_its_counters_and_its_silence(ask: Ask) -> None:
    behind = {(r["process"], r["_field"]): r.get_value() for r in ask(_query("platform.behind"), process="ingest")}
    assert behind == {("ingest", "backlog_bytes"): 160.0, ("ingest", "pending_bytes"): 160.0}
    assert {r["process"] for r in ask(_query("platform.counters"))} == {"gateway", "ingest"}
    assert [r.get_value() for r in ask(_query("platform.taken_in"))] == pytest.approx([2.0] * 12), "a second"
    assert [r.get_value() for r in ask(_query("platform.refused"))] == pytest.approx([120.0] * 16), "a minute"
    silence_s = [r.get_value() for r in ask(_query("platform.last_word"))]
    assert all(20 <= s < 600 for s in silence_s)
