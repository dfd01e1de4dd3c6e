"""What one number gets: shares of a minute and a day, one apart for calls for help; quiet hours; several as one."""

from __future__ import annotations

import asyncio
import json

import pytest

from alerts.tables import Alert
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import Outbox, Receipt
from anhu.outbox.writing import Draft, put
from anhu.registry.account_messages import CODE, KIND, add_message
from anhu.registry.tables import Contact
from notify.channel_type import Limits
from notify.dispatcher import Dispatcher
from notify.subjects import subjects
from tests.api.world import World
from tests.notify.calling import BELLS, Bell, BellReader, call, states

MEDIUM = ("water_leak", "room_temperature", "no_motion", "door_open", "device_silent")


def process(world: World, bell: Bell, **limits: float) -> Dispatcher:
    """Return a new process with limits."""
    return Dispatcher(
        world.sessions,
        {"bell": bell},
        world.clock,
        capabilities={"bell": BELLS},
        subjects=subjects(),
        readers={"bell": BellReader()},
        limits={"bell": Limits(**limits)},  # type: ignore[arg-type] # numbers all
        jitter=lambda: 0.0,
    )


def step(made: Dispatcher, world: World, forward_ms: int = 0) -> None:
    world.clock.forward(forward_ms)
    asyncio.run(made.step(world.clock.now_ms()))


def rung(bell: Bell) -> list[str]:
    return [str(one.data["kind"]) for one in bell.rung]


def medium(world: World, *kinds: str, resident: str = "r-ours") -> list[str]:
    return [world.raise_alert(resident, kind, priority=Priority.MEDIUM) for kind in kinds]


def test_what_is_less_urgent_never_uses_up_the_share_of_calls_for_help(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    medium(either_world, *MEDIUM[:3])
    bell = Bell()
    step(process(either_world, bell, per_minute=1, high_per_minute=1), either_world)
    assert len(bell.rung) == 1
    either_world.raise_alert("r-ours", "sos")
    made = process(either_world, bell, per_minute=1, high_per_minute=1)
    step(made, either_world)
    assert rung(bell)[1:] == ["sos"]
    assert made.counters["held_by_limit"] == 2
    either_world.raise_alert("r-ours", "fall")
    step(made, either_world, SECOND_MS)
    assert rung(bell)[2:] == [], "a number gets no more than its share, even of these"
    step(made, either_world, 60 * SECOND_MS)
    assert rung(bell)[2:][0] == "fall"


def test_a_day_has_its_share_and_nothing_is_lost(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    bell = Bell()
    made = process(either_world, bell, per_day=2)
    for kind in MEDIUM[:3]:
        medium(either_world, kind)
        step(made, either_world, 2 * MINUTE_MS)
    assert len(bell.rung) == 2
    assert made.counters["held_by_limit"] >= 1
    step(process(either_world, bell, per_day=2), either_world, HOUR_MS)
    assert len(bell.rung) == 2, "it holds across restarts"
    step(process(either_world, bell, per_day=2), either_world, DAY_MS)
    assert MEDIUM[2] in rung(bell)


def test_two_contacts_with_one_number_share_it(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    either_world.contact("roof", channel="bell", owner="team")
    either_world.raise_alert("r-ours", "sos")
    bell = Bell()
    step(process(either_world, bell, high_per_minute=1), either_world)
    assert len(bell.rung) == 1


def test_receipts_that_come_later_use_up_nothing(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    medium(either_world, MEDIUM[0])
    bell = Bell()
    made = process(either_world, bell, per_minute=2)
    step(made, either_world)
    for state in ("delivered", "read"):
        call(either_world, {"provider_id": "b-1", "state": state})
    medium(either_world, MEDIUM[1])
    step(made, either_world, SECOND_MS)
    assert len(bell.rung) == 2


def test_several_about_one_resident_go_as_one_and_keep_their_receipts(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    ids = medium(either_world, *MEDIUM[:3])
    bell = Bell()
    made = process(either_world, bell, bundle_s=20)
    step(made, either_world)
    assert bell.rung == [], "they wait for one another"
    step(made, either_world, 20 * SECOND_MS)
    (one,) = bell.rung
    assert [alert["alert_id"] for alert in one.data["together"]] == ids[1:]
    assert str(one.data["title"]).count("、") == 2
    assert states(either_world) == ["sent"] * 3
    with either_world.sessions() as session:
        assert [row.state for row in session.query(Receipt).order_by(Receipt.id)] == ["sent", "together", "together"]
    assert made.counters["together"] == 2
    call(either_world, {"provider_id": "b-1", "state": "delivered"})
    step(made, either_world, SECOND_MS)
    assert states(either_world) == ["delivered"] * 3


def test_one_answer_is_the_answer_to_all_that_went_as_one(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    medium(either_world, *MEDIUM[:3])
    bell = Bell()
    made = process(either_world, bell, bundle_s=20)
    step(made, either_world, 20 * SECOND_MS)
    call(either_world, {"address": "roof", "answer": "acknowledge", "text": "1", "event": "m-1"})
    step(made, either_world, SECOND_MS)
    with either_world.sessions() as session:
        assert {alert.response for alert in session.query(Alert)} == {"acknowledged"}


def test_a_key_is_the_answer_to_all_that_the_call_said(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    medium(either_world, *MEDIUM[:2])
    bell = Bell()
    made = process(either_world, bell, bundle_s=20)
    step(made, either_world, 20 * SECOND_MS)
    key = bell.rung[0].idempotency_key
    call(either_world, {"key": key, "answer": "on_the_way", "event": "c-1:2"})
    step(made, either_world, SECOND_MS)
    with either_world.sessions() as session:
        assert {alert.response for alert in session.query(Alert)} == {"on_the_way"}


def test_one_that_failed_failed_for_all_and_all_are_tried_again(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    medium(either_world, *MEDIUM[:2])
    bell = Bell()
    bell.lies = 1
    made = process(either_world, bell, bundle_s=20)
    step(made, either_world, 20 * SECOND_MS)
    assert states(either_world) == ["failed_temporary"] * 2
    step(made, either_world, 5 * SECOND_MS)
    assert states(either_world) == ["sent"] * 2


def test_a_call_for_help_waits_for_no_other_and_residents_are_never_mixed(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    theirs = either_world.contact("roof", channel="bell")
    with either_world.sessions.begin() as session:
        session.get_one(Contact, theirs).owner_id = "theirs"
    medium(either_world, MEDIUM[0])
    medium(either_world, MEDIUM[0], resident="r-theirs")
    either_world.raise_alert("r-ours", "sos")
    bell = Bell()
    made = process(either_world, bell, bundle_s=20)
    step(made, either_world)
    assert rung(bell) == ["sos"]
    step(made, either_world, 20 * SECOND_MS)
    assert sorted(str(one.data["resident_id"]) for one in bell.rung) == ["r-ours", "r-ours", "r-theirs"]
    assert all("together" not in one.data for one in bell.rung)


def quiet(world: World, begin: str, end: str) -> None:
    with world.sessions.begin() as session:
        contact = session.query(Contact).one()
        contact.quiet_from, contact.quiet_until = begin, end


def test_quiet_hours_keep_what_can_wait_and_never_a_call_for_help(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    quiet(either_world, "11:00", "13:00")  # it is noon
    medium(either_world, MEDIUM[0])
    either_world.raise_alert("r-ours", "sos")
    bell = Bell()
    made = process(either_world, bell)
    step(made, either_world)
    assert rung(bell) == ["sos"]
    assert made.counters["waited_quiet"] == 1
    step(made, either_world, 59 * MINUTE_MS)
    assert set(rung(bell)) == {"sos"}
    step(made, either_world, MINUTE_MS)
    late = bell.rung[-1] if rung(bell)[-1] == MEDIUM[0] else next(o for o in bell.rung if o.data["kind"] == MEDIUM[0])
    assert "12:00:00" in late.text, "it says when it happened"
    assert "免打扰" in late.text


def test_a_code_that_somebody_waits_for_comes_in_quiet_hours_too(either_world: World) -> None:
    contact = either_world.contact("roof", channel="bell")
    quiet(either_world, "11:00", "13:00")
    now_ms = either_world.clock.now_ms()
    with either_world.sessions.begin() as session:
        made = add_message(session, kind=CODE, user_id="u-desk", contact_id=contact, secret="271828", now_ms=now_ms)
        draft = Draft(
            key="code",
            subject=SubjectRef(KIND, made.id),
            contact_id=contact,
            reason=CODE,
            priority=Priority.LOW,
            resident_id=None,
            due_at_ms=None,
            data={},
        )
        put(session, [draft], now_ms=now_ms)
    bell = Bell()
    step(process(either_world, bell), either_world)
    (rung,) = bell.rung
    assert "271828" in rung.text


def test_what_was_answered_in_quiet_hours_is_not_said_afterwards(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    quiet(either_world, "11:00", "13:00")
    (alert_id,) = medium(either_world, MEDIUM[0])
    bell = Bell()
    made = process(either_world, bell)
    step(made, either_world)
    either_world.answer_behind(alert_id)
    step(made, either_world, 61 * MINUTE_MS)
    assert bell.rung == []
    assert states(either_world) == ["cancelled"]


def test_one_that_failed_before_quiet_hours_waits_for_their_end(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    quiet(either_world, "12:01", "14:00")
    medium(either_world, MEDIUM[0])
    bell = Bell()
    bell.lies = 1
    made = process(either_world, bell)
    step(made, either_world)
    for _ in range(5):
        step(made, either_world, 20 * MINUTE_MS)
    assert len(bell.rung) == 1
    step(made, either_world, 30 * MINUTE_MS)
    assert len(bell.rung) >= 2


@pytest.mark.parametrize("limits", [{}, {"per_day": 5, "high_per_day": 5, "bundle_s": 20}])
def test_messages_in_the_database_stay_plain(either_world: World, limits: dict[str, float]) -> None:
    either_world.contact("roof", channel="bell")
    medium(either_world, *MEDIUM[:2])
    step(process(either_world, Bell(), **limits), either_world, 20 * SECOND_MS)
    with either_world.sessions() as session:
        for row in session.query(Outbox):
            json.dumps(row.data)
