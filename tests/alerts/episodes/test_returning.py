"""What ends by itself and comes back: counted as one episode, and never a reason for nobody to be told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes import responses
from alerts.episodes.escalations import advance_escalations
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Finding
from alerts.tables import Alert, AlertEvent
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.tables import Contact

T0 = 1_795_300_000_000
MINUTE = 60_000
Sessions = sessionmaker[Session]
MEDIUM, HIGH = Priority.MEDIUM, Priority.HIGH


def at(
    sessions: Sessions,
    minute: float,
    kind: str = "heart_rate_high",
    priority: Priority = MEDIUM,
    condition: Condition = Condition.PRESENT,
) -> str:
    """Let the engine say something at a minute; return what became of it."""
    t = T0 + round(minute * MINUTE)
    finding = Finding(kind, condition, t, t, 1.0, priority)
    with sessions.begin() as session:
        (what,) = apply_findings(session, [ResidentFinding("r-1", "w-1", finding)], now_ms=t)
    return what


def gone(sessions: Sessions, minute: float, kind: str = "heart_rate_high", priority: Priority = MEDIUM) -> str:
    return at(sessions, minute, kind, priority, Condition.GONE)


def send(sessions: Sessions, minute: float) -> list[str]:
    """Take due steps, send what waits; return to whom."""
    with sessions.begin() as session:
        advance_escalations(session, T0 + round(minute * MINUTE))
        waiting = session.execute(
            select(Outbox, Contact.address)
            .join(Contact, Contact.id == Outbox.contact_id)
            .where(Outbox.state == "pending")
        ).all()
        for row, _ in waiting:
            row.state = "sent"
        return sorted(address for _, address in waiting)


def alerts(sessions: Sessions) -> Sequence[Alert]:
    with sessions.begin() as session:
        return session.scalars(select(Alert).order_by(Alert.raised_at_ms)).all()


def answer(sessions: Sessions, minute: float, step: str = "acknowledge", *more: str) -> None:
    with sessions.begin() as session:
        alert_id = session.scalars(select(Alert.id).where(Alert.is_open)).one()
        getattr(responses, step)(session, alert_id, *more, actor="u-1", now_ms=T0 + round(minute * MINUTE))


def test_a_flapping_condition_is_one_alert_and_one_page_while_the_ladder_goes_on(town: Sessions) -> None:
    assert at(town, 0) == "raised"
    assert send(town, 0) == ["team"]
    for minute in (1, 3, 5, 7, 9, 11):
        assert gone(town, minute) == "gone"
        assert at(town, minute + 1) == "returned"
        assert send(town, minute + 1) == []
    assert send(town, 14.9) == []
    assert send(town, 15) == ["team"]
    (alert,) = alerts(town)
    assert (alert.repeats, alert.is_open, alert.response, alert.outcome) == (6, True, "unacked", "")
    with town.begin() as session:
        history = session.scalars(select(AlertEvent.what).order_by(AlertEvent.id)).all()
    assert history[:3] == ["raised", "gone", "returned"]


def test_a_step_that_came_due_while_it_was_gone_is_taken_when_it_is_back(town: Sessions) -> None:
    at(town, 0)
    send(town, 0)
    gone(town, 14)
    assert send(town, 15) == []
    at(town, 20)
    assert send(town, 20) == ["team"]


def test_a_page_that_had_not_left_is_sent_when_it_comes_back(town: Sessions) -> None:
    at(town, 0)
    gone(town, 0.5)
    assert send(town, 0.6) == []
    at(town, 1)
    assert send(town, 1) == ["team"]


def test_worse_than_before_pages_again(town: Sessions) -> None:
    at(town, 0)
    send(town, 0)
    gone(town, 2)
    assert at(town, 4, priority=HIGH) == "worsened"
    assert send(town, 4) == ["centre", "daughter", "team"]
    assert [(a.priority, a.is_open) for a in alerts(town)] == [(3, True)]


def test_ten_minutes_later_it_is_another_episode(town: Sessions) -> None:
    at(town, 0)
    send(town, 0)
    gone(town, 2)
    assert at(town, 12.1) == "raised"
    assert send(town, 12.1) == ["team"]
    assert [(a.outcome, a.is_open) for a in alerts(town)] == [("resolved", False), ("", True)]


def test_what_a_person_closed_is_never_opened_again(town: Sessions) -> None:
    at(town, 0)
    send(town, 0)
    answer(town, 1, "close", "false")
    assert at(town, 2) == "raised"
    assert send(town, 2) == ["team"]
    assert [(a.outcome, a.is_open) for a in alerts(town)] == [("false", False), ("", True)]


def test_a_severe_condition_that_comes_back_unanswered_goes_on_climbing(town: Sessions) -> None:
    at(town, 0, "spo2_low", HIGH)
    assert send(town, 0) == ["centre", "daughter", "team"]
    gone(town, 0.5, "spo2_low", HIGH)
    assert send(town, 3) == []
    assert at(town, 4, "spo2_low", HIGH) == "returned"
    assert send(town, 4) == ["centre"]
    assert send(town, 6) == ["daughter", "son", "team"]


def test_an_answer_holds_for_ten_minutes_and_then_it_is_news(town: Sessions) -> None:
    at(town, 0, "spo2_low", HIGH)
    send(town, 0)
    answer(town, 1)
    gone(town, 2, "spo2_low", HIGH)
    assert at(town, 8, "spo2_low", HIGH) == "returned"
    assert send(town, 8) == []
    gone(town, 9, "spo2_low", HIGH)
    assert at(town, 60, "spo2_low", HIGH) == "returned"
    assert send(town, 60) == ["centre", "daughter", "team"]
    assert [(a.response, a.assignee) for a in alerts(town)] == [("unacked", "u-1")]


def test_while_somebody_is_there_nobody_else_is_called(town: Sessions) -> None:
    at(town, 0, "spo2_low", HIGH)
    send(town, 0)
    answer(town, 1, "on_scene")
    gone(town, 2, "spo2_low", HIGH)
    at(town, 60, "spo2_low", HIGH)
    assert send(town, 60) == []


@pytest.mark.parametrize("kind", ["sos", "unknown_alarm"])
def test_whoever_calls_again_a_minute_after_the_answer_is_not_helped_yet(town: Sessions, kind: str) -> None:
    at(town, 0, kind, HIGH)
    assert send(town, 0)
    answer(town, 1)
    assert at(town, 1.5, kind, HIGH) == "repeated"
    assert at(town, 2, kind, HIGH) == "returned"
    assert [a.response for a in alerts(town)] == ["unacked"]
    assert send(town, 2)
    answer(town, 3)
    assert at(town, 3.2, kind, HIGH) == "repeated"
    assert send(town, 4) == []


def test_one_who_presses_all_the_time_is_heard_after_the_answer(town: Sessions) -> None:
    at(town, 0, "sos", HIGH)
    answer(town, 1)
    said = [at(town, 1 + third / 3, "sos", HIGH) for third in range(1, 4)]
    assert said == ["repeated", "repeated", "returned"]


def test_who_is_on_the_way_reads_that_the_button_was_pressed_again(town: Sessions) -> None:
    at(town, 0, "sos", HIGH)
    send(town, 0)
    answer(town, 1, "on_the_way")
    assert at(town, 3, "sos", HIGH) == "again"
    assert send(town, 3) == []
    assert [a.response for a in alerts(town)] == ["on_the_way"]


@pytest.mark.parametrize("kind", ["fall", "smoke"])
def test_a_new_call_pages_again_though_the_first_was_acknowledged(town: Sessions, kind: str) -> None:
    at(town, 0, kind, HIGH)
    assert send(town, 0)
    answer(town, 1)
    assert at(town, 5, kind, HIGH) == "again"
    assert send(town, 5) == ["centre"]
    assert at(town, 16, kind, HIGH) == "returned"
    assert send(town, 16)
    answer(town, 17, "close", "true")
    assert at(town, 18, kind, HIGH) == "raised"
    assert send(town, 18)


def test_an_old_call_read_again_after_an_answer_pages_nobody(town: Sessions) -> None:
    at(town, 30, "sos", HIGH)
    send(town, 30)
    answer(town, 31)
    assert at(town, 0, "sos", HIGH) == "repeated"
    assert send(town, 31) == []
