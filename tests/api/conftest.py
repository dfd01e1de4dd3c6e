"""The API's world, on SQLite and on PostgreSQL, and the API itself behind a real port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from anhu.contract.observation import Event, Scalar, waveform_from_array
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.writer import SqliteStoreWriter
from ingest.store.port import StoredReading
from tests.api.world import NOW_MS, Site, World, serve
from tests.api.world_fixtures import built, either_world, world

__all__ = ["built", "either_world", "world"]


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
