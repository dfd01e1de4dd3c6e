"""Who adopts a stranger, whose a measurement of nobody becomes, and what nobody may see of either."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.detectors import discover as detectors
from alerts.engine.calls_of_nobody import CallsOfNobody
from alerts.engine.engine import Engine
from alerts.engine.unassigned_readings import UnassignedReadings
from alerts.episodes.nobodys_calls import open_calls, what_of, write_down
from alerts.unassigned_work import MOST_OF_DEVICE
from alerts.unassigned_work import write_down as store
from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import Event, Quality, one_by_one
from anhu.contract.record import Reading
from anhu.registry import devices
from anhu.registry.quarantine_tables import UnassignedReading
from anhu.registry.roles import Role
from anhu.registry.tables import Device, DeviceCommand
from api.dependencies import Dependencies
from api.errors import ForbiddenError, NotFoundError
from api.schemas.quarantine import Adoption, Assignment
from api.security.roles import Viewer
from api.services import quarantine, unassigned
from api.services.command_states import state_of
from gateway.codec import Frame
from gateway.codecs import discover
from gateway.command_answers import CommandAnswer, CommandAnswers
from gateway.command_queue import DatabaseCommandQueue
from gateway.device_register import DatabaseDirectory
from gateway.door_specs import DoorKind
from gateway.intake import Intake
from tests.api.nobodys_world import ADMIN, NOW_MS, measured, nobodys_world, replayed, share
from tests.gateway.doors.mqtt.doors import MemoryLog

VENDOR = Viewer(user_id="u-vendor", login="v", name="v", role=Role.VENDOR, vendor="acme")
OTHER = Viewer(user_id="u-other", login="o", name="o", role=Role.VENDOR, vendor="other")


@pytest.fixture
def deps(tmp_path: Path) -> Iterator[Dependencies]:
    yield from nobodys_world(tmp_path)


def test_a_vendor_sees_its_own_strangers_and_nobody_s_numbers(deps: Dependencies) -> None:
    assert [one.id for one in quarantine.list_quarantine(deps, VENDOR).strangers] == ["s-1"]
    assert quarantine.list_quarantine(deps, OTHER).strangers == []
    everything = quarantine.list_quarantine(deps, ADMIN)
    assert sorted(one.id for one in everything.strangers) == ["s-1", "s-2"]
    assert "141" not in everything.model_dump_json()
    assert (quarantine.count_strangers(deps, VENDOR), quarantine.count_strangers(deps, ADMIN)) == (1, 2)


def test_a_vendor_adopts_its_own_and_never_says_whose_it_is(deps: Dependencies) -> None:
    with pytest.raises(NotFoundError):
        quarantine.adopt_stranger(deps, VENDOR, "s-2", Adoption())
    with pytest.raises(ForbiddenError):
        quarantine.adopt_stranger(deps, VENDOR, "s-1", Adoption(resident_id="r-0"))
    quarantine.adopt_stranger(deps, VENDOR, "s-1", Adoption())
    with deps.sessions() as session:
        row = session.get_one(Device, "s-1")
        assert (row.vendor, row.model, row.product_id, row.resident_id) == ("acme", "X1", "watch-x", None)


def test_an_adopted_call_goes_to_its_resident_late_and_once(deps: Dependencies) -> None:
    quarantine.adopt_stranger(deps, ADMIN, "s-1", Adoption(resident_id="r-0", room="卧室"))
    found = replayed(deps)
    assert {(one.device_id, one.resident_id) for one in found} == {("s-1", "r-0")}
    seen = [one for reading in found for one in reading.observations]
    assert {one.quantity for one in seen} == {"heart_rate", "sos"}
    assert all(one.observed_at_ms == NOW_MS - 5 * HOUR_MS and one.quality & Quality.LATE for one in seen)
    assert replayed(deps) == []


def test_a_late_call_keeps_its_time_in_the_engine_though_its_clock_was_never_seen() -> None:
    engine = Engine(list(detectors()))
    late = Event("sos", NOW_MS - 5 * HOUR_MS, "on", {}, quality=int(Quality.LATE))
    found = engine.feed(Reading("s-1", "r-0", NOW_MS, (late,)))
    assert [(one.late, one.finding.at_ms) for one in found] == [(True, NOW_MS - 5 * HOUR_MS)]


def _cuff_says(deps: Dependencies, payload: bytes) -> list[Reading]:
    log = MemoryLog()

    async def scene() -> None:
        intake = Intake(discover(), log, deps.clock)
        device = DatabaseDirectory(deps.sessions).device("cuff-1")
        assert device is not None
        frame = Frame(
            door=DoorKind.MQTT, route="anhu/v1/cuff-1/up", payload=payload, device_id="cuff-1", received_at_ms=NOW_MS
        )
        intake.offer(frame, device, lambda _token, _error: None)
        await intake.aclose()

    asyncio.run(scene())
    return log.readings()


@pytest.mark.parametrize("source", ["", ',"source":"3"'])
def test_what_a_shared_device_does_not_know_of_whom_is_nobody_s_though_it_has_a_resident(
    deps: Dependencies, source: str
) -> None:
    share(deps)
    found = _cuff_says(deps, b'{"v":1,"values":{"battery":80,"systolic_pressure":{"value":190%s}}}' % source.encode())
    whose = {one.observations[0].quantity: one.resident_id for one in found}
    assert whose == {"battery": "r-0", "systolic_pressure": ""}


def test_a_user_who_is_bound_has_their_own_numbers_and_the_next_one_s_are_not_theirs(deps: Dependencies) -> None:
    share(deps)
    with deps.sessions.begin() as session:
        store(session, [measured("3", 150.0), measured("3", 152.0, NOW_MS + 1), measured("4", 120.0)])
        ids = {row.slot: row.id for row in session.scalars(select(UnassignedReading))}
    unassigned.assign_reading(deps, ADMIN, ids["3"], Assignment(resident_id="r-1", from_now_on=True))
    assert [one.slot for one in unassigned.list_unassigned(deps, ADMIN)] == ["4"]
    found = replayed(deps)
    assert [(one.device_id, one.resident_id) for one in found] == [("cuff-1:3", "r-1")] * 2
    assert [one.observations[0].observed_at_ms for one in found] == [NOW_MS, NOW_MS + 1], "their own times, not now"
    said = _cuff_says(deps, b'{"v":1,"values":{"systolic_pressure":{"value":130,"source":"3"}}}')
    assert [(one.device_id, one.resident_id) for one in said] == [("cuff-1:3", "r-1")]


def test_an_abnormal_value_of_nobody_is_told_and_settled_when_somebody_knows_whose(deps: Dependencies) -> None:
    share(deps)
    with deps.sessions.begin() as session:
        devices.assign_device(session, "cuff-1", None, now_ms=NOW_MS)
    calls = CallsOfNobody()
    readings = UnassignedReadings(calls)
    readings.note(measured("3", 120.0))
    assert not calls
    readings.note(measured("4", 190.0))
    with deps.sessions.begin() as session:
        store(session, readings.waiting())
        write_down(session, calls.waiting(), NOW_MS)
        ((call, _device),) = open_calls(session, NOW_MS)
        assert (what_of(call), call.kind, call.about) == ("unassigned", "systolic_pressure", "4")
        bad = session.scalar(select(UnassignedReading.id).where(UnassignedReading.abnormal))
    assert bad is not None
    unassigned.dismiss_reading(deps, ADMIN, bad)
    with deps.sessions() as session:
        assert open_calls(session, NOW_MS) == []


def test_the_queue_of_one_device_is_bounded_and_abnormal_ones_stay(deps: Dependencies) -> None:
    share(deps)
    many = [measured("3", 190.0 if n == 0 else 120.0, NOW_MS + n) for n in range(MOST_OF_DEVICE + 20)]
    with deps.sessions.begin() as session:
        assert store(session, many) == 20
        assert store(session, many[-5:]) == 0, "read once more it is the same"
        assert len(session.scalars(select(UnassignedReading)).all()) == MOST_OF_DEVICE
        assert session.scalar(select(UnassignedReading.id).where(UnassignedReading.abnormal)) is not None


def _asked(deps: Dependencies, name: str, **facts: object) -> str:
    with deps.sessions.begin() as session:
        row = devices.queue_command(
            session, device_id="cuff-1", name=name, now_ms=NOW_MS, expires_at_ms=NOW_MS + 300_000, asked_by="u-admin"
        )
        for field, value in facts.items():
            setattr(row, field, value)
        return row.id


def _state(deps: Dependencies, command_id: str, now_ms: int) -> str:
    with deps.sessions() as session:
        return state_of(session.get_one(DeviceCommand, command_id), now_ms)


def test_a_command_is_delivered_answered_refused_silent_or_expired_and_says_so(deps: Dependencies) -> None:
    share(deps)
    queue = DatabaseCommandQueue(deps.sessions, deps.clock)
    asked, placed, told, late = (_asked(deps, name) for name in ("ask_ok", "locate", "text", "find"))
    assert {_state(deps, one, NOW_MS) for one in (asked, placed, told, late)} == {"waiting"}
    for one in (asked, placed, told):
        queue.delivered(one, NOW_MS + 1)
    queue.failed(told, "the device answered 0x87", NOW_MS + 2)
    assert _state(deps, told, NOW_MS + 3) == "delivered", "what was delivered does not fail afterwards"
    assert _state(deps, asked, NOW_MS + 60_000) == "delivered"
    assert _state(deps, asked, NOW_MS + 121_000) == "silent"
    assert _state(deps, late, NOW_MS + 300_000) == "expired"
    unheard = _asked(deps, "ask_ok")
    assert _state(deps, unheard, NOW_MS + 300_000) == "expired", "who never got the question is not silent"
    book = _answers(b'{"v":1,"events":[{"kind":"fall_cancelled"}],"answer":{"id":"%s","ok":false,"text":"no"}}', told)
    assert queue.answered(book) == 2
    assert (_state(deps, asked, NOW_MS + 200_000), _state(deps, told, NOW_MS)) == ("answered", "failed")
    assert _state(deps, placed, NOW_MS + 200_000) == "delivered"


def _answers(payload: bytes, command_id: str) -> list[CommandAnswer]:
    codec, answers = discover()["open_json"], CommandAnswers()
    frame = Frame(
        door=DoorKind.MQTT,
        route="anhu/v1/cuff-1/up",
        payload=payload % command_id.encode(),
        device_id="cuff-1",
        received_at_ms=NOW_MS + 5,
    )
    answers.note(frame, codec, one_by_one(codec.decode(frame)))
    return list(answers._new.values())


def test_the_huawei_response_is_an_answer_and_another_device_s_is_none(deps: Dependencies) -> None:
    share(deps)
    asked = _asked(deps, "measure", delivered_at_ms=NOW_MS)
    codec = discover()["huawei_iotda"]
    assert codec.answer is not None
    for device_id, written in (("cuff-2", 0), ("cuff-1", 1)):
        frame = Frame(
            door=DoorKind.MQTT,
            route=f"$oc/devices/{device_id}/sys/commands/response/request_id={asked}",
            payload=b'{"result_code":0,"response_name":"measure","paras":{"answer":"ok"}}',
            device_id=device_id,
            received_at_ms=NOW_MS + 5,
        )
        answers = CommandAnswers()
        answers.note(frame, codec, ())
        queue = DatabaseCommandQueue(deps.sessions, deps.clock)
        assert queue.answered(list(answers._new.values())) == written
    assert _state(deps, asked, NOW_MS + 10) == "answered"
