from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

import app
from app.cli.run import NAMES
from app.settings import from_environment
from tests.services.kustomize_build import built

FOLDER = Path(app.__file__).parent / "kubernetes"
OURS = set(NAMES) - {"demo"}
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


def test_what_a_pod_is_told_are_settings_that_anhu_knows() -> None:
    shared = _of("engines", "ConfigMap")["anhu-settings"]["data"]
    for name, pod in _pods("base").items():
        own = {one["name"]: one.get("value", "") for one in _container(pod).get("env", [])}
        settings = from_environment({**shared, **SECRETS, **own})
        assert settings.data
        assert settings.health_port == 9100, name


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
