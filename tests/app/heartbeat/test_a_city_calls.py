"""Calls through every partition, seen from every machine, heard by a telephone that believes only the platform."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from anhu.contract.clock import DAY_MS, MINUTE_MS, ManualClock, SystemClock
from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.settings import Secret
from anhu.log.partition import partition_of
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.partition_key import partition_key
from anhu.registry.residents import create_resident
from anhu.registry.roles import Role
from anhu.registry.tables import Contact, Device, Resident
from api.security.roles import Viewer
from api.security.visibility import visible_devices, visible_residents
from app.check_result import CheckVerdict
from app.heartbeat.beat import Beat, BeatFile, Beats, Stage
from app.heartbeat.beat_table import BeatTable, beat_store
from app.heartbeat.hearts import Hearts
from app.heartbeat.turns import Turns, identities
from app.heartbeat_checks import calls_of_itself
from app.settings import Settings, from_environment
from notify.channel import Message, PermanentError, Recipient
from notify.channels.loopback import LoopbackSettings, check_address
from notify.channels.loopback.fake import LoopbackPhone
from notify.channels.loopback.sender import LoopbackChannel
from tests.services.process import free_port

NOW = 1_800_000_000_000


def beat(minute: int, partition: int = 0, *, phone_ms: int | None = 40) -> Beat:
    return Beat(NOW + minute * MINUTE_MS, 5, 10, phone_ms, partition)


@pytest.mark.parametrize("partitions", [1, 8, 48])
def test_somebody_calls_in_each_partition(partitions: int) -> None:
    found = identities(partitions)
    keys = [partition_key(None, one, one, None) for one in found]
    assert [partition_of(key, partitions) for key in keys] == list(range(partitions))
    assert "anhu-heartbeat" in found


@pytest.mark.parametrize("partitions", [1, 3, 8, 10, 48])
def test_every_partition_has_its_turn_within_ten_calls(partitions: int) -> None:
    turns = Turns(partitions, begin=7)
    assert {one for _ in range(10) for one in turns.take(())} == set(range(partitions))


def test_a_partition_whose_call_did_not_arrive_is_called_again_at_once() -> None:
    turns = Turns(8)
    assert [list(turns.take(failing)) for failing in ((), (0,), (0, 5), (3,))] == [[0], [1, 0], [2, 0], [3]]


def test_a_dead_partition_does_not_hide_behind_the_others(tmp_path: Path) -> None:
    beats = Beats(BeatFile(tmp_path / "beats.json"), 8)
    beats.add(beat(0, 0), beat(0, 3, phone_ms=None))
    beats.add(beat(1, 1))
    beats.add(Beat(NOW + 2 * MINUTE_MS, 5, None, None, 3), beat(2, 2))
    assert beats.failing_since_ms == NOW
    assert (list(beats.failing), beats.ends()) == ([3], frozenset({Stage.ALERT}))
    beats.add(beat(3, 3))
    assert (beats.failing_since_ms, beats.ends()) == (0, frozenset())


def test_on_one_machine_the_file_is_as_it_was(tmp_path: Path) -> None:
    Beats(beat_store(Settings(data=tmp_path), sessionmaker())).add(beat(0))
    assert (tmp_path / "heartbeat.json").read_text() == f"[[{NOW}, 5, 10, 40]]"


@pytest.fixture
def shared(tmp_path: Path, postgres_database: Callable[[], str]) -> Settings:
    url = postgres_database()
    upgrade(url)
    return Settings(data=tmp_path / "elsewhere", database_url=Secret(url))


def test_what_one_machine_writes_another_reads_and_its_doctor_says_it(shared: Settings) -> None:
    sessions = open_sessions(shared.database)
    store = beat_store(shared, sessions)
    assert isinstance(store, BeatTable)
    beats = Beats(store, 8)
    beats.add(Beat(NOW - 2 * DAY_MS, 1, 1, 1, 7))
    beats.add(beat(0, 1))
    (well,) = calls_of_itself(shared, ManualClock(NOW + 1_000))
    assert (well.verdict, well.detail) == (CheckVerdict.OK, "the last calls arrived, within 40 ms")
    beats.add(beat(1, 2, phone_ms=None))
    assert list(store.read()) == [beat(0, 1), beat(1, 2, phone_ms=None)], "those of the day before are gone"
    (wrong,) = calls_of_itself(shared, ManualClock(NOW + 2 * MINUTE_MS))
    assert wrong.verdict is CheckVerdict.FAILED
    assert "phone; for 60 s, in partitions 2" in wrong.detail
    (late,) = calls_of_itself(shared, ManualClock(NOW + 9 * MINUTE_MS))
    assert late.verdict is CheckVerdict.WARNING
    close_sessions(sessions)


def test_what_the_database_did_not_take_is_written_with_the_next_call(shared: Settings) -> None:
    sessions, away = open_sessions(shared.database), open_sessions("postgresql+pg8000://x:x@127.0.0.1:9/none")
    store = BeatTable(away)
    assert list(store.read()) == []
    beats = Beats(store)
    beats.add(beat(0))
    store._sessions = sessions
    beats.add(beat(1))
    assert list(store.read()) == [beat(0), beat(1)]
    close_sessions(sessions)
    close_sessions(away)


def test_nobody_sees_those_for_whom_it_calls(shared: Settings) -> None:
    sessions, port = open_sessions(shared.database), free_port()
    url = f"http://127.0.0.1:{port}"
    hearts = Hearts(
        sessions,
        SystemClock(),
        LoopbackSettings(loopback_url=url),
        door=lambda: ("127.0.0.1", 9, None),
        partitions=8,
    )
    hearts.set_up()
    admin = Viewer(user_id="u-1", login="chief", name="Li", role=Role.ADMIN)
    with sessions.begin() as session:
        create_resident(session, name="Zhang Guilan", now_ms=1, resident_id="r-1")
        assert session.scalars(select(Resident.id).where(visible_residents(admin))).all() == ["r-1"]
        assert session.scalars(select(Device.id).where(visible_devices(admin))).all() == []
        assert len(session.scalars(select(Device.id).where(Device.enabled)).all()) == 8
        contacts = session.scalars(select(Contact)).all()
        assert {one.address for one in contacts} == {f"{url}/heartbeat"}
        assert len({one.secret for one in contacts}) == 1
    asyncio.run(hearts.stop())
    with sessions() as session:
        assert session.scalars(select(Device.id).where(Device.enabled)).all() == []
    close_sessions(sessions)


def test_a_watcher_that_ends_late_does_not_hang_up_for_the_next(shared: Settings) -> None:
    sessions = open_sessions(shared.database)
    both = [
        Hearts(sessions, SystemClock(), LoopbackSettings(), door=lambda: ("127.0.0.1", 9, None), partitions=1)
        for _ in range(2)
    ]
    for one in both:
        one.set_up()
    asyncio.run(both[0].stop())
    with sessions() as session:
        assert session.get_one(Device, "anhu-heartbeat").enabled
    asyncio.run(both[1].stop())
    close_sessions(sessions)


def rings(to: Recipient) -> None:
    async def ring() -> None:
        channel = LoopbackChannel.from_settings(LoopbackSettings(), SystemClock())
        try:
            await channel.send(MESSAGE, to)
        finally:
            await channel.close()

    asyncio.run(ring())


MESSAGE = Message(idempotency_key="a-1:n-1", subject="it rang", text="it rang", data={})


def test_the_telephone_believes_only_what_is_signed_with_its_secret() -> None:
    with LoopbackPhone(secret="right") as phone:
        address = phone.address(phone.port, "heartbeat")
        rings(Recipient(address=address, secret="right"))
        for secret in ("", "wrong"):
            with pytest.raises(PermanentError, match="403"):
                rings(Recipient(address=address, secret=secret))
        forged = {b"Idempotency-Key": b"a-2:n-1", b"Anhu-Signature": b"\xe9"}
        assert httpx.post(address, content=b"{", headers=forged).status_code == 403
        assert [one.key for one in phone.taken()] == ["a-1:n-1"]
        assert (phone.came(), phone.refused) == (1, 3)


def test_a_dispatcher_calls_no_neighbour_but_the_watcher() -> None:
    check_address("http://127.0.0.1:9/heartbeat")
    check_address("http://watcher:9101/heartbeat", "http://watcher:9101")
    for wrong in ("http://watcher:9102/heartbeat", "http://postgres:9101/", "https://watcher:9101/", "http://watcher/"):
        with pytest.raises(FieldError):
            check_address(wrong, "http://watcher:9101")
    with pytest.raises(FieldError):
        check_address("http://watcher:9101/heartbeat")


@pytest.mark.parametrize("wrong", ["watcher:9101", "http://watcher", "https://watcher:9101", "http://a@watcher:9101"])
def test_an_address_of_the_telephone_that_nobody_reaches_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match="ANHU_LOOPBACK_URL"):
        from_environment({"ANHU_LOOPBACK_URL": wrong})
