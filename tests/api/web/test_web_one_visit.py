"""One look at somebody's data is one visit: one reading, one check who may see it, one line in the audit."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, QueuePool, event, text

from anhu.contract.clock import HOUR_MS
from anhu.registry.database import engine_of
from anhu.registry.tables import Audit
from ingest.store.port import StoreQuery
from tests.api.web.scene import PASSWORD, Scene, make_scene, record_fall, tell_somebody
from tests.api.web.serving import served

SEEN_BY = re.compile(r"\bresident(_\d+)?\.centre_id = ")
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
            "checks": sum(SEEN_BY.search(one) is not None for one in self.statements),
            "audit rows": self.beginning("INSERT INTO audit"),
        }


class WatchedStore:
    """The time-series store; at every question it notes how many database connections are in use."""

    def __init__(self, store: StoreQuery, engine: Engine, counted: Counted) -> None:
        self._store = store
        assert isinstance(engine.pool, QueuePool)
        self._pool = engine.pool
        self._counted = counted

    def __getattr__(self, name: str) -> object:
        self._counted.held.append(self._pool.checkedout())
        return getattr(self._store, name)


@dataclass
class WatchedReader:
    """Somebody who looks at pages, while the database is watched."""

    client: httpx.Client
    counted: Counted

    def look(self, path: str) -> tuple[str, Counted]:
        """Look at a page a moment after another one: the menu's count of what waits is as old as that."""
        self.client.get("/account")
        self.counted.statements.clear()
        self.counted.held.clear()
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text, self.counted


@dataclass
class WatchedCentre:
    """A centre with a fall, a night and a racing heart; whoever reads there is watched."""

    scene: Scene
    address: str
    counted: Counted
    ids: dict[str, str]

    @contextmanager
    def reader(self, login: str) -> Iterator[WatchedReader]:
        with httpx.Client(base_url=self.address, trust_env=False) as client:
            answer = client.post("/api/v1/login", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 200
            yield WatchedReader(client, self.counted)

    def last_audit(self, how_many: int) -> list[tuple[str, str, str]]:
        with self.scene.sessions() as session:
            rows = session.query(Audit).order_by(Audit.id.desc()).limit(how_many).all()
        return [(row.action, row.resident_id, row.object_id) for row in reversed(rows)]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedCentre]:
    now_ms = time.time_ns() // 1_000_000
    scene = make_scene(tmp_path_factory.mktemp("visits"), now_ms)
    fall = record_fall(scene, "r-1", now_ms=now_ms)
    tell_somebody(scene, fall, now_ms=now_ms)
    an_hour_ago = {"start_ms": now_ms - HOUR_MS, "end_ms": now_ms}
    heart = scene.raise_alert("r-3", "heart_rate_high", now_ms=now_ms, quantity="heart_rate", **an_hour_ago)
    night = scene.raise_alert("r-4", "bed_exit", now_ms=now_ms, device_id="home-4", **an_hour_ago)
    counted = Counted()
    engine = engine_of(scene.sessions)

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        counted.statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    watched: Any = WatchedStore(scene.store, engine, counted)
    with served(replace(scene, store=watched)) as address:
        yield WatchedCentre(scene, address, counted, {"fall": fall, "heart": heart, "night": night})
    scene.close()


def one_visit(checks: int = 1) -> dict[str, int]:
    """Who asks, what is read, what goes on record: three transactions, and only the last one takes the write lock."""
    return {"transactions": 3, "write locks": 1, "checks": checks, "audit rows": 1}


@pytest.mark.parametrize(
    ("path", "action", "resident", "questions"),
    [
        ("/residents/r-1", "resident.page", "r-1", 2),
        ("/residents/r-1/chart.json?quantity=heart_rate", "resident.chart", "r-1", 2),
        ("/residents/r-1/chart.json?quantity=pressure&range=90d", "resident.chart", "r-1", 3),
        ("/desk/alerts/{fall}", "alert.page", "r-1", 2),
        ("/desk/alerts/{night}", "alert.page", "r-4", 3),
        ("/desk/alerts/{fall}/waveform.json", "alert.waveform", "r-1", 1),
        ("/desk/alerts/{heart}/trend.json", "alert.chart", "r-3", 1),
        ("/api/v1/residents/r-1", "resident.read", "r-1", 0),
        ("/api/v1/residents/r-1/latest", "observation.latest", "r-1", 1),
        ("/api/v1/residents/r-1/limits", "limit.list", "r-1", 0),
        ("/api/v1/alerts/{fall}", "alert.read", "r-1", 0),
        ("/api/v1/alerts/{fall}/history", "alert.history", "r-1", 0),
        ("/api/v1/alerts/{fall}/notifications", "alert.notifications", "r-1", 0),
        ("/api/v1/devices/watch-1", "device.read", "r-1", 0),
    ],
)
def test_a_look_at_one_resident_is_one_visit(
    centre: WatchedCentre, path: str, action: str, resident: str, questions: int
) -> None:
    with centre.reader("desk") as desk:
        _, counted = desk.look(path.format(**centre.ids))
    assert counted.figures == one_visit()
    assert counted.held == [0] * questions, "the store is asked when nothing of the database is held"
    ((said, whose, _),) = centre.last_audit(1)
    assert (said, whose) == (action, resident)


@pytest.mark.parametrize(
    ("path", "action", "checks"),
    [
        ("/desk", "alert.list", 2),
        ("/desk/queue?show=today", "alert.list", 3),
        ("/residents", "resident.list", 3),
        ("/residents?q=r-1", "resident.list", 4),
        ("/devices", "device.list", 2),
        ("/api/v1/alerts", "alert.list", 1),
        ("/api/v1/residents", "resident.list", 1),
        ("/api/v1/latest", "observation.latest", 1),
    ],
)
def test_a_list_is_one_visit_and_each_of_its_counts_is_filtered(
    centre: WatchedCentre, path: str, action: str, checks: int
) -> None:
    with centre.reader("desk") as desk:
        _, counted = desk.look(path)
    assert counted.figures == one_visit(checks)
    assert set(counted.held) <= {0}
    assert centre.last_audit(1) == [(action, "", "")]


def test_the_desk_with_an_alarm_picked_is_two_looks(centre: WatchedCentre) -> None:
    fall = centre.ids["fall"]
    with centre.reader("desk") as desk:
        _, counted = desk.look(f"/desk?alert={fall}")
    assert counted.figures == {"transactions": 5, "write locks": 2, "checks": 3, "audit rows": 2}
    assert centre.last_audit(2) == [("alert.list", "", ""), ("alert.page", "r-1", fall)]


def test_the_familys_page_is_one_visit(centre: WatchedCentre) -> None:
    with centre.reader("family") as family:
        page, counted = family.look("/residents/r-1")
    assert "王秀英" in page
    assert counted.figures == one_visit(checks=0), "a relative's residents are found by their links"
    assert sum("family_link.user_id = " in one for one in counted.statements) == 1
    assert centre.last_audit(1) == [("resident.page", "r-1", "")]


def test_every_chart_of_a_page_is_one_visit(centre: WatchedCentre) -> None:
    with centre.reader("desk") as desk:
        page, _ = desk.look("/residents/r-1?range=7d")
        charts = [html.unescape(path) for path in re.findall(r'data-chart="([^"]+)"', page)]
        assert len(charts) == 4
        for path in charts:
            _, counted = desk.look(path)
            assert counted.figures == one_visit(), path
            assert set(counted.held) == {0}, path


@pytest.mark.parametrize("path", ["/residents/r-9", "/residents/r-9/chart.json?quantity=spo2", "/desk/alerts/a-9"])
def test_what_is_refused_is_not_read_and_leaves_no_line(centre: WatchedCentre, path: str) -> None:
    with centre.reader("desk") as desk:
        before = centre.last_audit(1)
        centre.counted.statements.clear()
        centre.counted.held.clear()
        assert desk.client.get(path).status_code == 404
    assert centre.counted.figures == {"transactions": 2, "write locks": 0, "checks": 1, "audit rows": 0}
    assert centre.counted.held == []
    assert centre.last_audit(1) == before


@pytest.mark.parametrize("path", ["/residents/r-1", "/residents/r-1/chart.json?quantity=spo2", "/desk", "/residents"])
def test_nothing_is_shown_while_the_audit_cannot_be_written(centre: WatchedCentre, path: str) -> None:
    sessions = centre.scene.sessions
    with centre.reader("desk") as desk:
        with sessions.begin() as session:
            refuse = "BEGIN SELECT RAISE(ABORT, 'no audit'); END"
            session.execute(text(f"CREATE TRIGGER no_audit BEFORE INSERT ON audit {refuse}"))
        try:
            centre.counted.held.clear()
            answer = desk.client.get(path)
        finally:
            with sessions.begin() as session:
                session.execute(text("DROP TRIGGER no_audit"))
    assert answer.status_code == 500
    assert "王秀英" not in answer.text
    assert centre.counted.held == [], "the store is not even asked"
