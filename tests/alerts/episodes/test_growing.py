"""What grows in number is shown with its count, and calls nobody."""

from __future__ import annotations

from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition, Evidence, Finding
from anhu.contract.priority import Priority
from tests.alerts.episodes.test_apply_findings import T0, Sessions, apply, found, only_alert, paged


def grown(at_ms: int, pauses: float) -> ResidentFinding:
    evidence = Evidence({"times_today": pauses})
    finding = Finding("asystole_pause", Condition.GROWN, at_ms, at_ms, 1.0, Priority.MEDIUM, evidence)
    return ResidentFinding("r-1", "w-1", finding)


def test_a_larger_count_is_shown_and_nobody_is_called_for_it(town: Sessions) -> None:
    assert apply(town, found("asystole_pause", Priority.MEDIUM)) == {"raised": 1}
    called = paged(town)
    assert called
    assert apply(town, grown(T0 + 60_000, 2.0), grown(T0 + 120_000, 3.0)) == {"repeated": 2}
    assert apply(town, grown(T0 + 120_000, 3.0)) == {"ignored": 1}
    assert paged(town) == called
    alert = only_alert(town)
    assert (alert.evidence["features"], alert.repeats) == ({"times_today": 3.0}, 2)


def test_a_larger_count_of_what_nobody_was_told_of_raises_nothing(town: Sessions) -> None:
    assert apply(town, grown(T0, 2.0)) == {"ignored": 1}
