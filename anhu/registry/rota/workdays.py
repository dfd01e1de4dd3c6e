"""Working days and days of rest: by a country's notices where there are any, else by the weekday."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Workdays:
    """Which days are worked on.

    Attributes
    ----------
    rest, work : frozenset of date
        Weekdays that are days of rest; Saturdays and Sundays that are worked on.
    years : frozenset of int
        For which this is known; of others only the weekday counts.
    """

    rest: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Tell whether a day is worked on."""
        return day in self.work or (day.weekday() < _SATURDAY and day not in self.rest)

    def knows(self, day: date) -> bool:
        """Tell whether the answer is more than the weekday's."""
        return day.year in self.years


PLAIN = Workdays()


@cache
def china() -> Workdays:
    """Return the days of mainland China, as far as the State Council has said (`workdays.toml`)."""
    tables = tomllib.loads(resources.files(__package__).joinpath("workdays.toml").read_text("utf-8"))
    rest = frozenset(day for year in tables.values() for day in _days(year["rest"]))
    work = frozenset(day for year in tables.values() for day in _days(year["work"]))
    return Workdays(rest, work, frozenset(map(int, tables)))


def _days(spans: Sequence[str]) -> Iterator[date]:
    for span in spans:
        first, _, last = span.partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            yield day
            day += timedelta(days=1)


class Calendar(StrEnum):
    """Whose working days a rota goes by."""

    CHINA = "cn"
    PLAIN = ""
    """Monday to Friday."""

    @property
    def workdays(self) -> Workdays:
        """Its days."""
        return china() if self is Calendar.CHINA else PLAIN
