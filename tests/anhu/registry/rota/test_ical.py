from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anhu.registry.rota.duty import Turn
from anhu.registry.rota.ical import calendar
from anhu.registry.rota.model import Change, Leave
from anhu.registry.rota.turns_of import turns_of
from tests.anhu.registry.rota.rotas import SHANGHAI, at, day_and_night

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]


def read(text: str) -> list[icalendar.Event]:
    """Read it as a calendar program does; it must not complain."""
    found = icalendar.Calendar.from_ical(text.encode())
    assert isinstance(found, icalendar.Calendar)
    for part in found.walk():
        assert part.errors == []
    return found.events


def ical(turns: list[Turn], zone: ZoneInfo = SHANGHAI, *, name: str = "x", owner: str = "y") -> str:
    return calendar(turns, zone=zone, name=name, owner=owner, made_ms=at("2026-11-29 12:00"))


def instants(event: icalendar.Event) -> tuple[datetime, datetime]:
    start, end = event.start, event.end
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    return start.astimezone(UTC), end.astimezone(UTC)


def test_a_calendar_without_turns_is_a_calendar() -> None:
    assert read(ical([])) == []


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("month", ["2026-03-25", "2026-10-02", "2026-10-20", "2026-11-01"])
def test_a_calendar_program_reads_the_very_instants(zone: ZoneInfo, month: str) -> None:
    begin = at(month, zone)
    turns = turns_of(day_and_night(zone), "c", begin, begin + 21 * 86_400_000)
    events = read(ical(turns, zone))
    assert len(events) == len(turns) > 20
    for event, turn in zip(events, turns, strict=True):
        start, end = instants(event)
        assert (start.timestamp() * 1000, end.timestamp() * 1000) == (turn.start_ms, turn.end_ms)


def test_the_second_coming_of_an_hour_is_told_in_utc() -> None:
    berlin = ZONES[1]
    since = at("2026-10-25 02:30", berlin, fold=1)
    change = Change(shift_id="night", day=date(2026, 10, 24), since_ms=since, crew=("a",))
    turns = turns_of(replace(day_and_night(berlin), changes=(change,)), "a", since - 1, since + 7_200_000)
    (event,) = read(ical(turns, berlin))
    assert instants(event)[0].timestamp() * 1000 == since
    assert "DTSTART:20261025T013000Z" in ical(turns, berlin)


def test_each_zone_that_is_named_is_described() -> None:
    text = ical(turns_of(day_and_night(ZONES[1]), "c", at("2026-10-20"), at("2026-11-01")), ZONES[1])
    found = icalendar.Calendar.from_ical(text)
    assert isinstance(found, icalendar.Calendar)
    assert [str(one["TZID"]) for one in found.timezones] == ["Europe/Berlin"]
    assert found.get_missing_tzids() == set()
    steps = [(one.name, one["TZOFFSETTO"].to_ical()) for one in found.timezones[0].subcomponents]
    assert steps == [("DAYLIGHT", "+0200"), ("STANDARD", "+0100")]


@settings(max_examples=200, deadline=None)
@given(words=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=120))
def test_whatever_a_shift_is_called_it_is_read_as_it_was_written(words: str) -> None:
    turn = Turn("a", 1, "s", words, date(2026, 12, 1), at("2026-12-01 08:00"), at("2026-12-01 20:00"))
    text = ical([turn], owner=words)
    (event,) = read(text)
    assert str(event["SUMMARY"]) == f"{words} · {words} · 1"
    assert all(len(line) <= 75 for line in text.encode().split(b"\r\n"))


def test_no_name_breaks_out_of_its_line() -> None:
    turn = Turn("a", 1, "s", "x\r\nEND:VEVENT\nBEGIN:VALARM", date(2026, 12, 1), at("2026-12-01 08:00"), 1)
    assert len(read(ical([turn._replace(end_ms=turn.start_ms + 1000)]))) == 1


def test_leave_cuts_a_turn_short_and_a_repeated_export_keeps_its_identity() -> None:
    rota = replace(day_and_night(), leaves=(Leave("c", date(2026, 12, 2), date(2026, 12, 2)),))
    turns = turns_of(rota, "c", at("2026-12-01 12:00"), at("2026-12-03 12:00"))
    assert [(turn.start_ms, turn.end_ms) for turn in turns] == [
        (at("2026-12-01 20:00"), at("2026-12-02 00:00")),
        (at("2026-12-03 00:00"), at("2026-12-03 08:00")),
    ]
    first, second = (sorted(str(event["UID"]) for event in read(ical(turns))) for _ in range(2))
    assert first == second
    assert len(set(first)) == 2
