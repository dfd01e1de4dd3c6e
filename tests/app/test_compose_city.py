from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

import app
from app.cli.run import NAMES
from app.county_settings import Counties, read_counties
from app.settings import Settings, from_environment
from tests.services.compose import compose_config

TOP = Path(app.__file__).parents[1]
NEEDED = {
    "POSTGRES_PASSWORD": "p1",
    "INFLUXDB_TOKEN": "t2",
    "INFLUXDB_PASSWORD": "p3",
    "IDENTITY_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "WEB_PUSH_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    "ANHU_PUBLIC_URL": "https://anhu.example.org",
    "TLS_FOLDER": "/etc/anhu/tls",
}
OURS = set(NAMES) - {"demo"}
ONCE = {"migrate", "create-log"}
_CLOSES_S = 30
"""A door's end, after its devices went. [s]"""
NO_DIGEST = {"apache/kafka:4.1.1", "haproxy:3.2-alpine"}
"""Their digests could not be asked of a registry yet."""


def _config(given: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return compose_config(TOP / "compose.city.yml", given)


@cache
def _whole() -> dict[str, Any]:
    config = _config(NEEDED)
    assert config.returncode == 0, config.stderr
    whole: dict[str, Any] = yaml.safe_load(config.stdout)
    return whole


def _services() -> dict[str, Any]:
    services: dict[str, Any] = _whole()["services"]
    return services


@pytest.mark.parametrize("name", NEEDED)
def test_nothing_that_must_be_chosen_has_a_default(name: str) -> None:
    config = _config({other: text for other, text in NEEDED.items() if other != name})
    assert config.returncode != 0
    assert f"set {name} in .env" in config.stderr


def test_the_example_names_all_that_must_be_chosen_and_gives_none() -> None:
    lines = (TOP / "app/compose/city/example.env").read_text("utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {name: given[name] for name in NEEDED} == dict.fromkeys(NEEDED, "")


def test_two_of_each_process_and_of_each_engine_what_it_takes() -> None:
    services = _services()
    engines = {"kafka-1", "kafka-2", "kafka-3", "influxdb-1", "influxdb-2", "postgres", "balancer"}
    assert set(services) == {*engines, *OURS, *ONCE}
    twice = {name for name, one in services.items() if one.get("deploy", {}).get("replicas") == 2}
    assert twice == OURS - {"watcher"}


def _mounted(name: str) -> dict[str, str]:
    """Return target -> source of what a process is given to read."""
    given = [v if isinstance(v, str) else f"{v['source']}:{v['target']}" for v in _services()[name].get("volumes", [])]
    return {target: source for source, target, *_ in (one.split(":") for one in given)}


def _settings(name: str) -> Settings:
    """Return what a process makes of what it is told; a file is read where it lies here."""
    given = {key: str(value) for key, value in _services()[name]["environment"].items()}
    return from_environment({key: _mounted(name).get(value, value) for key, value in given.items()})


def test_anhu_accepts_what_each_process_is_told() -> None:
    for name in OURS:
        assert _settings(name).health_port == 9100, name


def test_both_stores_of_series_have_counties() -> None:
    stores = {"influxdb-1", "influxdb-2"}
    for name in ("ingest", "api"):
        settings = _settings(name)
        counties = read_counties(settings.influxdb_file)
        assert counties is not None
        assert {urlsplit(settings.influxdb_url).hostname, *_hosts(counties)} == stores
        assert counties.store_of


def _hosts(counties: Counties) -> set[str | None]:
    return {urlsplit(one.url).hostname for one in counties.stores.values()}


def test_the_heartbeat_goes_through_the_balancer_and_is_called_back_on_its_own_machine() -> None:
    for name in ("watcher", "api"):
        assert _settings(name).device_door == "mqtts://balancer:8883", name
        assert _services()[name]["environment"]["ANHU_TLS_CERTIFICATE"] in _mounted(name), "and not its key"
    phones = [_settings(name).channels["loopback"] for name in ("watcher", "dispatcher")]
    assert {one.loopback_url for one in phones} == {"http://watcher:9101"}
    assert phones[0].loopback_host == "0.0.0.0"  # noqa: S104 - of its container
    assert set(_services()["watcher"]["networks"]) & set(_services()["dispatcher"]["networks"])


def test_a_door_that_ends_has_time_to_send_its_devices_away() -> None:
    settings, grace = _settings("gateway"), _services()["gateway"]["stop_grace_period"]
    assert settings.door, "whose devices the other door takes over"
    assert settings.drain_s > 0
    minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", grace).groups()  # type: ignore[union-attr]
    assert int(minutes or 0) * 60 + int(seconds or 0) >= settings.drain_s + _CLOSES_S


def test_an_acknowledged_message_is_on_two_brokers() -> None:
    for name in ("kafka-1", "kafka-2", "kafka-3"):
        said = {key: str(value) for key, value in _services()[name]["environment"].items()}
        assert said["KAFKA_DEFAULT_REPLICATION_FACTOR"] == "3"
        assert said["KAFKA_MIN_INSYNC_REPLICAS"] == "2"
        assert said["KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE"] == "false"
        assert said["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
        assert said["KAFKA_NODE_ID"] == name.removeprefix("kafka-")


def test_each_engine_keeps_what_it_has_in_a_volume_of_its_own() -> None:
    volumes = [v for name, one in _services().items() for v in one.get("volumes", []) if name not in OURS]
    sources = [v["source"] if isinstance(v, dict) else v.split(":")[0] for v in volumes]
    kept = [source for source in sources if not source.startswith(("/", "."))]
    assert sorted(kept) == ["influxdb-1", "influxdb-2", "kafka-1", "kafka-2", "kafka-3", "postgres"]


def test_only_the_balancer_is_published_and_what_has_no_tls_for_this_machine_only() -> None:
    ports = {name: [str(p) for p in one["ports"]] for name, one in _services().items() if one.get("ports")}
    assert set(ports) == {"balancer"}
    outside = {re.sub(r"/tcp$", "", p).rpartition(":")[2] for p in ports["balancer"] if "127.0.0.1" not in p}
    assert outside == {"8443", "8883"}


def test_who_has_no_business_with_each_other_does_not_meet() -> None:
    met = {
        network: {name for name, one in _services().items() if network in one["networks"]}
        for network in _whole()["networks"]
    }
    readers = {"gateway", "ingest", "alerts", "api"}
    assert met == {
        "outside": {"balancer", "dispatcher", "watcher"},
        "doors": {"balancer", "gateway", "api", "watcher"},
        "log": {"kafka-1", "kafka-2", "kafka-3", "create-log", *readers},
        "readings": {"influxdb-1", "influxdb-2", "ingest", "api"},
        "records": {"postgres", "migrate", *OURS},
    }
    assert {n for n, one in _whole()["networks"].items() if one.get("internal")} == set(met) - {"outside"}


def test_no_service_may_more_than_it_needs() -> None:
    for one in _services().values():
        assert one["pids_limit"] > 0
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert not one.get("privileged")
    assert all(_services()[name]["read_only"] for name in OURS)


def test_an_image_is_named_by_its_digest() -> None:
    images = {one["image"] for name, one in _services().items() if name not in {*OURS, *ONCE}}
    by_digest = {image for image in images if re.fullmatch(r"[a-z/-]+:[\w.-]+@sha256:[0-9a-f]{64}", image)}
    assert images - by_digest == NO_DIGEST
