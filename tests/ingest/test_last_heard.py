"""When a device was last heard stands in the list within a minute, and costs the database one row a minute."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.observation import Event, Quality, Scalar, TimeQuality
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


def of_itself(received_ms: int, at_ms: int, battery: float, *, quality: int = 0, signal: float | None = None) -> Stored:
    said = [Scalar("battery", battery, at_ms, quality=quality)]
    said += [Scalar("signal_strength", signal, at_ms, quality=quality)] if signal is not None else []
    return StoredReading("r-1", "w-1", received_ms, tuple(said))


def test_what_a_device_kept_for_days_does_not_change_its_state() -> None:
    heard = LastHeard()
    heard.hear([numbers(T0, battery=80.0, signal_strength=-70.0)])
    for days in (30, 3):
        old_ms = T0 - days * DAY_MS
        heard.hear([of_itself(T0 + days, old_ms, 12.0, quality=Quality.LATE, signal=-110.0)])
    assert heard.due(T0 + 40) == [Heard("w-1", T0 + 30, 80.0, -70.0)]
    heard.hear([of_itself(T0 + MINUTE_MS, T0 - DAY_MS, 11.0, quality=Quality.LATE)])
    assert heard.due(T0 + 2 * MINUTE_MS) == [Heard("w-1", T0 + MINUTE_MS)], "known beyond what was written down"


def test_a_time_in_the_future_counts_as_when_it_came_and_holds_nothing_up() -> None:
    heard = LastHeard()
    heard.hear([of_itself(T0, T0 + DAY_MS, 44.0, quality=Quality.CLOCK_SKEW)])
    heard.hear([of_itself(T0 + 1_000, T0 + 9 * MINUTE_MS, 43.0)])
    heard.hear([of_itself(T0 + 2_000, T0 + 2_000, 42.0)])
    assert heard.due(T0 + 3_000) == [Heard("w-1", T0 + 2_000, 42.0)]


def test_a_clock_that_is_wrong_keeps_the_state_going() -> None:
    heard = LastHeard()
    for minute, battery in enumerate((60.0, 59.0, 58.0)):
        at_ms = T0 + minute * MINUTE_MS
        heard.hear([of_itself(at_ms, at_ms - 400 * DAY_MS, battery, quality=Quality.CLOCK_SKEW)])
    assert heard.due(T0 + 3 * MINUTE_MS) == [Heard("w-1", T0 + 2 * MINUTE_MS, 58.0)]


def test_what_no_battery_and_no_signal_can_have_is_no_state() -> None:
    heard = LastHeard()
    heard.hear([numbers(T0, battery=50.0), numbers(T0 + 1, battery=150.0), numbers(T0 + 2, battery=-1.0)])
    heard.hear([of_itself(T0 + 3, T0 + 3, 255.0, quality=Quality.OUT_OF_RANGE, signal=900.0)])
    assert heard.due(T0 + 4) == [Heard("w-1", T0 + 3, 50.0)]


def test_a_line_that_ended_before_it_began_anew_is_not_down() -> None:
    heard = LastHeard()
    on = Event("connection", T0 + 10, "on", {}, TimeQuality.RECEIVED)
    heard.hear([StoredReading("r-1", "w-1", T0 + 10, (on,)), went(T0, "keep_alive")])
    assert heard.due(T0 + 11) == [Heard("w-1", 0, None, None, "on", T0 + 10)]


def test_a_message_of_before_does_not_make_a_device_heard_less_lately() -> None:
    heard = LastHeard()
    heard.hear([numbers(T0 + 10), numbers(T0)])
    assert heard.due(T0 + 11) == [Heard("w-1", T0 + 10)]


def test_after_a_restart_what_was_kept_does_not_change_what_is_written(town: Sessions) -> None:
    with town.begin() as session:
        write_heard(session, [Heard("w-1", T0, 80.0, -70.0)])
    fresh = LastHeard()
    fresh.hear([of_itself(T0 + DAY_MS, T0 - DAY_MS, 12.0, quality=Quality.LATE, signal=-110.0)])
    with town.begin() as session:
        write_heard(session, fresh.due(T0 + DAY_MS))
        row = session.scalars(select(DeviceSeen)).one()
        assert (row.seen_ms, row.battery_percent, row.signal_dbm) == (T0 + DAY_MS, 80.0, -70.0)
    fresh.hear([of_itself(T0 + 2 * DAY_MS, T0 + DAY_MS, 60.0, quality=Quality.LATE)])
    with town.begin() as session:
        write_heard(session, fresh.due(T0 + 2 * DAY_MS))
        row = session.scalars(select(DeviceSeen)).one()
        assert (row.battery_percent, row.signal_dbm) == (60.0, -70.0), "newer than the last that it said"
