from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest

from anhu.registry.rota.workdays import PLAIN, china


@pytest.mark.parametrize("year", sorted(china().years))
def test_every_day_of_a_noticed_year_is_what_another_table_says(year: int) -> None:
    oracle = holidays.country_holidays("CN", years=[year])
    day = date(year, 1, 1)
    while day.year == year:
        assert china().is_workday(day) == oracle.is_working_day(day), day
        day += timedelta(days=1)


def test_beyond_the_notices_the_weekday_counts_and_that_is_known() -> None:
    newest = max(china().years)
    assert not china().knows(date(newest + 1, 1, 1))
    assert [china().is_workday(date(newest + 1, 10, day)) for day in range(1, 8)] == [
        PLAIN.is_workday(date(newest + 1, 10, day)) for day in range(1, 8)
    ]


def test_a_worked_day_is_a_weekend_and_a_day_of_rest_in_no_notice_worked() -> None:
    days = china()
    assert all(day.weekday() >= 5 for day in days.work)
    assert not days.work & days.rest
