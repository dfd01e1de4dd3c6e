"""One look at somebody's data is one visit: one reading, one check who may see it, one line in the audit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event

from tests.api.web.episodes import poorly
from tests.api.web.scene import PASSWORD, Scene, make_scene, record_fall, tell_somebody
from tests.api.web.serving import served

SEEN_BY = "resident.centre_id = "
"""What `api.security.visibility` adds to a statement of somebody who works at a desk."""


@dataclass
class Counted:
    """What one request did to the database, and what it held while it asked the time-series store."""

    statements: list[str] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    def beginning(self, with_what: str) -> int:
        return sum(one.startswith(with_what) for one in self.statements)

    @property
    def figures(self) -> dict[str, int]:
        return {
            "transactions": self.beginning("BEGIN"),
            "write locks": self.beginning("BEGIN IMMEDIATE"),
            "checks": sum(SEEN_BY in one for one in self.statements),
            "audit rows": self.beginning("INSERT INTO audit"),
        }


class WatchedStore:
    """The time-series store; at every question it notes how many database connections are in use."""

    def __init__(self, store: Any, engine: Engine, counted: Counted) -> None:
        self._store = store
        self._engine = engine
        self._counted = counted

    def __getattr__(self, name: str) -> Any:
        self._counted.held.append(self._engine.pool.checkedout())
        return getattr(self._store, name)


@dataclass
class Desk:
    """Somebody at the desk, one fall with its signal, one score with its chart."""

    client: httpx.Client
    counted: Counted
    scene: Scene
    fall: str
    score: str
    heart: str

    def look(self, path: str) -> Counted:
        self.counted.statements.clear()
        self.counted.held.clear()
        answer = self.client.get(path.format(fall=self.fall, score=self.score, heart=self.heart))
        assert answer.status_code == 200, answer.text
        return self.counted


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("visits")
    now_ms = time.time_ns() // 1_000_000
    scene = make_scene(folder, now_ms)
    fall = record_fall(scene, "r-1", now_ms=now_ms)
    tell_somebody(scene, fall, now_ms=now_ms)
    score = scene.raise_alert(
        "r-4", "bed_exit", now_ms=now_ms, device_id="home-4", start_ms=now_ms - 3_600_000, end_ms=now_ms
    )
    heart = scene.raise_alert(
        "r-3",
        "heart_rate_high",
        now_ms=now_ms,
        features={"heart_rate_bpm": 140.0},
        limits={"heart_rate_bpm": 120.0},
        quantity="heart_rate",
        start_ms=now_ms - 600_000,
        end_ms=now_ms,
    )
    counted = Counted()
    engine: Engine = scene.sessions.kw["bind"]

    def note(_c: object, _k: object, statement: str, *_more: object) -> None:
        counted.statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    watched: Any = WatchedStore(scene.store, engine, counted)
    with served(replace(scene, store=watched)) as address, httpx.Client(base_url=address, trust_env=False) as client:
        login = client.post("/api/v1/login", json={"login": "desk", "password": PASSWORD})
        assert login.status_code == 200
        yield Desk(client, counted, scene, fall, score, heart)
    scene.close()


LOOKS = [
    "/residents/r-1",
    "/residents/r-1/chart.json?quantity=heart_rate",
    "/residents/r-1/chart.json?quantity=pressure",
    "/desk/alerts/{fall}",
    "/desk/alerts/{score}",
    "/desk/alerts/{fall}/waveform.json",
    "/desk/alerts/{heart}/trend.json",
    "/desk",
    "/desk?alert={fall}",
    "/desk/queue",
    "/residents",
    "/devices",
]


@pytest.mark.parametrize("path", LOOKS)
def test_a(desk: Desk, path: str) -> None:
    c = desk.look(path)
    print("FIG", path, c.figures, "held", c.held)
