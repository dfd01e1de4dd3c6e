"""The API's world, on SQLite and on PostgreSQL, and the API itself behind a real port."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from alerts.database import close_sessions, open_sessions
from gateway.contract.clock import ManualClock
from gateway.contract.observation import Event, Scalar, waveform_from_array
from ingest.store.port import StoredReading
from ingest.store.sqlite import SqliteStoreWriter
from ingest.store.sqlite_query import SqliteStoreQuery
from tests.api.world import NOW_MS, Site, World, build, serve


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the world in it, to copy from."""
    path = tmp_path_factory.mktemp("world") / "anhu.db"
    made = open_sessions(f"sqlite:///{path}")
    build(made)
    close_sessions(made)
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
    new_database: Callable[[], str] = request.getfixturevalue("postgres_database")
    made = open_sessions(new_database())
    yield build(made)
    close_sessions(made)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStoreQuery]:
    """An hour of our resident's heart rate, an SOS, and a waveform."""
    writer = SqliteStoreWriter(tmp_path / "store.db")
    beats = tuple(Scalar("heart_rate", 60.0 + n, NOW_MS - (59 - n) * 60_000) for n in range(60))
    fall = waveform_from_array(
        "acceleration",
        np.array([[0.0, 0.0, 1.0], [3.0, np.nan, 1.0]]),
        observed_at_ms=NOW_MS - 5_000,
        sampling_rate_hz=50.0,
        channels=("x", "y", "z"),
        position="waist",
    )
    event = Event("sos", NOW_MS - 10_000, attributes={"room": "bathroom"})
    for side in ("ours", "theirs"):
        result = writer.write([StoredReading(f"r-{side}", f"watch-{side}", NOW_MS, (*beats, event, fall))])
        assert not result.rejected
        assert result.retry_after_s is None
    query = SqliteStoreQuery(tmp_path / "store.db")
    yield query
    query.close()
    writer.close()


@pytest.fixture
def site(world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(world, store) as served:
        yield served
