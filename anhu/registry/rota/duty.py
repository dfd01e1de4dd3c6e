"""Who has duty at an instant: one pure function, and the same drawn over a time.

A shift runs from its start up to, but not including, its end. Shifts that overlap add up: the first of each, then the
second of each. Who is on leave, or no member any more, is not there, and the next of the crew moves up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from anhu.registry.rota.model import Leave, Rota, Shift
from anhu.registry.rota.wall_clock import DAY_MINUTES, instant_ms, local_day

_ONE_DAY = timedelta(days=1)


class Stint(NamedTuple):
    """One shift on one day. [ms]."""

    shift: Shift
    day: date
    start_ms: int
    end_ms: int


class Turn(NamedTuple):
    """Somebody's part in a stint; place 1 is called first."""

    user_id: str
    place: int
    shift_id: str
    shift_name: str
    day: date
    start_ms: int
    end_ms: int


class Missing(StrEnum):
    """Why somebody who is on a crew is not there."""

    LEAVE = "leave"
    GONE = "gone"
    """Disabled, deleted, or of another desk or team now."""


class Absent(NamedTuple):
    """Somebody who is on a crew and not there."""

    user_id: str
    why: Missing
    shift_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """All that can be said of an instant.

    Attributes
    ----------
    turns : tuple of Turn
        Who is there, in the order in which to call; nobody twice.
    running : tuple of Stint
        The shifts that run.
    unstaffed : tuple of Stint
        Those of them where nobody is.
    absent : tuple of Absent
        Who is on one of their crews and not there.
    """

    turns: tuple[Turn, ...] = ()
    running: tuple[Stint, ...] = ()
    unstaffed: tuple[Stint, ...] = ()
    absent: tuple[Absent, ...] = ()


def on_duty(rota: Rota, at_ms: int) -> Sequence[Turn]:
    """Return who has duty at an instant, in the order in which to call; empty: nobody. [ms]."""
    return moment(rota, at_ms).turns


def moment(rota: Rota, at_ms: int) -> Moment:
    """Return who has duty at an instant and who is missing. [ms]."""
    day = local_day(at_ms, rota.zone)
    near = stints(rota, day - _ONE_DAY, day + _ONE_DAY)
    return moment_of(rota, near, at_ms)


def stints(rota: Rota, first: date, last: date) -> list[Stint]:
    """Return the shifts that begin on these days; one that the clock jumps over as a whole does not take place."""
    found = []
    for shift in rota.shifts:
        length = _length(shift)
        for number in range((last - first).days + 1):
            day = first + number * _ONE_DAY
            if shift.begins_on(day, rota.workdays):
                start_ms = instant_ms(day, shift.start_minute, rota.zone)
                end_ms = instant_ms(day, shift.start_minute + length, rota.zone)
                if start_ms < end_ms:
                    found.append(Stint(shift, day, start_ms, end_ms))
    return found


def crew_of(rota: Rota, stint: Stint, at_ms: int) -> tuple[str, ...]:
    """Return who should be there at an instant, changes of that day included, leave not. [ms]."""
    crew = stint.shift.crew_on(stint.day)
    for change in rota.changes:
        if (change.shift_id, change.day) == (stint.shift.id, stint.day) and change.since_ms <= at_ms:
            crew = change.applied(crew)
    return tuple(dict.fromkeys(crew))


def staffed(rota: Rota, stint: Stint, at_ms: int) -> list[tuple[str, str]]:
    """Return a stint's crew at an instant, each with why he is not there; empty: he is. [ms]."""
    away, members = away_at(rota, at_ms), frozenset(rota.members)
    return [
        (one, Missing.GONE if one not in members else Missing.LEAVE if one in away else "")
        for one in crew_of(rota, stint, at_ms)
    ]


def leave_span_ms(rota: Rota, leave: Leave) -> tuple[int, int]:
    """Return from when to when somebody is away. [ms]."""
    return instant_ms(leave.from_day, 0, rota.zone), instant_ms(leave.until_day, DAY_MINUTES, rota.zone)


def away_at(rota: Rota, at_ms: int) -> frozenset[str]:
    """Return who is on leave at an instant. [ms]."""
    spans = ((leave.user_id, *leave_span_ms(rota, leave)) for leave in rota.leaves)
    return frozenset(user for user, start_ms, end_ms in spans if start_ms <= at_ms < end_ms)


def moment_of(rota: Rota, near: Sequence[Stint], at_ms: int) -> Moment:
    """Return the same from stints that are known already: all that might run. [ms]."""
    running = [one for one in near if one.start_ms <= at_ms < one.end_ms]
    there: list[tuple[int, int, Turn]] = []
    unstaffed, absent = [], []
    for number, stint in enumerate(running):
        crew = staffed(rota, stint, at_ms)
        present = [user for user, why in crew if not why]
        absent += [Absent(user, Missing(why), stint.shift.id) for user, why in crew if why]
        if not present:
            unstaffed.append(stint)
        for place, user in enumerate(present, start=1):
            turn = Turn(user, place, stint.shift.id, stint.shift.name, stint.day, stint.start_ms, stint.end_ms)
            there.append((place, number, turn))
    first_of = {turn.user_id: turn for _, _, turn in sorted(there, reverse=True)}
    kept = tuple(turn for _, _, turn in sorted(there) if first_of[turn.user_id] is turn)
    return Moment(turns=kept, running=tuple(running), unstaffed=tuple(unstaffed), absent=tuple(absent))


def _length(shift: Shift) -> int:
    """Return how long it is on the wall, 24 h when it ends where it starts. [min]."""
    return (shift.end_minute - shift.start_minute - 1) % DAY_MINUTES + 1
