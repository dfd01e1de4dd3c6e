"""What InfluxDB may answer, and what becomes of the batch: a real server, a fake one for what that rarely says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from anhu.contract.observation import Event, Scalar
from ingest.store.influxdb.writer import InfluxSettings, InfluxStoreQuery, InfluxStoreWriter
from ingest.store.port import PlatformRow, Range, StoredReading, StoreUnavailableError, WriteResult
from tests.services.influxdb import Influxd, InfluxDB

NOW_MS = 1_795_300_000_000
EVER = Range(0, 2 * NOW_MS)
Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (204, {}, b"")


def reading(n: int, value: float = 70.0) -> StoredReading:
    at_ms = NOW_MS + n
    return StoredReading("r-1", f"dev-{n}", at_ms, (Scalar("heart_rate", value, at_ms),))


def settings_of(server: InfluxDB, **other: str) -> InfluxSettings:
    given = {"url": server.url, "org": server.org, "token": server.token, "bucket": ""} | other
    given["bucket"] = given["bucket"] or server.new_bucket()
    return InfluxSettings(url=given["url"], org=given["org"], token=given["token"], bucket=given["bucket"])


@contextmanager
def writing(settings: InfluxSettings) -> Iterator[InfluxStoreWriter]:
    writer = InfluxStoreWriter(settings)
    try:
        yield writer
    finally:
        writer.close()


@contextmanager
def asking(settings: InfluxSettings) -> Iterator[InfluxStoreQuery]:
    query = InfluxStoreQuery(settings)
    try:
        yield query
    finally:
        query.close()


def stored(settings: InfluxSettings) -> int:
    with asking(settings) as query:
        return len(query.points("r-1", "heart_rate", EVER))


def test_readings_the_server_refuses_are_found_among_good_ones(influxdb: InfluxDB) -> None:
    settings = settings_of(influxdb)
    with writing(settings) as writer:
        write_raw(settings, f'event,resident=r-1,device=dev-3,kind=fall state="text" {NOW_MS}\n')
        event = Event("fall", NOW_MS)
        bad = StoredReading("r-1", "dev-3", NOW_MS, (event,))  # the field exists with another type
        batch = [*(reading(n) for n in range(20)), bad, *(reading(n) for n in range(20, 50))]
        result = writer.write(batch)
    assert result.retry_after_s is None
    ((refused, reason),) = result.rejected
    assert refused is bad
    assert "type" in reason
    assert stored(settings) == 50


def write_raw(settings: InfluxSettings, lines: str) -> None:
    at = {"org": settings.org, "bucket": settings.bucket, "precision": "ms"}
    headers = {"Authorization": f"Token {settings.token}"}
    httpx.post(f"{settings.url}/api/v2/write", params=at, headers=headers, content=lines).raise_for_status()


def test_points_older_than_the_retention_are_rejected_not_retried(influxdb: InfluxDB) -> None:
    settings = settings_of(influxdb)
    headers = {"Authorization": f"Token {settings.token}"}
    with httpx.Client(base_url=settings.url, headers=headers) as client:
        (bucket,) = client.get("/api/v2/buckets", params={"name": settings.bucket}).json()["buckets"]
        rules = {"retentionRules": [{"type": "expire", "everySeconds": 86_400, "shardGroupDurationSeconds": 3_600}]}
        client.patch(f"/api/v2/buckets/{bucket['id']}", json=rules).raise_for_status()
    old = StoredReading("r-1", "dev-1", 1_500_000_000_000, (Scalar("heart_rate", 70.0, 1_500_000_000_000),))
    with writing(settings) as writer:
        result = writer.write([old])
    assert result.retry_after_s is None
    assert [r for r, _ in result.rejected] == [old]


def test_a_wrong_token_and_a_missing_bucket_are_named_and_tried_again(influxdb: InfluxDB) -> None:
    with writing(settings_of(influxdb, token="wrong")) as writer:
        result = writer.write([reading(1)])
        assert result.retry_after_s == 15.0
        assert "token" in result.reason
        assert "wrong" not in result.reason
    with writing(settings_of(influxdb, bucket="none-such")) as writer:
        result = writer.write([reading(1)])
        assert result.retry_after_s == 15.0
        assert "none-such" in result.reason
    with asking(settings_of(influxdb, bucket="none-such")) as query, pytest.raises(StoreUnavailableError, match="none"):
        query.ping()


def test_a_server_that_died_is_tried_again_and_comes_back(own_influxd: Influxd) -> None:
    settings = settings_of(own_influxd)
    with writing(settings) as writer, asking(settings) as query:
        assert writer.write([reading(1)]) == WriteResult(rejected=[])
        own_influxd.process.kill()
        result = writer.write([reading(2)])
        assert result.retry_after_s == 1.0
        assert settings.url in result.reason
        writer.write_platform([PlatformRow("process", NOW_MS, {}, {"records": 1.0})])
        for ask in (query.ping, lambda: query.latest(["r-1"]), lambda: query.points("r-1", "heart_rate", EVER)):
            with pytest.raises(StoreUnavailableError, match="127"):
                ask()
        own_influxd.start()
        assert writer.write([reading(2)]) == WriteResult(rejected=[])
        assert len(query.points("r-1", "heart_rate", EVER)) == 2


@contextmanager
def answering(answer: Callable[[bytes], Answer]) -> Iterator[tuple[InfluxSettings, list[bytes]]]:
    """Run a little server that answers each write as told."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(body := self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, content = answer(body)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield InfluxSettings(url=url, org="o", token="t", bucket="b"), bodies
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "headers", "after_s"),
    [(503, {"Retry-After": "7"}, 7.0), (429, {"Retry-After": "Mon, 23 Nov 2026"}, 1.0), (500, {}, 1.0)],
)
def test_an_overloaded_server_says_when_to_come_back(status: int, headers: dict[str, str], after_s: float) -> None:
    with answering(lambda _: (status, headers, b"busy")) as (settings, _), writing(settings) as writer:
        result = writer.write([reading(1), reading(2)])
    assert result.retry_after_s == after_s
    assert str(status) in result.reason
    assert not result.rejected


def test_a_batch_that_is_too_large_is_split_until_it_fits() -> None:
    def small_only(body: bytes) -> Answer:
        return OK if body.count(b"\n") <= 3 else (413, {}, b'{"code":"request too large","message":"too large"}')

    with answering(small_only) as (settings, bodies), writing(settings) as writer:
        assert writer.write([reading(n) for n in range(10)]) == WriteResult(rejected=[])
    taken = [line for body in bodies if body.count(b"\n") <= 3 for line in body.splitlines()]
    assert sum(line.startswith(b"reading") for line in taken) == 10


def test_trouble_in_the_middle_of_a_split_keeps_the_whole_batch() -> None:
    def refuse_then_fail(body: bytes) -> Answer:
        return (400, {}, b'{"message":"bad line"}') if body.count(b"reading,") > 1 else (503, {}, b"")

    with answering(refuse_then_fail) as (settings, _), writing(settings) as writer:
        result = writer.write([reading(n) for n in range(4)])
    assert result.retry_after_s is not None
    assert not result.rejected


def test_the_token_is_not_shown() -> None:
    assert "hidden" not in repr(InfluxSettings(url="http://x", org="o", bucket="b", token="hidden"))
