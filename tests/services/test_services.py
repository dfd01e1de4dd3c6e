from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from tests.services import packages
from tests.services.finding import ServiceMissingError, need
from tests.services.influxdb import Influxd, InfluxDB, influxdb_server
from tests.services.mosquitto import Mosquitto
from tests.services.postgres import postgres_server
from tests.services.process import ServiceProcess, free_port


def _client(server: InfluxDB, bucket: str) -> httpx.Client:
    scope = {"org": server.org, "bucket": bucket}
    return httpx.Client(base_url=server.url, params=scope, headers={"Authorization": f"Token {server.token}"})


def _write(server: InfluxDB, bucket: str, line: str) -> None:
    with _client(server, bucket) as client:
        client.post("/api/v2/write", content=line).raise_for_status()


def _count(server: InfluxDB, bucket: str) -> int:
    query = f'from(bucket: "{bucket}") |> range(start: 0) |> count()'
    with _client(server, bucket) as client:
        return client.post("/api/v2/query", json={"query": query}).raise_for_status().text.count("_result")


def test_influxdb_gives_each_who_asks_an_empty_bucket(influxdb: InfluxDB) -> None:
    first, second = influxdb.new_bucket(), influxdb.new_bucket()
    _write(influxdb, first, "reading,resident=r spo2=97 1700000000000000000")
    assert (_count(influxdb, first), _count(influxdb, second)) == (1, 0)


def test_own_influxd_keeps_its_data_over_a_kill(own_influxd: Influxd) -> None:
    bucket = own_influxd.new_bucket()
    _write(own_influxd, bucket, "reading,resident=r spo2=97 1700000000000000000")
    own_influxd.process.kill()
    own_influxd.start()
    assert _count(own_influxd, bucket) == 1


def test_each_postgres_database_is_fresh(postgres_database: Callable[[], str]) -> None:
    for url in (postgres_database(), postgres_database()):
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text("CREATE TABLE resident (name text)"))
            connection.execute(text("INSERT INTO resident VALUES ('王秀英')"))
            assert connection.scalar(text("SELECT name FROM resident")) == "王秀英"


def test_copies_of_a_postgres_database_hold_what_was_filled_in_once(
    postgres_copy: Callable[[Callable[[str], None]], str],
) -> None:
    filled: list[str] = []

    def fill(url: str) -> None:
        filled.append(url)
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text("CREATE TABLE resident (name text)"))

    first, second = postgres_copy(fill), postgres_copy(fill)
    assert len({*filled, first, second}) == 3
    for url in (first, second):
        with create_engine(url, poolclass=NullPool).begin() as connection:
            assert connection.scalar(text("SELECT count(*) FROM resident")) == 0
            connection.execute(text("INSERT INTO resident VALUES ('王秀英')"))


def test_mosquitto_keeps_retained_messages_over_a_restart(mosquitto: Callable[..., Mosquitto]) -> None:
    broker = mosquitto("max_inflight_messages 100")
    address = ["-h", broker.host, "-p", str(broker.port), "-q", "1", "-t", "kept"]
    subprocess.run(["mosquitto_pub", *address, "-r", "-m", "still here"], check=True, timeout=20)
    broker.restart()
    got = subprocess.run(["mosquitto_sub", *address, "-C", "1"], check=True, timeout=20, capture_output=True)
    assert got.stdout == b"still here\n"


def test_chromium_runs(chromium_path: str) -> None:
    got = subprocess.run([chromium_path, "--version"], check=True, timeout=60, capture_output=True)
    assert b"Chrom" in got.stdout


def test_a_missing_service_says_what_to_do() -> None:
    with pytest.raises(ServiceMissingError, match="PostgreSQL is not installed: run `make services`, or name"):
        need(None, "PostgreSQL", variable="ANHU_TEST_POSTGRES_URL")


def test_a_service_that_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such engine')"]
    process = ServiceProcess(command, log=tmp_path / "log", ready=lambda: False)
    with pytest.raises(ServiceMissingError, match="no such engine"):
        process.start()


def test_a_free_port_is_never_one_for_outgoing_connections() -> None:
    range_file = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(range_file.read_text().split()[0]) if range_file.exists() else 49_152
    assert all(1_024 < free_port() < max(lowest, 32_000) for _ in range(20))


def test_what_cannot_be_installed_from_here_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "NEEDS", (packages.Need("a broker", lambda: None, ("mosquitto",)),))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceMissingError, match=r"missing: a broker\. As root: apt-get install mosquitto"):
        packages.install_packages()


def test_a_server_that_is_named_is_used_and_left_clean(influxdb: InfluxDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANHU_TEST_INFLUXDB_URL", influxdb.url)
    with pytest.raises(ServiceMissingError, match="set ANHU_TEST_INFLUXDB_ORG and ANHU_TEST_INFLUXDB_TOKEN too"):
        influxdb_server().__enter__()
    monkeypatch.setenv("ANHU_TEST_INFLUXDB_ORG", influxdb.org)
    monkeypatch.setenv("ANHU_TEST_INFLUXDB_TOKEN", influxdb.token)
    with influxdb_server() as named:
        bucket = named.new_bucket()
        _write(named, bucket, "reading,resident=r spo2=97 1700000000000000000")
    with pytest.raises(httpx.HTTPStatusError):
        _count(influxdb, bucket)


def test_a_named_postgres_is_used_and_left_clean(
    postgres_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = postgres_database()
    monkeypatch.setenv("ANHU_TEST_POSTGRES_URL", admin.replace("+pg8000", ""))
    with postgres_server() as named:
        made = named.new_database()
    with create_engine(admin, poolclass=NullPool).connect() as connection:
        names = set(connection.scalars(text("SELECT datname FROM pg_database")))
    assert make_url(admin).database in names
    assert make_url(made).database not in names
