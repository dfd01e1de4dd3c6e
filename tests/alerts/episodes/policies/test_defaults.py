"""What holds where nobody has written a policy."""

from __future__ import annotations

import pytest

from alerts.episodes.policies.defaults import default_policy
from alerts.episodes.policies.policy import Party, Rung
from alerts.kinds import DRILLS, KINDS, Route
from anhu.contract.priority import Priority

MEDICAL = {
    "asystole_pause",
    "glucose_falling",
    "glucose_high",
    "glucose_low",
    "heart_rate_high",
    "heart_rate_low",
    "irregular_rhythm",
    "news2",
    "pressure_crisis",
    "pressure_low",
    "respiration_high",
    "respiration_low",
    "rhythm_unclear",
    "spo2_low",
    "temperature_high",
    "temperature_low",
    "usual_heart_rate",
    "weight_gain",
}


def test_who_is_told_first_is_what_was_agreed() -> None:
    by_route = {route: {code for code, kind in KINDS.items() if kind.route is route} for route in Route}
    assert by_route[Route.MEDICAL] == MEDICAL
    assert by_route[Route.PERSON] == {"sos", "fall", "fall_suspected", "long_lie"}
    assert by_route[Route.AREA] == {"area_silent", "rule_storm"}


def rungs(kind: str, priority: Priority) -> tuple[Rung, ...]:
    return default_policy(kind, priority).rungs


def first(kind: str, priority: Priority) -> set[Party]:
    return set(rungs(kind, priority)[0].parties)


def test_the_route_of_a_kind_is_the_way_it_takes() -> None:
    assert first("spo2_low", Priority.MEDIUM) == {Party.TEAM}
    assert first("no_motion", Priority.MEDIUM) == {Party.CENTRE, Party.FAMILY_FIRST, Party.RESIDENT}
    assert first("water_leak", Priority.MEDIUM) == {Party.CENTRE, Party.FAMILY_FIRST}
    assert first("area_silent", Priority.MEDIUM) == {Party.CENTRE}
    assert Party.TEAM in first("fall", Priority.HIGH)
    assert Party.TEAM in first("spo2_low", Priority.HIGH)
    assert Party.TEAM not in first("smoke", Priority.HIGH)


def test_a_kind_that_there_is_no_more_goes_to_the_desk() -> None:
    assert first("retired", Priority.MEDIUM) == {Party.CENTRE, Party.FAMILY_FIRST}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].route is not Route.HEARTBEAT])
def test_an_urgent_alert_reaches_everybody_within_five_minutes(kind: str) -> None:
    steps = rungs(kind, Priority.HIGH)
    reached = {party for step in steps for party in step.parties if step.after_ms <= 300_000}
    assert {Party.CENTRE, Party.TEAM, Party.FAMILY} <= reached
    assert steps[0].after_ms == 0
    assert any(step.prompt_emergency for step in steps) == (kind not in DRILLS)


def test_steps_come_in_order_and_end() -> None:
    for kind in KINDS:
        for priority in Priority:
            steps = rungs(kind, priority)
            assert [s.after_ms for s in steps] == sorted({s.after_ms for s in steps})
            assert len(steps) <= 4 + 6


def test_a_mild_alert_pages_nobody() -> None:
    assert not rungs("battery_low", Priority.LOW)
    assert not rungs("sos", Priority.INFO)


@pytest.mark.parametrize("kind", sorted(DRILLS))
def test_a_drill_is_told_once_and_sends_nobody_out(kind: str) -> None:
    assert len(rungs(kind, Priority.HIGH)) == 1
    assert not rungs(kind, Priority.HIGH)[0].prompt_emergency
