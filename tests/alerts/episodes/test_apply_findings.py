from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes import responses
from alerts.episodes.escalations import advance_escalations
from alerts.episodes.findings import apply_findings
from alerts.episodes.lifecycle import IllegalStepError
from alerts.finding import Condition, Evidence, Finding
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.database import is_refusal
from anhu.registry.tables import Contact

T0 = 1_795_300_000_000
Sessions = sessionmaker[Session]


def found(
    kind: str = "sos",
    priority: Priority = Priority.HIGH,
    condition: Condition = Condition.PRESENT,
    at_ms: int = T0,
) -> ResidentFinding:
    return ResidentFinding("r-1", "w-1", Finding(kind, condition, at_ms, at_ms, 1.0, priority))


def apply(sessions: Sessions, *detected: ResidentFinding, now_ms: int = T0) -> dict[str, int]:
    with sessions.begin() as session:
        return dict(apply_findings(session, detected, now_ms=now_ms))


def only_alert(sessions: Sessions) -> Alert:
    with sessions.begin() as session:
        return session.scalars(select(Alert)).one()


def paged(sessions: Sessions, state: str = "pending") -> list[str]:
    with sessions.begin() as session:
        query = select(Contact.address).join(Outbox, Outbox.contact_id == Contact.id)
        return sorted(session.scalars(query.where(Outbox.state == state)))


def sent(sessions: Sessions) -> None:
    with sessions.begin() as session:
        for row in session.scalars(select(Outbox)):
            row.state = "sent"


def history(sessions: Sessions) -> Sequence[str]:
    with sessions.begin() as session:
        return session.scalars(select(AlertEvent.what).order_by(AlertEvent.id)).all()


def advance(sessions: Sessions, now_ms: int) -> int:
    with sessions.begin() as session:
        return advance_escalations(session, now_ms)


def test_a_call_for_help_pages_desk_doctor_team_and_nearest_relative_at_once(town: Sessions) -> None:
    assert apply(town, found()) == {"raised": 1}
    assert paged(town) == ["centre", "daughter", "team"]
    assert only_alert(town).response == "unacked"


def test_where_nobody_can_be_reached_the_next_step_comes_at_once(town: Sessions) -> None:
    with town.begin() as session:
        for contact in session.scalars(select(Contact).where(Contact.address.in_(("centre", "daughter")))):
            contact.enabled = False
    apply(town, found("smoke"))
    assert paged(town) == ["son", "team"]
    assert advance(town, T0 + 299_999) == 0
    assert advance(town, T0 + 300_000) == 1


def test_an_unanswered_call_climbs_the_ladder_and_never_falls_silent(town: Sessions) -> None:
    apply(town, found())
    assert advance(town, T0 + 59_999) == 0
    assert advance(town, T0 + 60_000) == 1
    assert paged(town) == ["centre", "centre", "daughter", "team"]
    assert advance(town, T0 + 179_999) == 0
    assert advance(town, T0 + 180_000) == 1
    assert paged(town) == ["centre", "centre", "daughter", "daughter", "son", "team", "team"]
    assert advance(town, T0 + 300_000) == 1
    assert advance(town, T0 + 900_000) == 1
    assert history(town) == ["raised", "escalated", "escalated", "escalated", "escalated"]


def test_repeats_count_up_and_page_nobody_again(town: Sessions) -> None:
    apply(town, found())
    assert apply(town, found(at_ms=T0 + 40_000), found(at_ms=T0 + 80_000)) == {"repeated": 2}
    assert only_alert(town).repeats == 2
    assert len(paged(town)) == 3


def test_answering_ends_all_paging(town: Sessions) -> None:
    apply(town, found())
    with town.begin() as session:
        responses.acknowledge(session, only_alert_id(session), actor="u-1", now_ms=T0 + 5_000)
    assert paged(town) == []
    assert paged(town, "cancelled") == ["centre", "daughter", "team"]
    assert advance(town, T0 + 240_000) == 0


def only_alert_id(session: Session) -> str:
    return session.scalars(select(Alert.id)).one()


def test_worsening_pages_again_though_somebody_acknowledged(town: Sessions) -> None:
    apply(town, found("spo2_low", Priority.MEDIUM))
    assert paged(town) == ["team"]
    sent(town)
    with town.begin() as session:
        responses.acknowledge(session, only_alert_id(session), actor="u-1", now_ms=T0 + 5_000)
    apply(town, found("spo2_low", Priority.HIGH), now_ms=T0 + 60_000)
    assert paged(town) == ["centre", "daughter", "team"]
    alert = only_alert(town)
    assert (alert.priority, alert.response, alert.assignee) == (3, "unacked", "u-1")
    assert advance(town, T0 + 120_000) == 1


def test_worsening_tells_once_when_somebody_is_on_scene(town: Sessions) -> None:
    apply(town, found("spo2_low", Priority.MEDIUM))
    with town.begin() as session:
        responses.on_scene(session, only_alert_id(session), actor="u-1", now_ms=T0 + 5_000)
    apply(town, found("spo2_low", Priority.HIGH), now_ms=T0 + 60_000)
    assert paged(town) == ["centre", "daughter", "team"]
    assert only_alert(town).response == "on_scene"
    assert advance(town, T0 + 3_600_000) == 0


def test_a_suspected_fall_becomes_the_fall_in_place(town: Sessions) -> None:
    apply(town, found("fall_suspected", Priority.MEDIUM))
    assert apply(town, found("fall"), now_ms=T0 + 60_000) == {"worsened": 1}
    assert only_alert(town).kind == "fall"
    assert apply(town, found("fall_suspected", Priority.MEDIUM), now_ms=T0 + 61_000) == {"repeated": 1}


def test_a_latched_alert_outlives_its_condition_and_is_still_escalated(town: Sessions) -> None:
    apply(town, found("smoke"))
    apply(town, found("smoke", condition=Condition.GONE), now_ms=T0 + 10_000)
    alert = only_alert(town)
    assert (alert.condition, alert.is_open) == ("gone", True)
    assert advance(town, T0 + 60_000) == 1


def test_the_wearers_own_word_lowers_a_suspected_fall(town: Sessions) -> None:
    apply(town, found("fall_suspected", Priority.HIGH))
    apply(town, found("fall_suspected", Priority.LOW, Condition.GONE), now_ms=T0 + 20_000)
    alert = only_alert(town)
    assert (alert.priority, alert.is_open) == (1, True)
    assert advance(town, T0 + 3_600_000) == 0


def test_a_mild_condition_that_went_away_resolves_itself(town: Sessions) -> None:
    apply(town, found("heart_rate_high", Priority.MEDIUM))
    apply(town, found("heart_rate_high", Priority.MEDIUM, Condition.GONE), now_ms=T0 + 600_000)
    alert = only_alert(town)
    assert (alert.is_open, alert.outcome) == (False, "resolved")
    later = found("heart_rate_high", Priority.MEDIUM, at_ms=T0 + 3_600_000)
    assert apply(town, later, now_ms=T0 + 3_600_000) == {"raised": 1}


def test_a_severe_condition_that_went_away_waits_for_a_person_but_pages_no_more(town: Sessions) -> None:
    apply(town, found("spo2_low"))
    apply(town, found("spo2_low", condition=Condition.GONE), now_ms=T0 + 30_000)
    assert only_alert(town).is_open
    assert advance(town, T0 + 3_600_000) == 0


def test_evidence_that_is_no_number_loses_no_alert(town: Sessions) -> None:
    bad = Evidence(features={"peak_g": float("nan"), "tilt_deg": float("inf")})
    one = found()
    apply(town, one._replace(finding=msgspec.structs.replace(one.finding, evidence=bad)))
    assert only_alert(town).evidence["features"] == {"peak_g": None, "tilt_deg": None}


def test_findings_about_strangers_raise_no_alert(town: Sessions) -> None:
    stranger = found()._replace(resident_id="r-unknown")
    assert apply(town, stranger, found(condition=Condition.GONE)) == {"nobodys": 1, "ignored": 1}


def test_the_whole_answer_is_on_record(town: Sessions) -> None:
    apply(town, found())
    alert_id = only_alert(town).id
    with town.begin() as session:
        responses.acknowledge(session, alert_id, actor="u-1", now_ms=T0 + 1)
        responses.on_the_way(session, alert_id, actor="u-2", now_ms=T0 + 2, note="by bicycle")
        responses.comment(session, alert_id, "key under the mat", actor="u-1", now_ms=T0 + 3)
        responses.on_scene(session, alert_id, actor="u-2", now_ms=T0 + 4)
        responses.close(session, alert_id, "true", actor="u-2", now_ms=T0 + 5)
    assert history(town) == ["raised", "acknowledged", "on_the_way", "comment", "on_scene", "closed"]
    alert = only_alert(town)
    assert (alert.outcome, alert.is_open, alert.acknowledged_at_ms, alert.closed_at_ms) == (
        "true",
        False,
        T0 + 1,
        T0 + 5,
    )


@pytest.mark.parametrize("second", ["acknowledge", "on_the_way", "on_scene"])
def test_a_closed_alert_takes_no_more_answers(town: Sessions, second: str) -> None:
    apply(town, found())
    alert_id = only_alert(town).id
    with town.begin() as session:
        responses.close(session, alert_id, "false", actor="u-1", now_ms=T0 + 1)
    with pytest.raises(IllegalStepError, match="closed by u-1"), town.begin() as session:
        getattr(responses, second)(session, alert_id, actor="u-2", now_ms=T0 + 2)


def test_two_people_cannot_both_take_an_alert(town: Sessions) -> None:
    apply(town, found())
    alert_id = only_alert(town).id
    with town.begin() as session:
        responses.acknowledge(session, alert_id, actor="u-1", now_ms=T0 + 1)
    with pytest.raises(IllegalStepError, match="acknowledged by u-1"), town.begin() as session:
        responses.acknowledge(session, alert_id, actor="u-2", now_ms=T0 + 2)
    assert only_alert(town).assignee == "u-1"


def test_an_outcome_must_be_one_of_the_list(town: Sessions) -> None:
    apply(town, found())
    alert_id = only_alert(town).id
    with pytest.raises(FieldError, match="outcome"), town.begin() as session:
        responses.close(session, alert_id, "resolved", actor="u-1", now_ms=T0 + 1)


def test_what_the_express_lane_found_is_no_repeat_when_the_engine_comes_to_it(town: Sessions) -> None:
    assert apply(town, found()) == {"raised": 1}
    assert apply(town, found(), now_ms=T0 + 5_000) == {"ignored": 1}
    assert only_alert(town).repeats == 0
    assert apply(town, found(at_ms=T0 + 1)) == {"repeated": 1}
    assert only_alert(town).repeats == 1


def test_two_engines_at_once_open_one_episode(town: Sessions) -> None:
    start = threading.Barrier(4)

    def work(engine: int) -> None:
        for i in range(10):
            start.wait(30)
            apply(town, found("sos" if i % 2 else "fall", at_ms=T0 + 4 * i + engine))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with town.begin() as session:
        rows = session.scalars(select(Alert).order_by(Alert.kind)).all()
        assert [(r.kind, r.repeats, r.is_open) for r in rows] == [("fall", 19, True), ("sos", 19, True)]
        assert len(session.scalars(select(Outbox.idempotency_key)).all()) == 6
        assert len(session.scalars(select(Escalation)).all()) == 2


def test_the_database_says_whether_data_or_circumstances_are_to_blame(town: Sessions) -> None:
    with pytest.raises(DBAPIError) as refused, town.begin() as session:
        session.execute(insert(Alert).values(id="a-1", resident_id="r-1", kind=None))
    assert is_refusal(refused.value)
    with pytest.raises(DBAPIError) as passing, town.begin() as session:
        session.execute(text("SELECT * FROM no_such_table"))
    assert not is_refusal(passing.value)


def test_an_event_read_again_after_a_person_closed_it_raises_nothing(town: Sessions) -> None:
    apply(town, found(at_ms=T0), found(at_ms=T0 + 60_000))
    with town.begin() as session:
        responses.close(session, only_alert_id(session), "true", actor="u", now_ms=T0 + 90_000)
    assert apply(town, found(at_ms=T0), found(at_ms=T0 + 60_000)) == {"ignored": 2}
    assert apply(town, found(at_ms=T0 + 60_001)) == {"raised": 1}
