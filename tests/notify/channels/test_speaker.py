"""The device's own speaker: asked once, withdrawn when out of reach, given up after a minute, never somebody else's."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import ManualClock
from anhu.registry.contacts import create_contact
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Base, Device, DeviceCommand, Resident
from gateway.codecs.open_json import encode
from gateway.command_queue import DatabaseCommandQueue
from notify.channel import Delivery, PermanentError, Recipient, RetryableError
from notify.channels import contact_forms
from notify.channels.speaker.sender import Speaker
from notify.receipt_book import Result
from tests.conformance.test_channels import MESSAGE, attempt

NOW_MS = 1_795_406_400_000
ALARM = dataclasses.replace(MESSAGE, data={**MESSAGE.data, "title": "跌倒", "resident_id": "r-1"})
TO = Recipient(address="device:w-1")


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    made = open_sessions(f"sqlite:///{tmp_path / 'anhu.db'}")
    Base.metadata.create_all(made.kw["bind"])
    with made.begin() as session:
        session.add_all(Resident(id=one, name="王秀英", created_at_ms=0) for one in ("r-1", "r-2"))
        session.flush()
        session.add(Device(id="w-1", codec="open_json", resident_id="r-1", enrolled_at_ms=0, version=0))
    yield made
    close_sessions(made)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW_MS)


def say(sessions: sessionmaker[Session], clock: ManualClock, *, front_door: bool = False) -> Result:
    """Send once; the front door, where there is one, brings the command and the device acknowledges it."""

    async def scene() -> Result:
        channel = Speaker(clock)
        channel.use(sessions)
        channel.wait_s = 10.0 if front_door else 0.2
        sending = asyncio.create_task(attempt(channel, TO, ALARM))
        if front_door:
            for _ in range(400):
                if take(sessions, clock):
                    break
                await asyncio.sleep(0.02)
        return await sending

    return asyncio.run(scene())


def take(sessions: sessionmaker[Session], clock: ManualClock) -> list[bytes]:
    """Be the front door: bring what waits, and note that the device has it."""
    queue = DatabaseCommandQueue(sessions, clock)
    sent = []
    for _, command in queue.pending(["w-1"]):
        sent.append(encode(command))
        queue.delivered(command.command_id, clock.now_ms())
    return sent


def test_the_front_door_brings_it_and_the_device_is_the_receipt(
    sessions: sessionmaker[Session], clock: ManualClock
) -> None:
    said = say(sessions, clock, front_door=True)
    assert isinstance(said, Delivery)
    assert said.state == "delivered"
    with sessions() as session:
        (row,) = session.query(DeviceCommand)
    assert row.name == "ask_ok"
    assert row.arguments["text"].startswith("安护收到报警：跌倒。")
    assert row.expires_at_ms == NOW_MS + 60_000


def test_a_device_out_of_reach_is_tried_for_a_minute_and_then_given_up(
    sessions: sessionmaker[Session], clock: ManualClock
) -> None:
    for after_s in (0, 20, 59):
        clock.set(NOW_MS + after_s * 1_000)
        said = say(sessions, clock)
        assert isinstance(said, RetryableError)
        assert said.after_s == 5
    assert take(sessions, clock) == [], "what was given up is not said when it comes back"
    clock.set(NOW_MS + 60_000)
    assert isinstance(say(sessions, clock), PermanentError)
    assert take(sessions, clock) == []


def test_what_was_heard_just_as_it_was_withdrawn_is_not_asked_again(
    sessions: sessionmaker[Session], clock: ManualClock
) -> None:
    assert isinstance(say(sessions, clock), RetryableError)
    with sessions.begin() as session:
        (row,) = session.query(DeviceCommand)
        row.delivered_at_ms = row.expires_at_ms + 1
    said = say(sessions, clock)
    assert isinstance(said, Delivery)
    with sessions() as session:
        assert session.query(DeviceCommand).count() == 1


def test_a_device_that_another_resident_wears_says_nothing_of_the_first(
    sessions: sessionmaker[Session], clock: ManualClock
) -> None:
    with sessions.begin() as session:
        session.get_one(Device, "w-1").resident_id = "r-2"
    said = say(sessions, clock)
    assert isinstance(said, PermanentError)
    assert "somebody else" in str(said)
    assert take(sessions, clock) == []


def test_a_drill_says_that_it_is_one(sessions: sessionmaker[Session], clock: ManualClock) -> None:
    async def scene() -> None:
        channel = Speaker(clock)
        channel.use(sessions)
        channel.wait_s = 0.1
        await attempt(channel, TO, dataclasses.replace(ALARM, data={**ALARM.data, "drill": True}, language="en"))

    asyncio.run(scene())
    with sessions() as session:
        (row,) = session.query(DeviceCommand)
    assert row.arguments["text"].startswith("This is a drill")


def test_a_residents_own_device_is_a_contact(sessions: sessionmaker[Session]) -> None:
    form = contact_forms()["speaker"]
    form.check("device:w-1")
    with sessions.begin() as session:
        row = create_contact(session, owner_kind="resident", owner_id="r-1", channel="speaker", address="device:w-1")
        assert row.owner_kind == "resident"
