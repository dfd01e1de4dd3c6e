"""What a rota is, as values: read from the database once, then asked as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from anhu.registry.rota.workdays import PLAIN, Workdays

ON_WORKDAYS, ON_RESTDAYS = "work", "rest"
WEEKDAYS = "1234567"
"""A shift's days: ISO weekdays (``"135"``: Monday, Wednesday, Friday), or one of the two words."""


class Covers(StrEnum):
    """When somebody must be there."""

    ALWAYS = "always"
    """Day and night: a time without a shift is a gap."""
    SHIFTS = "shifts"
    """While a shift runs: outside of shifts nobody is expected, and all are called as before there was a rota."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift that comes back.

    Attributes
    ----------
    days : str
        On which days it begins.
    start_minute, end_minute : int
        Of the day, on the wall clock; an end that is not after the start is on the next day. [min]
    crews : tuple of tuple of str
        One crew per week of the cycle, each users in order: the first, the second...
    anchor : date
        The first day of a first week of the cycle; it goes on in both directions.
    from_day, until_day : date or None
        First and last day on which it may begin.
    """

    id: str
    name: str
    days: str
    start_minute: int
    end_minute: int
    crews: tuple[tuple[str, ...], ...]
    anchor: date
    from_day: date | None = None
    until_day: date | None = None

    def crew_on(self, day: date) -> tuple[str, ...]:
        """Return whose turn it is in the week of a day."""
        if not self.crews:
            return ()
        return self.crews[(day - self.anchor).days // len(WEEKDAYS) % len(self.crews)]

    def begins_on(self, day: date, workdays: Workdays) -> bool:
        """Tell whether it begins on a day."""
        if (self.from_day and day < self.from_day) or (self.until_day and day > self.until_day):
            return False
        if self.days in {ON_WORKDAYS, ON_RESTDAYS}:
            return workdays.is_workday(day) == (self.days == ON_WORKDAYS)
        return str(day.isoweekday()) in self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One shift of one day is different: another crew, or somebody instead of somebody.

    Attributes
    ----------
    since_ms : int
        From when on: what was before stays what it was. [ms]
    crew : tuple of str or None
        The whole crew; None: only `out_id` is replaced by `in_id`.
    """

    shift_id: str
    day: date
    since_ms: int
    crew: tuple[str, ...] | None = None
    out_id: str = ""
    in_id: str = ""

    def applied(self, crew: tuple[str, ...]) -> tuple[str, ...]:
        """Return the crew after it."""
        if self.crew is not None:
            return self.crew
        return tuple(self.in_id if one == self.out_id else one for one in crew)


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody is away, from 00:00 of the first day to 24:00 of the last, on the rota's wall clock."""

    user_id: str
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """A desk's or a team's rota, with who there is.

    Attributes
    ----------
    members : tuple of str
        Everybody of the owner who may log in; others do not count, whatever a shift says.
    changes : sequence of Change
        In the order in which they were made.
    """

    zone: ZoneInfo
    members: tuple[str, ...]
    shifts: tuple[Shift, ...] = ()
    changes: Sequence[Change] = ()
    leaves: Sequence[Leave] = ()
    covers: Covers = Covers.ALWAYS
    workdays: Workdays = field(default=PLAIN)
