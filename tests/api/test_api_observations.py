"""What was measured, over HTTP, from the real embedded store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.port import Point, StoreUnavailableError
from tests.api.world import Site, World, serve


def test_the_newest_value_of_each_quantity(site: Site) -> None:
    with site.program("desk") as desk:
        (one,) = desk.get("/api/v1/residents/r-ours/latest").json()
        assert (one["quantity"], one["value"], one["unit"], one["title_zh"]) == ("heart_rate", 119.0, "/min", "心率")
        assert one["observed_at"] == "2026-11-23T04:00:00.000Z"
        everybody = desk.get("/api/v1/latest").json()["items"]
        assert everybody == [{"resident_id": "r-ours", "latest": [one]}]


def test_numbers_in_a_range(site: Site) -> None:
    with site.program("family") as family:
        path = "/api/v1/residents/r-ours/observations"
        series = family.get(path, params={"quantity": "heart_rate"}).json()
        assert (len(series["points"]), series["complete"], series["unit"]) == (60, True, "/min")
        params = {"quantity": "heart_rate", "since": "2026-11-23T03:30:00Z", "until": "2026-11-23T03:32:00Z"}
        series = family.get(path, params=params).json()
        assert [point["value"] for point in series["points"]] == [89.0, 90.0]
        series = family.get(path, params={"quantity": "heart_rate", "limit": 10}).json()
        assert (len(series["points"]), series["complete"]) == (10, False)


def test_buckets(site: Site) -> None:
    with site.program("team") as team:
        params: dict[str, str | int] = {"quantity": "heart_rate", "bucket_s": 1800}
        series = team.get("/api/v1/residents/r-ours/buckets", params=params).json()
        assert [(b["start"][11:16], b["low"], b["high"], b["samples"]) for b in series["buckets"]] == [
            ("03:00", 60.0, 88.0, 29),
            ("03:30", 89.0, 118.0, 30),
            ("04:00", 119.0, 119.0, 1),
        ]


def test_events_and_waveforms(site: Site) -> None:
    with site.program("desk") as desk:
        (event,) = desk.get("/api/v1/residents/r-ours/events").json()
        assert (event["kind"], event["state"], event["attributes"]) == ("sos", "on", {"room": "bathroom"})
        params = {"quantity": "acceleration"}
        (wave,) = desk.get("/api/v1/residents/r-ours/waveforms", params=params).json()
        assert (wave["channels"], wave["sampling_rate_hz"], wave["position"]) == (["x", "y", "z"], 50.0, "waist")
        assert wave["samples"] == [[0.0, 3.0], [0.0, None], [1.0, 1.0]]


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("observations", {}, "query.quantity"),
        ("observations", {"quantity": "happiness"}, "query.quantity"),
        ("observations", {"quantity": "ecg"}, "query.quantity"),
        ("waveforms", {"quantity": "spo2"}, "query.quantity"),
        ("buckets", {"quantity": "spo2", "bucket_s": "1"}, "query.bucket_s"),
        ("observations", {"quantity": "spo2", "since": "2026-11-24T00:00:00Z"}, "query.since"),
    ],
)
def test_a_wrong_question_is_told_so(site: Site, path: str, params: dict[str, str], field: str) -> None:
    with site.program("desk") as desk:
        answer = desk.get(f"/api/v1/residents/r-ours/{path}", params=params)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


class Away(SqliteStoreQuery):
    """A store that cannot answer."""

    def __init__(self) -> None:
        pass

    def latest(self, resident_ids: Sequence[str]) -> dict[str, dict[str, Point]]:
        raise StoreUnavailableError(f"influxd http://secret:token@db refused {resident_ids}")

    def ping(self) -> str:
        raise StoreUnavailableError("away")


@pytest.fixture
def without_store(world: World) -> Iterator[Site]:
    with serve(world, Away()) as served:
        yield served


def test_a_store_that_is_away_stops_no_alert(without_store: Site) -> None:
    alert = without_store.world.raise_alert("r-ours")
    with without_store.program("desk") as desk:
        answer = desk.get("/api/v1/residents/r-ours/latest")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "secret" not in answer.text
        assert desk.post(f"/api/v1/alerts/{alert}/acknowledge").status_code == 200
        platform = desk.get("/api/v1/platform").json()
        assert (platform["store"], platform["open_alerts"], platform["unanswered_high"]) == ("", 1, 0)
