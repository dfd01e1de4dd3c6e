"""What waits until somebody says whose it is: who is told, how it is settled, how much of it, how it stands there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.detectors import discover as detectors
from alerts.engine.engine import Engine
from alerts.episodes.nobodys_calls import open_calls, what_of, write_down
from alerts.nobodys_work import NobodysWork
from alerts.unassigned_work import MOST_OF_DEVICE
from alerts.unassigned_work import write_down as store
from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import AttributeValue, Event, Scalar
from anhu.contract.record import Reading
from anhu.registry import devices
from anhu.registry.payload_vault import PayloadVault
from anhu.registry.quarantine_tables import QuarantinedMessage, UnassignedReading
from anhu.registry.tables import Device
from api.dependencies import Dependencies
from api.schemas.quarantine import Adoption, Assignment
from api.services import quarantine, unassigned
from gateway.codec import Frame
from gateway.door_specs import DoorKind
from gateway.quarantine_register import DatabaseStrangerRegister
from gateway.stranger import Held, Stranger
from tests.api.nobodys_world import ADMIN, NOW_MS, SECRET, measured, nobodys_world, replayed, share


@pytest.fixture
def deps(tmp_path: Path) -> Iterator[Dependencies]:
    yield from nobodys_world(tmp_path)


def _heard(deps: Dependencies, engine: Engine, reading: Reading, vault: PayloadVault | None = None) -> None:
    """Have the engine take a reading, and what it remembers of it written down."""
    engine.feed(reading)
    with deps.sessions.begin() as session:
        store(session, engine.unassigned_readings.waiting(), vault)
        write_down(session, engine.calls_of_nobody.waiting(), NOW_MS)
    engine.unassigned_readings.written(len(engine.unassigned_readings.waiting()))


def _radio(deps: Dependencies) -> None:
    with deps.sessions.begin() as session:
        devices.create_device(session, device_id="gw-1", codec="theengs", now_ms=NOW_MS, resident_id="r-0")


def test_an_unknown_pendant_s_call_is_told_and_settled_by_saying_whose_it_is(deps: Dependencies) -> None:
    _radio(deps)
    _heard(deps, Engine(list(detectors())), Reading("gw-1", "", NOW_MS, (Event("sos", NOW_MS, "on", source="pend-9"),)))
    with deps.sessions() as session:
        ((call, device),) = open_calls(session, NOW_MS)
    assert (call.device_id, device, what_of(call), call.about) == ("gw-1:pend-9", None, "heard", "pend-9 · gw-1")
    (one,) = unassigned.list_unassigned(deps, ADMIN)
    assert (one.is_call, one.slot) == (True, "pend-9")
    unassigned.assign_reading(deps, ADMIN, one.id, Assignment(resident_id="r-1", from_now_on=True))
    with deps.sessions() as session:
        assert open_calls(session, NOW_MS) == []
        assert session.get_one(Device, "gw-1:pend-9").resident_id == "r-1"
    assert [(r.device_id, r.resident_id) for r in replayed(deps)] == [("gw-1:pend-9", "r-1")]


def test_what_is_not_normal_of_nobody_is_shown_though_the_device_has_a_resident(deps: Dependencies) -> None:
    share(deps)
    _heard(deps, Engine(list(detectors())), measured("4", 190.0))
    with deps.sessions() as session:
        assert [what_of(call) for call, _ in open_calls(session, NOW_MS)] == ["unassigned"]


def test_a_neighbour_s_scale_is_asked_about_once_and_its_pendant_is_still_heard(deps: Dependencies) -> None:
    _radio(deps)
    engine = Engine(list(detectors()))

    def scale(at_ms: int) -> Reading:
        return Reading("gw-1", "", at_ms, (Scalar("systolic_pressure", 190.0, at_ms, source="next-door"),))

    _heard(deps, engine, scale(NOW_MS))
    (one,) = unassigned.list_unassigned(deps, ADMIN)
    unassigned.dismiss_reading(deps, ADMIN, one.id, from_now_on=True)
    counts: Counter[str] = Counter()
    engine.feed(scale(NOW_MS + HOUR_MS))
    asyncio.run(NobodysWork(engine, deps.sessions, deps.clock, counts).store(asyncio.Event()))
    assert unassigned.list_unassigned(deps, ADMIN) == []
    assert counts["unassigned_ignored"] == 1
    with deps.sessions() as session:
        assert open_calls(session, NOW_MS) == []
    engine.feed(Reading("gw-1", "", NOW_MS + HOUR_MS, (Event("sos", NOW_MS + HOUR_MS, "on", source="next-door"),)))
    asyncio.run(NobodysWork(engine, deps.sessions, deps.clock, counts).store(asyncio.Event()))
    assert [one.is_call for one in unassigned.list_unassigned(deps, ADMIN)] == [True]
    with deps.sessions() as session:
        assert [what_of(call) for call, _ in open_calls(session, NOW_MS)] == ["heard"]


def test_one_neighbour_does_not_push_out_the_others_nor_a_call(deps: Dependencies) -> None:
    _radio(deps)
    cuff = Reading("gw-1", "", NOW_MS, (Scalar("systolic_pressure", 120.0, NOW_MS, source="cuff"),))
    call = Reading("gw-1", "", NOW_MS, (Event("sos", NOW_MS, "on", source="strap"),))
    seconds = [NOW_MS + 1_000 * n for n in range(1, MOST_OF_DEVICE + 50)]
    strap = [Reading("gw-1", "", t, (Scalar("heart_rate", 150.0, t, source="strap"),)) for t in seconds]
    with deps.sessions.begin() as session:
        store(session, [cuff, call, *strap])
        waits = session.scalars(select(UnassignedReading)).all()
    assert len(waits) == MOST_OF_DEVICE
    assert {row.slot for row in waits} == {"cuff", "strap"}
    assert [row.slot for row in waits if row.is_call] == ["strap"]


def test_what_strangers_and_nobody_measured_stands_sealed_and_old_rows_are_read_still(deps: Dependencies) -> None:
    share(deps)
    vault = PayloadVault(bytes(range(32)))
    deps = replace(deps, payloads=vault)
    frame = Frame(door=DoorKind.HTTP, route="/push/x", payload=SECRET, device_id="s-1", received_at_ms=NOW_MS)
    held = Held(
        Stranger(said="s-1", product_id="watch-x", codec="open_json"),
        frame,
        is_call=False,
        done=lambda *_: None,
        token=None,
    )
    register = DatabaseStrangerRegister(deps.sessions, vault)
    register.write([held], [])
    with deps.sessions.begin() as session:
        store(session, [measured("3", 150.0)])
        store(session, [measured("4", 187.0), measured("4", 187.0)], vault)
        rows = [(row.sealed, row.payload) for row in session.scalars(select(QuarantinedMessage))]
        rows += [(row.sealed, row.record) for row in session.scalars(select(UnassignedReading))]
    assert sorted(sealed for sealed, _ in rows) == [False, False, False, True, True]
    assert not any(b"heart_rate" in raw or b"systolic" in raw for sealed, raw in rows if sealed)
    shown = unassigned.list_unassigned(deps, ADMIN)
    assert sorted(one.measured[0].value or 0 for one in shown) == [150.0, 187.0]
    quarantine.adopt_stranger(deps, ADMIN, "s-1", Adoption(resident_id="r-0"))
    assert len(register.adopted(10)) == 2, "the one from before, and the sealed one"
    other = DatabaseStrangerRegister(deps.sessions, PayloadVault(bytes(32)))
    assert [one.frame.payload for one in other.adopted(10)] == [SECRET], "another key's row holds nobody up"
    assert [one.frame.payload for one in DatabaseStrangerRegister(deps.sessions).adopted(10)] == [SECRET]
    lost = unassigned.list_unassigned(replace(deps, payloads=None), ADMIN)
    assert sorted(one.readable for one in lost) == [False, True], "it is said that it cannot be read"


def test_a_call_of_a_device_that_is_switched_off_is_shown_until_it_is_switched_on_again(deps: Dependencies) -> None:
    with deps.sessions.begin() as session:
        devices.create_device(session, device_id="w-1", codec="open_json", now_ms=NOW_MS, resident_id="r-0")
        devices.update_device(session, "w-1", {"enabled": False})
    about: dict[str, AttributeValue] = {"urgent": True, "shut_out": True, "door": "mqtt"}
    _heard(deps, Engine(list(detectors())), Reading("w-1", "", NOW_MS, (Event("sos", NOW_MS, "on", about),)))
    with deps.sessions.begin() as session:
        assert [(what_of(call), call.about) for call, _ in open_calls(session, NOW_MS)] == [("shut_out", "mqtt")]
        devices.update_device(session, "w-1", {"enabled": True})
        assert open_calls(session, NOW_MS) == []
