"""Strangers: what they say waits in bounds, their calls are heard at once, and whoever adopts them gets it all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, ManualClock
from anhu.contract.observation import Event, Quality
from anhu.contract.record import Reading
from anhu.registry.devices import create_device
from anhu.registry.quarantine_tables import QuarantinedDevice, QuarantinedMessage, QuarantineOverflow
from gateway.codec import Frame
from gateway.codecs import discover
from gateway.device_register import DatabaseDirectory
from gateway.door_specs import DoorKind
from gateway.intake import Intake
from gateway.quarantine import MESSAGES, Quarantine, QuarantineRefusedError
from gateway.quarantine_register import KEPT_MS, MOST_MESSAGES, MOST_OF_SOURCE, DatabaseStrangerRegister
from gateway.replay import Replay
from gateway.stranger import Stranger
from gateway.stranger_calls import EVERYBODY
from tests.gateway.doors.mqtt.doors import MemoryLog
from tests.gateway.memory_strangers import MemoryStrangers

NOW_MS = 1_795_300_000_000
HEART = b'{"v":1,"values":{"heart_rate":72}}'
SOS = b'{"v":1,"events":[{"kind":"sos"}]}'


class Door:
    """A door that meets strangers, and how each was answered."""

    def __init__(self, register: DatabaseStrangerRegister | MemoryStrangers) -> None:
        self.clock = ManualClock(NOW_MS)
        self.log = MemoryLog()
        self.intake = Intake(discover(), self.log, self.clock)
        self.quarantine = Quarantine(self.intake, register, self.clock)
        self.answers: list[Exception | None] = []

    def says(self, said: str, payload: bytes = HEART, *, address: str = "203.0.113.7", product: str = "") -> None:
        frame = Frame(
            door=DoorKind.TCP,
            route=f"{address}:40000",
            payload=payload,
            device_id=said,
            received_at_ms=self.clock.now_ms(),
        )
        stranger = Stranger(said=said, codec="open_json", product_id=product, address=address)
        self.quarantine.take(frame, stranger, self._answered)

    def _answered(self, _token: object, error: Exception | None) -> None:
        self.answers.append(error)

    async def close(self) -> None:
        await self.intake.aclose()
        await self.quarantine.aclose()


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def test_it_is_answered_once_it_is_written_and_not_before(sessions: sessionmaker[Session]) -> None:
    async def scene() -> None:
        door = Door(DatabaseStrangerRegister(sessions))
        door.says("860000000000001")
        door.says("860000000000001", SOS)
        assert door.answers == []
        await door.close()
        assert door.answers == [None, None]

    run(scene())
    with sessions() as session:
        (row,) = session.scalars(select(QuarantinedDevice))
        kept = session.scalars(select(QuarantinedMessage).order_by(QuarantinedMessage.id)).all()
    assert (row.id, row.codec, row.messages, row.calls) == ("860000000000001", "open_json", 2, 1)
    assert (row.address, row.door, row.last_call_ms) == ("203.0.113.7", "tcp", NOW_MS)
    assert sorted(one.payload for one in kept) == sorted([HEART, SOS])


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (SOS, "sos"),
        (b'{"v":1,"events":[{"kind":"help_me_please"}]}', "sos"),
        ("[3G*1*跌倒]".encode("gb18030"), "unknown_vendor_event"),
        ('{"msg":"求助"}'.encode(), "sos"),
        (b'{"alarm_type":"SOS","imei":"860000000000001"}', "sos"),
        (HEART, ""),
        (b'{"sos_switch":true,"v":1}', ""),
    ],
)
def test_a_stranger_that_calls_is_nobody_s_call_at_once(payload: bytes, kind: str) -> None:
    async def scene() -> None:
        door = Door(MemoryStrangers())
        door.says("860000000000001", payload, product="watch-x")
        await door.close()
        told = door.log.readings()
        assert [one.observations[0].quantity for one in told] == ([kind] if kind else [])
        if told:
            about = told[0].observations[0]
            assert isinstance(about, Event)
            assert (told[0].device_id, told[0].resident_id) == ("860000000000001", "")
            assert (about.attributes["product"], about.attributes["urgent"]) == ("watch-x", True)

    run(scene())


def test_what_cannot_be_written_is_asked_for_again_and_a_log_that_fails_too() -> None:
    async def scene() -> None:
        register = MemoryStrangers()
        door = Door(register)
        register.error = OSError("the database is gone")
        door.says("a-1")
        await door.close()
        assert isinstance(door.answers[0], OSError)
        register.error, door.log.failure = None, OSError("the disk is full")
        again = Door(register)
        again.log.failure = OSError("the disk is full")
        again.says("a-1", SOS)
        await again.close()
        assert isinstance(again.answers[0], OSError)
        assert register.held == []

    run(scene())


def test_100_000_invented_identities_fill_nothing_and_one_who_needs_help_is_heard_among_them(
    sessions: sessionmaker[Session],
) -> None:
    async def scene() -> None:
        door = Door(DatabaseStrangerRegister(sessions))
        for n in range(100_000):
            door.says(f"made-up-{n}", address="198.51.100.1")
            if n % 2_000 == 0:
                await asyncio.sleep(0)
        door.says("860000000000001", SOS, address="203.0.113.7")
        await door.close()
        refused = sum(isinstance(one, QuarantineRefusedError) for one in door.answers)
        assert len(door.answers) == 100_001
        assert refused >= 100_000 - MESSAGES.burst
        assert [one.device_id for one in door.log.readings()] == ["860000000000001"]

    run(scene())
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(QuarantinedDevice)) == MOST_OF_SOURCE + 1
        overflow = session.get(QuarantineOverflow, "198.51.100.1")
        assert overflow is not None
        assert overflow.messages == 100_000 - MOST_OF_SOURCE
        assert session.get(QuarantinedDevice, "860000000000001") is not None


def test_a_thousand_invented_calls_are_told_and_fill_no_telephone() -> None:
    async def scene() -> None:
        door = Door(MemoryStrangers())
        for n in range(1_000):
            door.says(f"made-up-{n}", SOS, address=f"198.51.100.{n % 200}")
        door.says("860000000000001", SOS, address="203.0.113.7")
        await door.close()
        told = {one.device_id for one in door.log.readings()}
        assert 20 <= len(told) <= 110
        assert EVERYBODY in told, "behind those that are named, it is told that there are more"
        assert door.quarantine.counters()["calls"] == 1_001

    run(scene())


def test_a_flood_of_one_device_leaves_its_calls_and_its_newest(sessions: sessionmaker[Session]) -> None:
    async def scene() -> None:
        door = Door(DatabaseStrangerRegister(sessions))
        door.says("a-1", SOS)
        for n in range(MOST_MESSAGES + 50):
            door.clock.forward(1)
            door.says("a-1", HEART.replace(b"72", str(60 + n).encode()))
        await door.close()

    run(scene())
    with sessions() as session:
        kept = session.scalars(select(QuarantinedMessage).order_by(QuarantinedMessage.id)).all()
    assert len(kept) == MOST_MESSAGES
    payloads = {one.payload for one in kept}
    assert SOS in payloads
    assert HEART.replace(b"72", b"60") not in payloads
    assert HEART.replace(b"72", str(60 + MOST_MESSAGES + 49).encode()) in payloads


def test_a_log_in_under_an_unknown_name_is_counted_and_nothing_of_it_kept(sessions: sessionmaker[Session]) -> None:
    async def scene() -> None:
        door = Door(DatabaseStrangerRegister(sessions))
        for n in range(5_000):
            door.quarantine.note_login(f"guess-{n}", f"198.51.100.{n % 50}")
        await door.close()
        assert door.quarantine.counters()["logins"] == 5_000

    run(scene())
    with sessions() as session:
        rows = session.scalars(select(QuarantineOverflow)).all()
        assert sum(row.messages for row in rows) == 5_000
        assert len(rows) == 50
        assert session.scalar(select(func.count()).select_from(QuarantinedDevice)) == 0


def test_who_has_not_been_heard_for_two_weeks_is_forgotten(sessions: sessionmaker[Session]) -> None:
    register = DatabaseStrangerRegister(sessions)

    async def scene() -> None:
        door = Door(register)
        door.says("a-1")
        await door.close()

    run(scene())
    register.tidy(NOW_MS + KEPT_MS)
    with sessions() as session:
        assert session.get(QuarantinedDevice, "a-1") is not None
    register.tidy(NOW_MS + KEPT_MS + 1)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(QuarantinedMessage)) == 0
        assert session.get(QuarantinedDevice, "a-1") is None


def test_what_an_adopted_device_said_is_replayed_late_in_its_order_and_once(sessions: sessionmaker[Session]) -> None:
    register = DatabaseStrangerRegister(sessions)

    async def scene() -> None:
        door = Door(register)
        door.says("a-1", HEART)
        door.clock.forward(MINUTE_MS)
        door.says("a-1", SOS)
        await door.close()
        door = Door(register)
        door.clock.set(NOW_MS + 5 * HOUR_MS)
        replay = Replay(door.intake, register, DatabaseDirectory(sessions))
        assert await replay.round() == 0
        with sessions.begin() as session:
            create_device(session, device_id="a-1", codec="open_json", now_ms=door.clock.now_ms())
            session.get_one(QuarantinedDevice, "a-1").adopted_ms = door.clock.now_ms()
        assert await replay.round() == 2
        assert await replay.round() == 0
        found = door.log.readings()
        _replayed_as(found, door.clock.now_ms())
        replay.close()

    run(scene())
    with sessions() as session:
        assert session.get_one(QuarantinedDevice, "a-1").replayed == 2


def _replayed_as(found: list[Reading], now_ms: int) -> None:
    assert [one.observations[0].quantity for one in found] == ["heart_rate", "sos"]
    assert [one.observations[0].observed_at_ms for one in found] == [NOW_MS, NOW_MS + MINUTE_MS]
    assert all(one.observations[0].quality & Quality.LATE for one in found)
    assert all(now_ms <= one.received_at_ms < now_ms + DAY_MS for one in found), "the LOG's time never goes back"
