"""How many connections an installation may open, and what doctor says of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anhu.contract.clock import DAY_MS, ManualClock, SystemClock
from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret
from anhu.registry.migrations import upgrade
from app.check_result import CheckVerdict
from app.database_checks import most_connections, server
from app.settings import Settings

_FOR_PEOPLE = 5


def test_every_process_says_how_much_it_may_take(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_pool=6, database_pool_workers=2, database_page_s=4)
    pages, alerts = settings.database_limits("api"), settings.database_limits("alerts")
    assert (pages.most, pages.statement_s, pages.process) == (12, 4.0, "api")
    assert (alerts.most, alerts.statement_s > pages.statement_s) == (4, True)


def test_the_connections_of_a_city_are_added_up(tmp_path: Path) -> None:
    layout = "gateway=2, alerts=48, api=2"
    settings = Settings(data=tmp_path, database_processes=layout, database_pool=8, database_pool_workers=3)
    assert most_connections(settings) == 2 * 6 + 48 * 6 + 2 * 16 + _FOR_PEOPLE


@pytest.mark.parametrize("layout", ["api", "api=x", "=2"])
def test_a_layout_that_is_none_is_refused(tmp_path: Path, layout: str) -> None:
    with pytest.raises(SettingsError):
        Settings(data=tmp_path, database_processes=layout)


def test_a_pool_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        Settings(data=tmp_path, database_pool=0)


def test_nothing_is_said_of_sqlite(tmp_path: Path) -> None:
    assert list(server(Settings(data=tmp_path), ManualClock(0))) == []


def test_doctor_compares_with_the_server(postgres_copy: Callable[..., str], tmp_path: Path) -> None:
    url = postgres_copy(upgrade)
    clock = ManualClock(SystemClock().now_ms())
    said = list(server(Settings(data=tmp_path, database_url=Secret(url)), clock))
    assert [(one.what, one.verdict) for one in said] == [
        ("database connections", CheckVerdict.OK),
        ("audit", CheckVerdict.OK),
    ]
    many = Settings(data=tmp_path, database_url=Secret(url), database_processes="alerts=1000")
    assert next(server(many, clock)).verdict is CheckVerdict.FAILED
    late = ManualClock(clock.now_ms() + 365 * DAY_MS)
    assert list(server(many, late))[1].verdict is CheckVerdict.WARNING
