from __future__ import annotations

import pytest

from alerts.episodes.ladders import REPEATS, Party, ladder, step_at
from alerts.episodes.lifecycle import ALLOWED_FROM, IllegalStepError, Response, check_step
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
    "spo2_low",
    "temperature_high",
    "temperature_low",
    "weight_gain",
}


def test_who_is_told_first_is_what_was_agreed() -> None:
    by_route = {route: {code for code, kind in KINDS.items() if kind.route is route} for route in Route}
    assert by_route[Route.MEDICAL] == MEDICAL
    assert by_route[Route.PERSON] == {"sos", "fall", "fall_suspected", "long_lie"}
    assert by_route[Route.AREA] == {"area_silent", "rule_storm"}


def first(kind: str, priority: Priority) -> set[Party]:
    return set(ladder(kind, priority)[0].parties)


def test_the_route_of_a_kind_is_the_way_it_takes() -> None:
    assert first("spo2_low", Priority.MEDIUM) == {Party.TEAM}
    assert first("no_motion", Priority.MEDIUM) == {Party.CENTRE, Party.FAMILY_FIRST}
    assert first("area_silent", Priority.MEDIUM) == {Party.CENTRE}
    assert Party.TEAM in first("fall", Priority.HIGH)
    assert Party.TEAM in first("spo2_low", Priority.HIGH)
    assert Party.TEAM not in first("smoke", Priority.HIGH)


def test_a_kind_that_there_is_no_more_goes_to_the_desk() -> None:
    assert first("retired", Priority.MEDIUM) == {Party.CENTRE, Party.FAMILY_FIRST}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].route is not Route.HEARTBEAT])
def test_an_urgent_alert_reaches_everybody_within_five_minutes(kind: str) -> None:
    steps = ladder(kind, Priority.HIGH)
    reached = {party for step in steps for party in step.parties if step.after_ms <= 300_000}
    assert {Party.CENTRE, Party.TEAM, Party.FAMILY} <= reached
    assert steps[0].after_ms == 0
    assert any(step.prompt_emergency for step in steps) == (kind not in DRILLS)


def test_steps_come_in_order_and_end() -> None:
    for kind in KINDS:
        for priority in Priority:
            steps = [step for n in range(50) if (step := step_at(kind, priority, n)) is not None]
            assert [s.after_ms for s in steps] == sorted({s.after_ms for s in steps})
            assert len(steps) <= 4 + REPEATS


def test_a_mild_alert_pages_nobody() -> None:
    assert step_at("battery_low", Priority.LOW, 0) is None
    assert step_at("sos", Priority.INFO, 0) is None


@pytest.mark.parametrize("present", list(Response))
@pytest.mark.parametrize("wanted", [r for r in Response if r is not Response.UNACKED])
def test_only_the_steps_of_the_table_are_allowed(present: Response, wanted: Response) -> None:
    if present in ALLOWED_FROM[wanted]:
        check_step(present, wanted)
    else:
        with pytest.raises(IllegalStepError):
            check_step(present, wanted)


def test_nothing_follows_closed() -> None:
    assert all(Response.CLOSED not in origins for origins in ALLOWED_FROM.values())


@pytest.mark.parametrize("kind", sorted(DRILLS))
def test_a_drill_is_told_once_and_sends_nobody_out(kind: str) -> None:
    assert [step_at(kind, Priority.HIGH, number) for number in (1, 2, 10)] == [None] * 3
    assert not ladder(kind, Priority.HIGH)[0].prompt_emergency
