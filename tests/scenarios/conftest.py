"""A town, on SQLite and where it matters on PostgreSQL; and one with the people whom most scenarios need."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from tests.scenarios.town import Town, build, open_town


def _fill(url: str) -> None:
    upgrade(url)
    made = open_sessions(url)
    build(made)
    close_sessions(made)


@pytest.fixture(scope="session", autouse=True)
def _one_tls_context() -> Iterator[None]:
    """Read the machine's certificates once, not for each client: all that is sent here is plain HTTP."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session")
def built_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with a town in it, to copy from."""
    path = tmp_path_factory.mktemp("town") / "anhu.db"
    _fill(f"sqlite:///{path}")
    return path


@pytest.fixture
def town(built_town: Path, tmp_path: Path) -> Iterator[Town]:
    made = open_sessions(f"sqlite:///{shutil.copy(built_town, tmp_path / 'anhu.db')}")
    with open_town(made) as opened:
        yield opened
    close_sessions(made)


@pytest.fixture
def big_town(postgres_copy: Callable[[Callable[[str], None]], str]) -> Iterator[Town]:
    """The same on PostgreSQL."""
    made = open_sessions(postgres_copy(_fill))
    with open_town(made) as opened:
        yield opened
    close_sessions(made)


@pytest.fixture
def street(town: Town) -> Town:
    """Desk and team with webhooks, a daughter with SMS, a son who is called, a chief with WeCom."""
    town.given(desk="webhook", team="webhook", daughter="SMS", son="call", chief="WeCom")
    return town
