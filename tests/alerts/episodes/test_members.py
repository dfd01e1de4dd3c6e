"""Several devices of one resident report the same: the alert ends with the last of them, and a new one is news."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes import responses
from alerts.episodes.findings import apply_findings
from alerts.episodes.leaving import end_what_left
from alerts.episodes.members import MOST_MEMBERS
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import SHARED
from alerts.merging import merged
from alerts.tables import Alert, AlertEvent, AlertMember
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.devices import assign_device, create_device, update_device

T0 = 1_795_300_000_000
MINUTE = 60_000
Sessions = sessionmaker[Session]
HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
PRESENT, GONE = Condition.PRESENT, Condition.GONE


def found(
    device_id: str,
    minute: float = 0,
    *,
    kind: str = "water_leak",
    condition: Condition = PRESENT,
    priority: Priority = MEDIUM,
    room: str = "",
    whole: bool = False,
) -> ResidentFinding:
    t = T0 + round(minute * MINUTE)
    return ResidentFinding(
        "r-1", device_id, Finding(kind, condition, t, t, 1.0, priority, Evidence(room=room)), whole=whole
    )


def tell(sessions: Sessions, *detected: ResidentFinding) -> list[str]:
    """Let the engine say something, each in a transaction of its own; return what became of it."""
    said = []
    for one in detected:
        with sessions.begin() as session:
            said += list(apply_findings(session, [one], now_ms=one.finding.at_ms))
    return said


def alert(sessions: Sessions) -> Alert:
    with sessions.begin() as session:
        return session.scalars(select(Alert)).one()


def lines(sessions: Sessions) -> Sequence[tuple[str, str]]:
    """Return each line of the history with the device that it names."""
    with sessions.begin() as session:
        events = session.scalars(select(AlertEvent).order_by(AlertEvent.id)).all()
        return [(event.what, event.data.get("device_id", "")) for event in events]


def send(sessions: Sessions) -> int:
    """Send what waits; return how many messages."""
    with sessions.begin() as session:
        rows = session.scalars(select(Outbox).where(Outbox.state == "pending")).all()
        for row in rows:
            row.state = "sent"
        return len(rows)


def acknowledge(sessions: Sessions, minute: float) -> None:
    send(sessions)
    with sessions.begin() as session:
        responses.acknowledge(session, alert(sessions).id, actor="u-1", now_ms=T0 + round(minute * MINUTE))


def test_an_alert_is_open_until_the_last_of_its_devices_is_well(town: Sessions) -> None:
    assert tell(town, found("kitchen"), found("bath", 1)) == ["raised", "joined"]
    assert tell(town, found("bath", 2, condition=GONE)) == ["recovered"]
    assert (alert(town).is_open, alert(town).condition) == (True, "present")
    assert tell(town, found("kitchen", 3, condition=GONE)) == ["gone"]
    assert alert(town).outcome == "resolved"
    said = [("raised", "kitchen"), ("joined", "bath"), ("recovered", "bath"), ("gone", "kitchen")]
    assert lines(town) == said


def test_a_device_that_never_reported_ends_nothing(town: Sessions) -> None:
    assert tell(town, found("kitchen"), found("hall", 1, condition=GONE)) == ["raised", "ignored"]
    assert alert(town).condition == "present"


def test_a_message_that_is_read_again_makes_no_member_and_no_line(town: Sessions) -> None:
    both = found("kitchen"), found("bath", 1)
    tell(town, *both)
    assert tell(town, *both) == ["ignored", "ignored"]
    assert len(lines(town)) == 2


def test_a_second_device_asks_for_the_answer_anew(town: Sessions) -> None:
    tell(town, found("smoke-kitchen", kind="smoke", priority=HIGH))
    acknowledge(town, 1)
    assert tell(town, found("smoke-bedroom", 2, kind="smoke", priority=HIGH)) == ["joined"]
    assert alert(town).response == "unacked"
    assert send(town) > 0
    assert ("joined", "smoke-bedroom") in lines(town)


def test_who_is_on_the_way_is_told_of_a_second_device_and_need_not_answer_again(town: Sessions) -> None:
    tell(town, found("smoke-kitchen", kind="smoke", priority=HIGH))
    send(town)
    with town.begin() as session:
        responses.on_the_way(session, alert(town).id, actor="u-1", now_ms=T0 + MINUTE)
    tell(town, found("smoke-bedroom", 2, kind="smoke", priority=HIGH))
    assert alert(town).response == "on_the_way"
    assert send(town) > 0


def test_a_second_device_of_an_unanswered_alert_pages_nobody_twice(town: Sessions) -> None:
    tell(town, found("kitchen"))
    send(town)
    assert tell(town, found("bath", 1)) == ["joined"]
    assert send(town) == 0


def test_a_device_that_comes_back_soon_is_no_news_and_later_is(town: Sessions) -> None:
    tell(town, found("kitchen"), found("bath"))
    acknowledge(town, 1)
    assert tell(town, found("bath", 2, condition=GONE), found("bath", 5)) == ["recovered", "returned"]
    assert send(town) == 0
    assert tell(town, found("bath", 6, condition=GONE), found("bath", 30)) == ["recovered", "returned"]
    assert send(town) > 0
    assert alert(town).response == "unacked"


def test_the_wearer_takes_back_only_what_the_own_watch_said(town: Sessions) -> None:
    tell(town, found("radar", kind="fall_suspected"), found("watch", 0.2, kind="fall_suspected"))
    assert tell(town, found("watch", 0.5, kind="fall_suspected", condition=GONE, priority=LOW)) == ["recovered"]
    assert alert(town).priority == MEDIUM
    assert tell(town, found("radar", 0.7, kind="fall_suspected", condition=GONE, priority=LOW)) == ["gone"]
    assert (alert(town).priority, alert(town).is_open) == (LOW, True)


def test_what_was_a_fall_is_no_less_urgent_for_a_suspicion_of_another_device(town: Sessions) -> None:
    tell(town, found("radar", kind="fall", priority=HIGH), found("watch", 0.2, kind="fall_suspected"))
    tell(town, found("radar", 1, kind="fall", condition=GONE), found("watch", 2, kind="fall_suspected", condition=GONE))
    assert (alert(town).priority, alert(town).condition) == (MEDIUM, "gone")


def test_rooms_of_one_radar_recover_each_by_itself(town: Sessions) -> None:
    tell(town, found("radar", room="kitchen"), found("radar", 1, room="bathroom"))
    assert tell(town, found("radar", 2, room="bathroom", condition=GONE)) == ["recovered"]
    assert tell(town, found("radar", 3, room="kitchen", condition=GONE)) == ["gone"]


def test_a_rule_of_the_whole_home_is_ended_by_whichever_device_came_last(town: Sessions) -> None:
    begins = found("motion-1", kind="no_motion", whole=True)
    ends = found("motion-2", 1, kind="no_motion", whole=True, condition=GONE)
    assert tell(town, begins, ends) == ["raised", "gone"]


def test_more_devices_than_an_alert_can_name_are_counted_and_a_person_ends_it(town: Sessions) -> None:
    reports = [found(f"d-{number}", number / 60) for number in range(MOST_MEMBERS + 5)]
    tell(town, *reports)
    assert alert(town).unlisted == 5
    tell(town, *(found(f"d-{number}", 5 + number / 60, condition=GONE) for number in range(MOST_MEMBERS)))
    assert alert(town).is_open
    with town.begin() as session:
        assert len(session.scalars(select(AlertMember)).all()) == MOST_MEMBERS


def enrolled(sessions: Sessions, *device_ids: str) -> None:
    with sessions.begin() as session:
        for device_id in device_ids:
            create_device(session, device_id=device_id, codec="open_json", now_ms=T0, resident_id="r-1")


def test_what_a_moved_device_reported_ends_with_its_reason(town: Sessions) -> None:
    enrolled(town, "watch", "button")
    tell(town, found("watch", kind="battery_low", priority=LOW), found("button", kind="battery_low", priority=LOW))
    with town.begin() as session:
        assign_device(session, "watch", None, now_ms=T0)
        assert end_what_left(session, now_ms=T0) == 1
    assert alert(town).is_open
    with town.begin() as session:
        update_device(session, "button", {"enabled": False})
        assert end_what_left(session, now_ms=T0) == 1
        assert end_what_left(session, now_ms=T0) == 0
    assert alert(town).outcome == "resolved"
    assert lines(town)[-2:] == [("left", "watch"), ("left", "button")]


def test_a_call_for_help_outlives_the_device_that_made_it(town: Sessions) -> None:
    enrolled(town, "button")
    tell(town, found("button", kind="sos", priority=HIGH))
    with town.begin() as session:
        update_device(session, "button", {"enabled": False})
        end_what_left(session, now_ms=T0)
    assert (alert(town).is_open, alert(town).condition, alert(town).response) == (True, "present", "unacked")
    assert lines(town)[-1] == ("left", "button")
    assert send(town) > 0


def test_ten_thousand_findings_of_one_device_are_one_row_and_a_count(town: Sessions) -> None:
    flood = [found("w-1", kind="unknown_event")] * 10_000
    together = merged(flood)
    assert [one.times for one in together] == [10_000]
    tell(town, *together)
    assert alert(town).repeats == 9_999
    assert len(lines(town)) == 1


def test_what_flaps_is_told_once_as_it_stands_in_the_end() -> None:
    flapping = [found("w-1", t, condition=PRESENT if t % 2 == 0 else GONE) for t in range(9)]
    assert [(one.finding.condition, one.times) for one in merged(flapping)] == [(PRESENT, 5)]
    assert [one.finding.condition for one in merged(flapping[:-1])] == [PRESENT, GONE]
    assert [one.finding.condition for one in merged(flapping[1:])] == [GONE, PRESENT]


def test_what_differs_in_urgency_device_or_time_is_not_merged() -> None:
    told = [
        found("a"),
        found("b"),
        found("a", priority=HIGH),
        found("a", 30, priority=HIGH),
        found("a", 31, kind="gas"),
    ]
    assert merged(told) == told


def test_invented_devices_are_counted_together_beyond_those_that_an_alert_names() -> None:
    invented = [found(f"d-{number}") for number in range(5_000)]
    assert len(merged(invented)) == MOST_MEMBERS + 1
    assert sum(one.times for one in merged(invented)) == 5_000


def test_two_storms_on_one_resident_end_each_by_itself(town: Sessions) -> None:
    tell(town, found("", kind="area_silent", room="silent/c-1"), found("", 1, kind="area_silent", room="silent/gw-9"))
    assert tell(town, found("", 2, kind="area_silent", room="silent/gw-9", condition=GONE)) == ["recovered"]
    assert alert(town).condition == "present"


def faulty(rule: str, minute: float = 0, condition: Condition = PRESENT) -> ResidentFinding:
    one = found("watch", minute, kind="sensor_fault", condition=condition)
    evidence = msgspec.structs.replace(one.finding.evidence, rule=rule)
    return one._replace(finding=msgspec.structs.replace(one.finding, evidence=evidence))


def test_each_rule_ends_only_the_fault_that_it_found_itself(town: Sessions) -> None:
    rules = ("implausible_value", "position_fault", "sensor_fault")
    assert tell(town, *(faulty(rule, n) for n, rule in enumerate(rules))) == ["raised", "repeated", "repeated"]
    ends = [faulty(rule, 5 + n, GONE) for n, rule in enumerate(rules)]
    assert tell(town, *ends) == ["recovered", "recovered", "gone"]
    assert alert(town).outcome == "resolved"


def test_another_rule_on_the_same_device_asks_nobody_who_answered_a_moment_ago(town: Sessions) -> None:
    tell(town, faulty("implausible_value"))
    acknowledge(town, 1)
    send(town)
    assert tell(town, faulty("position_fault", 2)) == ["repeated"]
    assert send(town) == 0


def test_what_was_stored_before_rules_were_named_is_ended_by_the_rule_that_goes_on(town: Sessions) -> None:
    tell(town, faulty(""))
    assert tell(town, faulty("implausible_value", 2), faulty("implausible_value", 3, GONE)) == ["repeated", "gone"]


def test_only_rules_whose_end_is_their_own_are_told_apart() -> None:
    """A fall is taken back by its wearer, whichever rule of the same watch found it."""
    assert "sensor_fault" in SHARED
    assert not {"fall", "fall_suspected", "sos"} & SHARED
