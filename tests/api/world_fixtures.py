"""The API's world, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anhu.contract.clock import ManualClock
from anhu.registry.database import close_sessions, open_sessions
from tests.api.world import NOW_MS, World, build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the world in it, to copy from."""
    path = tmp_path_factory.mktemp("world") / "anhu.db"
    _fill(f"sqlite:///{path}")
    return path


@pytest.fixture
def world(built: Path, tmp_path: Path) -> Iterator[World]:
    made = open_sessions(f"sqlite:///{shutil.copy(built, tmp_path / 'anhu.db')}")
    yield World(made, ManualClock(NOW_MS))
    close_sessions(made)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "sqlite":
        yield request.getfixturevalue("world")
        return
    copy_of: Callable[[Callable[[str], None]], str] = request.getfixturevalue("postgres_copy")
    made = open_sessions(copy_of(_fill))
    yield World(made, ManualClock(NOW_MS))
    close_sessions(made)


def _fill(url: str) -> None:
    made = open_sessions(url)
    build(made)
    close_sessions(made)
