"""When a device was last heard stands in the list within a minute, and costs the database one row a minute."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.observation import Event, Scalar, TimeQuality
from anhu.contract.record import Numbers
from anhu.registry.device_tables import DeviceSeen
from anhu.registry.last_heard import write_heard
from ingest.last_heard import Heard, LastHeard
from ingest.store.port import Stored, StoredReading
from tests.town import empty_url, sessions, town

__all__ = ["empty_url", "sessions", "town"]
T0 = 1_795_300_000_000
Sessions = sessionmaker[Session]


def numbers(at_ms: int, device_id: str = "w-1", **values: float) -> Stored:
    return Numbers(device_id, "r-1", at_ms, at_ms, TimeQuality.DEVICE, values or {"heart_rate": 70.0})


def went(at_ms: int, reason: str) -> Stored:
    event = Event("connection", at_ms, "off", {"reason": reason}, TimeQuality.RECEIVED)
    return StoredReading("r-1", "w-1", at_ms, (event,))


def test_what_is_new_is_gathered_and_taken_once_a_minute() -> None:
    heard = LastHeard()
    heard.hear([numbers(T0), numbers(T0 + 1, battery=18.0), numbers(T0 + 2)])
    heard.hear([StoredReading("r-1", "w-1", T0 + 3, (Scalar("signal_strength", -101.0, T0 + 3),))])
    assert heard.due(T0 + 4) == [Heard("w-1", T0 + 3, 18.0, -101.0)]
    heard.hear([numbers(T0 + 10_000)])
    assert heard.due(T0 + 10_001) == []
    assert heard.due(T0 + 60_004) == [Heard("w-1", T0 + 10_000)]


def test_that_its_line_ended_is_no_word_of_its_own() -> None:
    heard = LastHeard()
    heard.hear([went(T0, "keep_alive")])
    assert heard.due(T0) == [Heard("w-1", 0, None, None, "keep_alive", T0)]


def test_what_could_not_be_written_is_written_later() -> None:
    heard = LastHeard()
    heard.hear([numbers(T0, battery=18.0)])
    due = heard.due(T0)
    heard.hear([numbers(T0 + 5)])
    heard.put_back(due)
    assert heard.due(T0 + 6) == [Heard("w-1", T0 + 5, 18.0)]


def test_it_stands_in_the_database_and_strangers_do_not(town: Sessions) -> None:
    with town.begin() as session:
        assert write_heard(session, [Heard("w-1", T0, 50.0, -90.0, "on", T0), Heard("who", T0)]) == 1
        assert write_heard(session, [Heard("w-1", T0 - 5, None, None, None, 0)]) == 1
    with town.begin() as session:
        write_heard(session, [Heard("w-1", 0, 49.0, None, "keep_alive", T0 + 9)])
        row = session.scalars(select(DeviceSeen)).one()
        session.refresh(row)
        assert (row.seen_ms, row.battery_percent, row.signal_dbm) == (T0, 49.0, -90.0)
        assert (row.ended_ms, row.ended_why) == (T0 + 9, "keep_alive")
        write_heard(session, [Heard("w-1", T0 + 10, None, None, "on", T0 + 10)])
        session.refresh(row)
        assert (row.seen_ms, row.ended_ms, row.ended_why) == (T0 + 10, None, "")
