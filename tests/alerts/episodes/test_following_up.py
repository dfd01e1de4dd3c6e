"""What an answer promises: who has it goes, who goes arrives, and who calls again is heard."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.episodes import responses
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.contacts import create_contact
from anhu.registry.users import create_user
from tests.alerts.episodes.test_returning import T0, alerts, answer, at, gone, send

Sessions = sessionmaker[Session]
MEDIUM, HIGH = Priority.MEDIUM, Priority.HIGH


def lines(sessions: Sessions) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(AlertEvent.what).order_by(AlertEvent.id)))


def due_minutes(sessions: Sessions) -> list[tuple[str, float]]:
    with sessions() as session:
        return [(row.what, (row.due_at_ms - T0) / 60_000) for row in session.scalars(select(Escalation))]


def operator(sessions: Sessions) -> None:
    """Have the one who answers be somebody with a telephone."""
    with sessions.begin() as session:
        user = create_user(session, login="u-1", name="x", role="desk", centre_id="c-1", user_id="u-1")
        create_contact(session, owner_kind="user", owner_id=user.id, channel="webhook", address="operator")


def test_an_answer_that_nobody_follows_up_is_none_and_everything_begins_anew(town: Sessions) -> None:
    at(town, 0, "fall", HIGH)
    send(town, 0)
    answer(town, 1)
    assert due_minutes(town) == [("resume", 6)]
    assert send(town, 5.9) == []
    assert send(town, 6) == ["centre", "daughter", "team"]
    assert [(one.response, one.assignee) for one in alerts(town)] == [("unacked", "u-1")]
    assert lines(town)[-2:] == ["acknowledged", "resumed"]
    assert send(town, 7) == ["centre"]
    assert send(town, 9) == ["daughter", "son", "team"]
    answer(town, 9.5)
    assert due_minutes(town) == [("resume", 14.5)], "and so does the time of the next answer"
    assert send(town, 14.5) == ["centre", "daughter", "team"]


@pytest.mark.parametrize("step", ["on_the_way", "on_scene"])
def test_who_is_on_the_way_or_there_is_left_alone(town: Sessions, step: str) -> None:
    at(town, 0, "fall", HIGH)
    send(town, 0)
    answer(town, 1)
    answer(town, 4, step)
    assert send(town, 40) == []


def test_a_remark_shows_that_somebody_is_at_it(town: Sessions) -> None:
    at(town, 0, "fall", HIGH)
    send(town, 0)
    answer(town, 1)
    with town.begin() as session:
        alert_id = session.scalars(select(Alert.id)).one()
        responses.comment(session, alert_id, "she is on the phone", actor="u-1", now_ms=T0 + 5 * 60_000)
    assert due_minutes(town) == [("resume", 10)]
    assert send(town, 9) == []
    assert send(town, 10)


def test_a_remark_about_what_nobody_answered_puts_nothing_off(town: Sessions) -> None:
    at(town, 0, "fall", HIGH)
    before = due_minutes(town)
    with town.begin() as session:
        alert_id = session.scalars(select(Alert.id)).one()
        responses.comment(session, alert_id, "who takes it?", actor="u-1", now_ms=T0 + 30_000)
    assert due_minutes(town) == before == [("step", 1)]


def test_what_is_over_needs_nobody_and_what_comes_back_does(town: Sessions) -> None:
    at(town, 0, "spo2_low", HIGH)
    send(town, 0)
    answer(town, 1)
    gone(town, 2, "spo2_low", HIGH)
    assert due_minutes(town) == []
    assert at(town, 8, "spo2_low", HIGH) == "returned"
    assert due_minutes(town) == [("resume", 23)], "a doctor who advises by telephone has fifteen minutes"


def test_a_doctors_answer_to_a_medium_alarm_stands_until_it_is_closed(town: Sessions) -> None:
    at(town, 0, "heart_rate_high", MEDIUM)
    send(town, 0)
    answer(town, 1)
    assert due_minutes(town) == []


def test_who_left_long_ago_is_asked_after_again_and_again_and_not_for_ever(town: Sessions) -> None:
    operator(town)
    at(town, 0, "fall", HIGH)
    send(town, 0)
    answer(town, 1, "on_the_way")
    assert send(town, 45) == []
    assert send(town, 46) == ["centre", "operator"]
    assert send(town, 61) == ["centre", "operator"]
    told = [minute for minute in range(62, 1_000) if send(town, minute)]
    assert told == [76, 91, 106, 121, 136, 151]
    assert [one.response for one in alerts(town)] == ["on_the_way"]
    assert lines(town).count("overdue") == 8


def test_who_arrives_is_not_asked_after(town: Sessions) -> None:
    at(town, 0, "fall", HIGH)
    send(town, 0)
    answer(town, 1, "on_the_way")
    answer(town, 44, "on_scene")
    assert send(town, 100) == []


@pytest.mark.parametrize("kind", ["fall", "smoke", "gas", "fall_suspected"])
def test_a_further_call_after_the_answer_is_told_at_once_and_shortens_the_answer(town: Sessions, kind: str) -> None:
    operator(town)
    at(town, 0, kind, HIGH)
    send(town, 0)
    answer(town, 1)
    assert at(town, 2.5, kind, HIGH) == "again"
    assert send(town, 2.5) == ["centre", "operator"]
    assert due_minutes(town) == [("resume", 3.5)]
    assert at(town, 3.4, kind, HIGH) == "repeated"
    assert send(town, 3.5), "nobody has left: everything begins anew"


def test_a_detector_that_says_it_every_minute_is_told_once_an_answer(town: Sessions) -> None:
    at(town, 0, "smoke", HIGH)
    send(town, 0)
    answer(town, 1)
    told = []
    for minute in (2.1, 3.2, 4.3):
        at(town, minute, "smoke", HIGH)
        with town.begin() as session:
            for row in session.scalars(select(Outbox).where(Outbox.state == "pending")):
                told.append(row.reason.partition("-")[0])
                row.state = "sent"
    assert told == ["further"]


def test_worse_takes_back_an_answer_and_its_time(town: Sessions) -> None:
    at(town, 0, "fall_suspected", MEDIUM)
    send(town, 0)
    answer(town, 1)
    assert due_minutes(town) == [("resume", 61)]
    assert at(town, 2, "fall", HIGH) == "worsened"
    assert due_minutes(town) == [("step", 3)]


def test_what_a_wearer_takes_back_in_part_stands_as_long_as_the_milder_alarm(town: Sessions) -> None:
    at(town, 0, "fall_suspected", MEDIUM)
    at(town, 0.5, "fall", HIGH)
    answer(town, 1)
    assert due_minutes(town) == [("resume", 6)]


def test_the_end_of_a_policy_is_said_and_the_supervisors_are_told(town: Sessions) -> None:
    with town.begin() as session:
        chief = create_user(
            session, login="chief", name="x", role="desk", centre_id="c-1", user_id="u-chief", duty="supervisor"
        )
        create_contact(
            session,
            owner_kind="user",
            owner_id=chief.id,
            channel="webhook",
            address="chief",
            min_priority=Priority.HIGH,
        )
    at(town, 0, "smoke", HIGH)
    assert send(town, 0) == ["centre", "daughter"]
    assert send(town, 1) == ["centre", "chief"]
    for minute in range(2, 66):
        send(town, minute)
    assert lines(town)[-2:] == ["policy_ended", "supervisor_told"]
    assert send(town, 1_000) == []
