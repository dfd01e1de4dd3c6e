from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anhu.registry.rota.duty import Turn, on_duty
from anhu.registry.rota.model import WEEKDAYS, Covers, Leave, Rota, Shift
from anhu.registry.rota.on_call import on_call_of
from anhu.registry.rota.stretches import GapKind, gaps, stretches
from anhu.registry.rota.wall_clock import instant_ms
from tests.anhu.registry.rota.rotas import SHANGHAI

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]
USERS = "abcdef"

_minutes = st.integers(0, 1439)
_days = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@st.composite
def shifts(draw: st.DrawFn) -> tuple[Shift, ...]:
    made = []
    for number in range(draw(st.integers(0, 4))):
        crews = draw(st.lists(st.lists(st.sampled_from(USERS), max_size=3).map(tuple), min_size=1, max_size=3))
        days = draw(st.one_of(st.sampled_from(["work", "rest"]), st.sets(st.sampled_from(WEEKDAYS)).map("".join)))
        one = Shift(
            id=f"s{number}",
            name=f"s{number}",
            days=days,
            start_minute=draw(_minutes),
            end_minute=draw(_minutes),
            crews=tuple(crews),
            anchor=draw(_days),
        )
        made.append(one)
    return tuple(made)


@st.composite
def rotas(draw: st.DrawFn, zone: ZoneInfo) -> Rota:
    made = draw(shifts())
    leaves = [
        Leave(user, first, first + timedelta(days=length))
        for user, first, length in draw(
            st.lists(st.tuples(st.sampled_from(USERS), _days, st.integers(0, 9)), max_size=3)
        )
    ]
    return Rota(zone=zone, members=tuple(USERS[:4]), shifts=made, leaves=leaves, covers=draw(st.sampled_from(Covers)))


_TURNING_DAYS = [
    date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 10, 4),
    date(2028, 2, 29), date(2026, 12, 31),
]  # fmt: skip
_some_day = st.one_of(st.sampled_from(_TURNING_DAYS), _days)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@settings(max_examples=60, deadline=None)
@given(day=_some_day, minute=st.integers(0, 1440), later=st.integers(0, 1440))
def test_a_later_time_of_the_wall_is_never_earlier(zone: ZoneInfo, day: date, minute: int, later: int) -> None:
    first, second = sorted((minute, later))
    assert instant_ms(day, first, zone) <= instant_ms(day, second, zone)
    assert instant_ms(day, 1440, zone) == instant_ms(day + timedelta(days=1), 0, zone)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@settings(max_examples=60, deadline=None)
@given(data=st.data(), day=_some_day)
def test_every_instant_has_one_answer_and_it_is_the_union_of_the_shifts(
    zone: ZoneInfo, data: st.DataObject, day: date
) -> None:
    rota = data.draw(rotas(zone))
    begin, end = instant_ms(day, 0, zone), instant_ms(day, 1440, zone)
    at_ms = data.draw(st.integers(begin, end - 1))
    turns = on_duty(rota, at_ms)
    assert len({turn.user_id for turn in turns}) == len(turns)
    assert {turn.user_id for turn in turns} == _by_hand(rota, at_ms)
    assert all(turn.start_ms <= at_ms < turn.end_ms for turn in turns)
    drawn = [one for one in stretches(rota, begin, end) if one.start_ms <= at_ms < one.end_ms]
    assert [_people(one.moment.turns) for one in drawn] == [_people(turns)]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), day=_some_day)
def test_stretches_meet_and_gaps_are_exactly_where_nobody_is(zone: ZoneInfo, data: st.DataObject, day: date) -> None:
    rota = data.draw(rotas(zone))
    begin, end = instant_ms(day, 0, zone), instant_ms(day + timedelta(days=1), 1440, zone)
    drawn = stretches(rota, begin, end)
    assert drawn[0].start_ms == begin
    assert drawn[-1].end_ms == end
    assert all(one.end_ms == other.start_ms for one, other in pairwise(drawn))
    at_ms = data.draw(st.integers(begin, end - 1))
    in_gap = any(gap.kind is GapKind.NOBODY and gap.start_ms <= at_ms < gap.end_ms for gap in gaps(rota, begin, end))
    assert in_gap == on_call_of(rota, at_ms).is_gap
    assert on_call_of(rota, at_ms).members


@settings(max_examples=100, deadline=None)
@given(day=_days, minute=_minutes)
def test_without_changes_of_the_clock_the_wall_is_plain_arithmetic(day: date, minute: int) -> None:
    plain = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute - 8 * 60)
    assert instant_ms(day, minute, SHANGHAI) == int(plain.timestamp()) * 1000


def _by_hand(rota: Rota, at_ms: int) -> set[str]:
    """Say who is there by the clock on the wall alone, for an instant whose wall time comes once.

    Written apart from the product: the wall shows a time between a shift's times, or past midnight the shift of the
    day before.
    """
    found: set[str] = set()
    today = datetime.fromtimestamp(at_ms / 1000, tz=rota.zone).date()
    away = {one.user_id for one in rota.leaves if one.from_day <= today <= one.until_day}
    for one in rota.shifts:
        for day in (today - timedelta(days=1), today):
            begins = one.days == ("work" if day.isoweekday() < 6 else "rest") or str(day.isoweekday()) in one.days
            next_day = day + timedelta(days=1) if one.end_minute <= one.start_minute else day
            start, end = _first(day, one.start_minute, rota.zone), _first(next_day, one.end_minute, rota.zone)
            if begins and start <= at_ms < end:
                weeks = ((day - one.anchor) // timedelta(days=7)) % len(one.crews)
                found |= {user for user in one.crews[weeks] if user in rota.members and user not in away}
    return found


def _first(day: date, minute: int, zone: ZoneInfo) -> int:
    """Return the first instant from the midnight before on at which the wall shows this time or a later one."""
    step = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    wanted = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    while step.astimezone(zone).replace(tzinfo=None) < wanted:
        ahead = wanted - step.astimezone(zone).replace(tzinfo=None)
        step += timedelta(minutes=1) if ahead <= timedelta(hours=3) else ahead - timedelta(hours=3)
    return int(step.timestamp()) * 1000


def _people(turns: Sequence[Turn]) -> list[str]:
    return [turn.user_id for turn in turns]
