"""Who wore a device from when until when; a device at a bed watches whoever lies there; a code opens nothing."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import ManualClock
from anhu.contract.errors import FieldError
from anhu.registry import devices
from anhu.registry.bindings import bind_device, place_of
from anhu.registry.claim_codes import claim_code, device_of, new_code, shown_code, typed_code
from anhu.registry.device_tables import DeviceBinding
from anhu.registry.endings import end_service, resume_service
from anhu.registry.errors import MissingRowError
from anhu.registry.people_tables import Place
from anhu.registry.places import create_place, move_resident
from anhu.registry.residents import create_resident
from anhu.registry.tables import Device
from gateway.command_queue import DatabaseCommandQueue
from gateway.device_register import DatabaseDirectory

T0 = 1_795_300_000_000
HOUR_MS = 3_600_000
Sessions = sessionmaker[Session]


@pytest.fixture
def ward(town: Sessions) -> Sessions:
    """A second resident, a room with two beds, a radar of nobody."""
    with town.begin() as session:
        create_resident(session, name="Li", now_ms=1, resident_id="r-2", centre_id="c-1")
        room = create_place(session, centre_id="c-1", kind="room", name="201")
        for name in ("1", "2"):
            create_place(session, centre_id="c-1", kind="bed", name=name, parent_id=room.id)
        devices.create_device(session, device_id="radar", codec="open_json", now_ms=T0, secret="s" * 22)
    return town


def places(session: Session) -> dict[str, str]:
    return {row.full_name: row.id for row in session.scalars(select(Place))}


def history(session: Session, device_id: str) -> list[tuple[str | None, int, int | None]]:
    rows = session.scalars(
        select(DeviceBinding).where(DeviceBinding.device_id == device_id).order_by(DeviceBinding.from_ms)
    )
    return [(row.resident_id, row.from_ms, row.until_ms) for row in rows]


def test_a_device_that_is_passed_on_has_a_history(ward: Sessions) -> None:
    with ward.begin() as session:
        bind_device(session, "w-1", resident_id="r-2", place_id="", now_ms=T0 + 1, by="u-1")
        bind_device(session, "w-1", resident_id="r-2", place_id="", now_ms=T0 + 2)
        bind_device(session, "w-1", resident_id="", place_id="", now_ms=T0 + 3, by="u-2")
        assert history(session, "w-1") == [("r-1", 1, T0 + 1), ("r-2", T0 + 1, T0 + 3)]
        last = session.scalars(select(DeviceBinding).where(DeviceBinding.resident_id == "r-2")).one()
        assert (last.bound_by, last.ended_by) == ("u-1", "u-2")
        assert session.get_one(Device, "w-1").resident_id is None


def test_the_next_wearer_is_not_asked_what_the_former_was(ward: Sessions) -> None:
    queue = DatabaseCommandQueue(ward, ManualClock(T0 + 10))
    with ward.begin() as session:
        devices.queue_command(
            session, device_id="w-1", name="ask_ok", now_ms=T0, expires_at_ms=T0 + HOUR_MS, arguments={"text": "张桂兰"}
        )
    assert len(queue.pending(["w-1"])) == 1
    with ward.begin() as session:
        bind_device(session, "w-1", resident_id="r-1", place_id="", now_ms=T0 + 1)
    assert len(queue.pending(["w-1"])) == 1, "whose it stays is asked all the same"
    with ward.begin() as session:
        bind_device(session, "w-1", resident_id="r-2", place_id="", now_ms=T0 + 2)
    assert queue.pending(["w-1"]) == []


def test_what_stands_at_a_bed_watches_whoever_lies_there(ward: Sessions) -> None:
    with ward.begin() as session:
        bed, other = places(session)["201 1"], places(session)["201 2"]
        bind_device(session, "radar", resident_id="", place_id=bed, now_ms=T0 + 1)
        assert session.get_one(Device, "radar").resident_id is None
        move_resident(session, "r-1", bed, now_ms=T0 + 2)
        assert session.get_one(Device, "radar").resident_id == "r-1"
        move_resident(session, "r-1", other, now_ms=T0 + 3)
        assert session.get_one(Device, "radar").resident_id is None
        move_resident(session, "r-2", bed, now_ms=T0 + 4)
        assert history(session, "radar") == [
            (None, T0 + 1, T0 + 2),
            ("r-1", T0 + 2, T0 + 3),
            (None, T0 + 3, T0 + 4),
            ("r-2", T0 + 4, None),
        ]
        place = place_of(session, "radar")
        assert place is not None
        assert place.full_name == "201 1"


def test_the_radar_of_a_bed_stays_there_when_a_service_ends_and_goes_on(ward: Sessions) -> None:
    with ward.begin() as session:
        bed = places(session)["201 1"]
        move_resident(session, "r-1", bed, now_ms=T0)
        bind_device(session, "radar", resident_id="", place_id=bed, now_ms=T0 + 1)
        end_service(
            session,
            "r-1",
            reason="moved_away",
            on_date="2026-11-01",
            note="",
            now_ms=T0 + 2,
            today=date(2026, 11, 29),
            by_user="u",
        )
        assert session.get_one(Device, "radar").resident_id is None
        assert resume_service(session, "r-1", now_ms=T0 + 3) == []
        assert session.get_one(Device, "radar").resident_id == "r-1"
        assert place_of(session, "radar") is not None


def test_in_a_room_of_two_somebody_must_say_for_whom_it_calls(ward: Sessions) -> None:
    with ward.begin() as session:
        room, first, second = (places(session)[name] for name in ("201", "201 1", "201 2"))
        move_resident(session, "r-1", first, now_ms=T0)
        move_resident(session, "r-2", second, now_ms=T0)
        with pytest.raises(FieldError, match="for whom of the room"):
            bind_device(session, "radar", resident_id="", place_id=room, now_ms=T0 + 1)
        bind_device(session, "radar", resident_id="r-2", place_id=room, now_ms=T0 + 1)
        move_resident(session, "r-2", None, now_ms=T0 + 2)
        assert session.get_one(Device, "radar").resident_id == "r-1", "who is left in the room"


def test_a_bed_watches_nobody_who_does_not_lie_there(ward: Sessions) -> None:
    with ward.begin() as session, pytest.raises(FieldError, match="who lies in 201 1"):
        bind_device(session, "radar", resident_id="r-1", place_id=places(session)["201 1"], now_ms=T0)


def test_the_door_knows_who_wore_a_device(ward: Sessions) -> None:
    assert DatabaseDirectory(ward).find_all(["w-1"])["w-1"].worn == {}
    with ward.begin() as session:
        bind_device(session, "w-1", resident_id="r-2", place_id="", now_ms=T0)
    worn = DatabaseDirectory(ward).find_all(["w-1"])["w-1"].worn["w-1"]
    assert [(one.owner.resident_id, one.owner.partition_key, one.until_ms) for one in worn] == [
        ("r-2", "c-1", None),
        ("r-1", "c-1", T0),
    ]


def test_a_code_is_read_as_people_type_it(ward: Sessions) -> None:
    with ward.begin() as session:
        code = claim_code(session, "radar", T0)
        assert claim_code(session, "radar", T0 + 1) == code
        for typed in (code, shown_code(code).lower(), f" {code[:4]} {code[4:]} ", f"https://x.cn/claim?code={code}"):
            assert device_of(session, typed_code(typed)) == "radar"
        with pytest.raises(MissingRowError):
            device_of(session, new_code())
    for wrong in ("", "ABC", "ABCD-0123", "ABCDEFGHJ", "ＡＢＣＤ2345"):
        with pytest.raises(FieldError):
            typed_code(wrong)
