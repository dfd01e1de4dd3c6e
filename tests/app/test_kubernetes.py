from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

import app
from app.cli.run import NAMES
from app.county_settings import read_counties
from app.settings import Settings, from_environment
from tests.services.kustomize_build import built

FOLDER = Path(app.__file__).parent / "kubernetes"
OURS = set(NAMES) - {"demo"}
_CLOSES_S = 30
"""A door's end, after its devices went. [s]"""
CLUSTERS = ("1.31", "1.37")
SECRETS = {"ANHU_DATABASE_URL": "postgresql+pg8000://anhu:x@postgres:5432/anhu", "ANHU_INFLUXDB_TOKEN": "t"}


@cache
def _objects(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(yaml.safe_load_all(built(FOLDER / name)))


def _of(name: str, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in _objects(name) if one["kind"] == kind}


def _pods(name: str) -> dict[str, dict[str, Any]]:
    made = {**_of(name, "Deployment"), **_of(name, "StatefulSet"), **_of(name, "Job")}
    return {one: pod["spec"]["template"]["spec"] for one, pod in made.items()}


def _container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["containers"]
    return dict(only)


@pytest.mark.parametrize("cluster", CLUSTERS)
@pytest.mark.parametrize("name", ["base", "engines", "city"])
def test_every_object_is_one_that_a_cluster_knows(name: str, cluster: str) -> None:
    for one in _objects(name):
        kubernetes_validate.validate(one, cluster, strict=True)


def test_a_misspelt_field_is_found() -> None:
    (first, *_) = _of("base", "Deployment").values()
    wrong = {**first, "spec": {**first["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, CLUSTERS[0], strict=True)


def test_every_process_of_a_city_is_deployed_once_and_by_its_own_name() -> None:
    assert {name: _container(pod)["args"] for name, pod in _pods("base").items()} == {
        **{name: ["run", name] for name in OURS},
        "migrate": ["admin", "migrate"],
        "create-log": ["log", "create"],
    }


def test_what_a_pod_is_told_are_settings_that_anhu_knows(tmp_path: Path) -> None:
    for name in _pods("base"):
        settings = _settings("engines", name, tmp_path)
        assert settings.data
        assert settings.health_port == 9100, name


def _config(name: str, prefix: str) -> dict[str, str]:
    """Return what is in a ConfigMap; one that is generated has its content's digest in its name."""
    (found,) = [one for its, one in _of(name, "ConfigMap").items() if its.startswith(prefix)]
    return dict(found["data"])


def _settings(name: str, process: str, folder: Path) -> Settings:
    """Return what a process makes of what it is told; the counties' file is read from its ConfigMap."""
    pod, file = _pods(name)[process], folder / f"{name}.toml"
    own = {one["name"]: one.get("value", process) for one in _container(pod).get("env", [])}
    if "ANHU_INFLUXDB_FILE" in own:
        (mounted,) = [one["mountPath"] for one in _container(pod)["volumeMounts"] if one["name"] == "counties"]
        file.write_text(_config(name, "anhu-counties")[own["ANHU_INFLUXDB_FILE"].removeprefix(f"{mounted}/")], "utf-8")
        own["ANHU_INFLUXDB_FILE"] = str(file)
    return from_environment({**_config(name, "anhu-settings"), **SECRETS, **own})


@pytest.mark.parametrize("name", ["engines", "city"])
def test_several_stores_of_series_have_counties(name: str, tmp_path: Path) -> None:
    for process in ("ingest", "api"):
        settings = _settings(name, process, tmp_path)
        counties = read_counties(settings.influxdb_file)
        assert counties is not None
        urls = {settings.influxdb_url, *(one.url for one in counties.stores.values())}
        assert len(urls) == 2
        assert all(".example.internal:" in url for url in urls) is (name == "city")


@pytest.mark.parametrize("name", ["engines", "city"])
def test_a_door_that_ends_has_time_to_send_its_devices_away(name: str, tmp_path: Path) -> None:
    settings = _settings(name, "gateway", tmp_path)
    assert settings.door, "whose devices the other doors take over"
    assert settings.drain_s > 0
    assert _pods(name)["gateway"]["terminationGracePeriodSeconds"] >= settings.drain_s + _CLOSES_S
    (own,) = [one for one in _container(_pods(name)["gateway"])["env"] if one["name"] == "ANHU_DOOR"]
    assert own["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"


@pytest.mark.parametrize("name", ["engines", "city"])
def test_the_heartbeat_goes_through_the_balancer_and_is_called_back(name: str, tmp_path: Path) -> None:
    services = _of("engines", "Service")
    for process in ("watcher", "api"):
        settings = _settings(name, process, tmp_path)
        door = urlsplit(settings.device_door)
        assert door.scheme == "mqtts"
        assert settings.tls_certificate == "/tls/tls.crt"
        assert name == "city" or door.port in {one["port"] for one in services[str(door.hostname)]["spec"]["ports"]}
    phone = _settings(name, "watcher", tmp_path).channels["loopback"]
    assert phone.loopback_host == "0.0.0.0"  # noqa: S104 - of its pod
    assert _settings(name, "dispatcher", tmp_path).channels["loopback"].loopback_url == phone.loopback_url
    there = urlsplit(phone.loopback_url)
    assert there.port in {one["port"] for one in services[str(there.hostname)]["spec"]["ports"]}
    (heard,) = _of(name, "NetworkPolicy")["heartbeat-comes-back"]["spec"]["ingress"]
    assert heard["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "dispatcher"}}}]


def test_only_a_door_has_the_key_of_its_certificate() -> None:
    for name, pod in _pods("base").items():
        for volume in pod["volumes"]:
            if volume.get("secret", {}).get("secretName") == "anhu-device-tls" and name != "gateway":
                assert [one["key"] for one in volume["secret"]["items"]] == ["tls.crt"], name


def test_no_secret_is_in_a_manifest() -> None:
    assert not [one for name in ("base", "engines", "city") for one in _objects(name) if one["kind"] == "Secret"]
    text = "\n".join(file.read_text("utf-8") for file in FOLDER.rglob("*.yaml"))
    assert not re.findall(r"(?i)(password|token|key)\w*, value: [^/\s]", text)


def test_each_of_ours_says_when_it_is_alive_and_when_it_is_ready() -> None:
    for name in OURS:
        one = _container(_pods("base")[name])
        paths = {probe: one[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
        assert one["readinessProbe"]["httpGet"]["port"] == "health"


def test_no_pod_may_more_than_it_needs() -> None:
    for name, pod in _pods("engines").items():
        one = _container(pod)
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        assert one["securityContext"]["allowPrivilegeEscalation"] is False, name
        assert one["resources"]["limits"]["memory"], name
    assert all(_container(pod)["securityContext"]["readOnlyRootFilesystem"] for pod in _pods("base").values())


def test_losing_one_machine_leaves_one_of_each_kind() -> None:
    several = {name for name, one in _of("base", "Deployment").items() if one["spec"]["replicas"] > 1}
    assert several == OURS - {"watcher"}
    for name in several:
        (spread,) = _pods("base")[name]["topologySpreadConstraints"]
        assert spread["labelSelector"]["matchLabels"] == {"app.kubernetes.io/name": name}
        assert _of("base", "PodDisruptionBudget")[name]["spec"]["maxUnavailable"] == 1


def test_an_upgrade_takes_no_door_away_before_the_next_is_ready() -> None:
    for name, one in _of("base", "Deployment").items():
        if name != "watcher":
            assert one["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}, name


def test_what_selects_pods_finds_them() -> None:
    labels = {
        name: one["spec"]["template"]["metadata"]["labels"]
        for kind in ("Deployment", "StatefulSet")
        for name, one in _of("engines", kind).items()
    }
    ports = {name: {p["name"] for p in _container(pod).get("ports", [])} for name, pod in _pods("engines").items()}
    for name, service in _of("engines", "Service").items():
        (found,) = [pod for pod, its in labels.items() if service["spec"]["selector"].items() <= its.items()]
        assert {p.get("targetPort", p["name"]) for p in service["spec"]["ports"]} <= ports[found], name
    for name, policy in _of("engines", "NetworkPolicy").items():
        wanted = policy["spec"]["podSelector"].get("matchLabels", {})
        assert any(wanted.items() <= its.items() for its in labels.values()), name


def test_every_process_reaches_only_the_engines_that_it_needs() -> None:
    def may_reach(engine: str) -> set[str]:
        rules = _of("engines", "NetworkPolicy")[engine]["spec"]["ingress"]
        (source,) = rules[0]["from"]
        (expression,) = source["podSelector"]["matchExpressions"]
        return set(expression["values"])

    assert may_reach("postgres") == {*OURS, "migrate"}
    assert may_reach("influxdb") == {"ingest", "api"}
    assert "dispatcher" not in may_reach("kafka")


def test_a_city_runs_the_same_processes_only_more_of_them() -> None:
    base, city = _of("base", "Deployment"), _of("city", "Deployment")
    assert base.keys() == city.keys()
    assert all(city[name]["spec"]["replicas"] >= one["spec"]["replicas"] for name, one in base.items())
    assert not _of("city", "StatefulSet")
