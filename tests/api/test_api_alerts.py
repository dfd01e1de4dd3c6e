"""The queue and its answers, over HTTP, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.tables import Escalation
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.tables import Audit
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import NOW_MS, Site, World, serve


@pytest.fixture
def either(either_world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(either_world, store) as served:
        yield served


def test_a_fall_is_answered_step_by_step(either: Site) -> None:
    either.world.contact("https://clinic.example/hook")
    alert = either.world.raise_alert("r-ours")
    with either.program("desk") as desk, either.program("team") as team:
        shown = desk.get(f"/api/v1/alerts/{alert}").json()
        assert (shown["kind"], shown["priority"], shown["response"]) == ("fall", "high", "unacked")
        assert (shown["title_zh"], shown["resident_name"]) == ("跌倒", "张小三")
        assert shown["raised_at"] == "2026-11-23T04:00:00.000Z"
        assert shown["evidence"]["features"] == {"peak_g": 3.4}
        for step, response in (
            ("acknowledge", "acknowledged"),
            ("on-the-way", "on_the_way"),
            ("on-scene", "on_scene"),
        ):
            either.world.clock.forward(1_000)
            answer = desk.post(f"/api/v1/alerts/{alert}/{step}", json={"note": f"note {step}"})
            assert (answer.status_code, answer.json()["response"]) == (200, response)
        assert team.post(f"/api/v1/alerts/{alert}/comment", json={"text": "hip, 120 called"}).status_code == 200
        closed = team.post(f"/api/v1/alerts/{alert}/close", json={"outcome": "true", "note": "hospital"}).json()
        assert (closed["is_open"], closed["outcome"], closed["assignee"]) == (False, "true", "u-team")
        history = desk.get(f"/api/v1/alerts/{alert}/history").json()
    told = [(line["what"], line["actor_name"], line["text"]) for line in history]
    assert told == [
        ("raised", "", ""),
        ("acknowledged", "the desk", "note acknowledge"),
        ("on_the_way", "the desk", "note on-the-way"),
        ("on_scene", "the desk", "note on-scene"),
        ("comment", "the team", "hip, 120 called"),
        ("closed", "the team", "hospital"),
    ]
    with either.world.sessions() as session:
        assert session.query(Escalation).count() == 0
        assert [row.state for row in session.query(Outbox)] == ["cancelled"]


def test_the_second_to_answer_is_told_who_was_first(either: Site) -> None:
    alert = either.world.raise_alert("r-ours")
    with either.program("desk") as desk, either.program("team") as team:
        assert desk.post(f"/api/v1/alerts/{alert}/acknowledge").status_code == 200
        late = team.post(f"/api/v1/alerts/{alert}/acknowledge")
        assert late.status_code == 409
        assert late.headers["content-type"] == "application/problem+json"
        assert "acknowledged by u-desk" in late.json()["detail"]
        desk.post(f"/api/v1/alerts/{alert}/close", json={"outcome": "false"})
        assert desk.post(f"/api/v1/alerts/{alert}/on-the-way").status_code == 409


@pytest.mark.parametrize("outcome", ["resolved", "maybe", ""])
def test_an_outcome_is_a_persons_word(site: Site, outcome: str) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.program("desk") as desk:
        answer = desk.post(f"/api/v1/alerts/{alert}/close", json={"outcome": outcome})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].endswith("outcome")


def raise_many(world: World) -> list[str]:
    """Raise one alert of each kind a minute apart; return them in working order."""
    made = []
    for kind in ("battery_low", "spo2_low", "fall", "water_leak", "sos", "smoke"):
        made.append((kind, world.raise_alert("r-ours", kind)))
        world.clock.forward(MINUTE_MS)
    order = ["fall", "sos", "smoke", "spo2_low", "water_leak", "battery_low"]
    return [dict(made)[kind] for kind in order]


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 200])
def test_pages_join_without_hole_or_double(either_world: World, store: SqliteStoreQuery, limit: int) -> None:
    expected = raise_many(either_world)
    with serve(either_world, store) as site, site.program("desk") as desk:
        seen, cursor = [], ""
        while cursor is not None:
            page = desk.get("/api/v1/alerts", params={"limit": limit, "cursor": cursor}).json()
            seen += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
        assert seen == expected
        seen, cursor = [], ""
        while cursor is not None:
            params = {"limit": limit, "cursor": cursor, "order": "newest"}
            page = desk.get("/api/v1/alerts", params=params).json()
            seen += [one["raised_at"] for one in page["items"]]
            cursor = page["next_cursor"]
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == 6


def test_filters(site: Site) -> None:
    raise_many(site.world)
    with site.program("desk") as desk:

        def kinds(**params: str) -> list[str]:
            return [one["kind"] for one in desk.get("/api/v1/alerts", params=params).json()["items"]]

        assert kinds(kind="sos") == ["sos"]
        assert kinds(min_priority="high") == ["fall", "sos", "smoke"]
        assert kinds(since="2026-11-23T04:04:00Z") == ["sos", "smoke"]
        assert kinds(since="2026-11-23T12:04:00+08:00") == ["sos", "smoke"]
        assert kinds(until="2026-11-23T04:01:00Z") == ["battery_low"]
        assert kinds(response="acknowledged") == []
        assert kinds(open="false") == []
        assert len(kinds(open="true", centre_id="ours", team_id="ours", resident_id="r-ours")) == 6
        assert kinds(centre_id="theirs") == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "201"}, "query.limit"),
        ({"cursor": "nonsense"}, "query.cursor"),
        ({"cursor": "WyJhIl0"}, "query.cursor"),
        ({"since": "yesterday"}, "query.since"),
        ({"since": "2026-11-23T04:04:00"}, "query.since"),
        ({"min_priority": "urgent"}, "query.min_priority"),
        ({"order": "random"}, "query.order"),
    ],
)
def test_a_wrong_question_names_field_value_and_what_was_expected(
    site: Site, params: dict[str, str], field: str
) -> None:
    with site.program("desk") as desk:
        answer = desk.get("/api/v1/alerts", params=params)
        problem = answer.json()
        assert (answer.status_code, problem["status"]) == (422, 422)
        assert answer.headers["content-type"] == "application/problem+json"
        (error,) = problem["errors"]
        assert error["field"] == field
        assert next(iter(params.values())) in error["value"]
        assert error["expected"]


def test_notifications_show_what_became_of_each_without_its_address(site: Site) -> None:
    site.world.contact("https://clinic.example/hook?key=hush")
    alert = site.world.raise_alert("r-ours")
    with site.program("desk") as desk:
        answer = desk.get(f"/api/v1/alerts/{alert}/notifications")
        (message,) = answer.json()
        assert (message["channel"], message["state"], message["reason"]) == ("webhook", "pending", "raised")
        assert "hush" not in answer.text
        assert "signing-secret" not in answer.text


def test_every_read_and_write_is_on_record(site: Site) -> None:
    alert = site.world.raise_alert("r-ours", priority=Priority.HIGH)
    with site.program("desk") as desk:
        desk.get("/api/v1/alerts")
        desk.get(f"/api/v1/alerts/{alert}")
        desk.get(f"/api/v1/alerts/{alert}/history")
        desk.post(f"/api/v1/alerts/{alert}/acknowledge")
        desk.get("/api/v1/residents/r-ours")
        desk.get("/api/v1/residents/r-ours/latest")
        desk.get("/api/v1/residents/r-ours/observations", params={"quantity": "heart_rate"})
    with site.world.sessions() as session:
        rows = session.query(Audit).order_by(Audit.id).all()
    assert [(row.action, row.resident_id) for row in rows] == [
        ("alert.list", ""),
        ("alert.read", "r-ours"),
        ("alert.history", "r-ours"),
        ("alert.acknowledge", "r-ours"),
        ("resident.read", "r-ours"),
        ("observation.latest", "r-ours"),
        ("observation.points", "r-ours"),
    ]
    assert rows[0].detail == {"residents": ["r-ours"]}
    assert {(row.user_id, row.address, row.at_ms) for row in rows} == {("u-desk", "127.0.0.1", NOW_MS)}
    with site.program("admin") as admin:
        page = admin.get("/api/v1/audit", params={"resident_id": "r-ours", "limit": 2}).json()
        assert [one["action"] for one in page["items"]] == ["observation.points", "observation.latest"]
        assert page["next_cursor"]
