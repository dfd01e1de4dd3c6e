"""What one device may make the engine remember is bounded, told, and never costs a call for help."""

from __future__ import annotations

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.strangers import MOST_STRANGERS
from anhu.contract.clock import DAY_MS
from anhu.contract.observation import Event
from anhu.contract.record import Reading

T0 = 1_795_300_000_000


def press(engine: Engine, source: str, at_ms: int, kind: str = "motion", **attributes: str) -> list[ResidentFinding]:
    return engine.feed(Reading(source, "r-1", at_ms, (Event(kind, at_ms, "on", dict(attributes)),)))


def flooded(n: int) -> tuple[Engine, list[ResidentFinding]]:
    engine = Engine(discover())
    return engine, [one for i in range(n) for one in press(engine, f"home:{i}", T0 + 10 * i)]


def test_invented_sources_are_bounded_counted_and_told_once() -> None:
    engine, found = flooded(5 * MOST_STRANGERS)
    assert engine.counters()["watched"] == MOST_STRANGERS + 1
    assert engine.counters()["sources_over"] == 4 * MOST_STRANGERS
    found += engine.advance(T0 + 600_000)
    faults = [one for one in found if one.finding.kind == "sensor_fault"]
    assert [one.finding.evidence.note for one in faults] == ["alert.note.too_many_sources"]
    restored = Engine(discover())
    restored.restore(engine.snapshot())
    press(restored, "home:new", T0 + 700_000)
    assert restored.counters()["watched"] == MOST_STRANGERS + 1


def test_a_call_from_one_that_is_over_the_limit_is_told() -> None:
    engine, _ = flooded(2 * MOST_STRANGERS)
    found = press(engine, "home:a-real-button", T0 + 60_000, "sos")
    assert [one.finding.kind for one in found] == ["sos"]


def test_who_has_not_been_heard_for_long_makes_place() -> None:
    engine, _ = flooded(MOST_STRANGERS)
    later_ms = T0 + 10 * MOST_STRANGERS + 8 * DAY_MS
    press(engine, "home:1", later_ms)
    press(engine, "home:new", later_ms + 1_000)
    assert engine.counters()["watched"] == MOST_STRANGERS
    assert engine.counters().get("sources_over", 0) == 0


def test_made_up_words_are_forgotten() -> None:
    engine = Engine(discover())
    sizes = []
    for i in range(2_000):
        press(engine, "d-1", T0 + 1_000 * i, "unknown_vendor_event", vendor_type=f"word-{i}", urgent="no")
        if i in (500, 1_999):
            sizes.append(len(engine.snapshot()))
    assert sizes[1] < 1.1 * sizes[0]
