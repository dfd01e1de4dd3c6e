from __future__ import annotations

import pytest

from alerts.episodes.ladders import MEDICAL_KINDS, REPEATS, Party, ladder, step_at
from alerts.episodes.lifecycle import ALLOWED_FROM, IllegalStepError, Response, check_step
from alerts.kinds import KINDS
from anhu.contract.priority import Priority


def test_every_kind_of_the_ladders_is_in_the_table() -> None:
    assert set(KINDS) >= MEDICAL_KINDS


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_urgent_alert_reaches_everybody_within_five_minutes(kind: str) -> None:
    steps = ladder(kind, Priority.HIGH)
    reached = {party for step in steps for party in step.parties if step.after_ms <= 300_000}
    assert {Party.CENTRE, Party.TEAM, Party.FAMILY} <= reached
    assert steps[0].after_ms == 0
    assert any(step.prompt_emergency for step in steps)


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
