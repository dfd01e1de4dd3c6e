from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import app
from app.settings import from_environment
from tests.services.compose import compose_command
from tests.services.mosquitto import Mosquitto

TOP = Path(app.__file__).parents[1]
FILES = TOP / "app" / "compose"
SECRETS = {"INFLUXDB_TOKEN": "t0", "INFLUXDB_PASSWORD": "p1", "POSTGRES_PASSWORD": "p2", "GRAFANA_PASSWORD": "p3"}


def _config(variables: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **variables}
    file = ["-f", str(TOP / "docker-compose.yml")]
    with tempfile.NamedTemporaryFile() as nothing_from_here:
        command = [*compose_command(), "--env-file", nothing_from_here.name, *file, *options, "config"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def _services(*options: str) -> dict[str, Any]:
    config = _config(SECRETS, *options)
    assert config.returncode == 0, config.stderr
    services: dict[str, Any] = yaml.safe_load(config.stdout)["services"]
    return services


def _set(service: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in service["environment"].items()}


def test_the_broker_starts_only_when_it_is_asked_for() -> None:
    services = _services("--profile", "broker")
    assert set(services) == {"anhu", "influxdb", "postgres", "grafana", "mosquitto"}
    assert [name for name, service in services.items() if service.get("profiles")] == ["mosquitto"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("value", [None, ""])
def test_no_secret_has_a_default(secret: str, value: str | None) -> None:
    others = {name: text for name, text in SECRETS.items() if name != secret}
    config = _config(others if value is None else others | {secret: value})
    assert config.returncode != 0
    assert f"set {secret} in .env" in config.stderr


def test_the_example_names_every_secret_and_gives_none() -> None:
    lines = (FILES / "example.env").read_text("utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert SECRETS.keys() <= given.keys()
    assert {name: given[name] for name in SECRETS} == dict.fromkeys(SECRETS, "")


def test_anhu_accepts_what_the_file_sets() -> None:
    settings = from_environment(_set(_services()["anhu"]))
    assert settings.store == "influxdb"
    assert settings.database == "postgresql+pg8000://anhu:p2@postgres:5432/anhu"


def test_anhu_grafana_and_influxdb_mean_the_same_bucket_and_token() -> None:
    services = _services()
    mine, grafana, store = (_set(services[name]) for name in ("anhu", "grafana", "influxdb"))
    names = ("ANHU_INFLUXDB_URL", "ANHU_INFLUXDB_ORG", "ANHU_INFLUXDB_BUCKET", "ANHU_INFLUXDB_TOKEN")
    assert [mine[name] for name in names] == [grafana[name] for name in names]
    made = [store[f"DOCKER_INFLUXDB_INIT_{name}"] for name in ("ORG", "BUCKET", "ADMIN_TOKEN")]
    assert made == [mine[name] for name in names[1:]]


def test_every_variable_of_the_provisioned_source_is_set_for_grafana() -> None:
    source = (TOP / "dashboards/grafana/provisioning/datasources/anhu.yml").read_text("utf-8")
    named = {part.split("}")[0] for part in source.split("${")[1:]}
    assert named <= _set(_services()["grafana"]).keys()


def test_mounted_files_exist_and_the_databases_are_not_published() -> None:
    services = _services("--profile", "broker")
    mounts = [volume for service in services.values() for volume in service.get("volumes", [])]
    sources = [v["source"] if isinstance(v, dict) else v.split(":")[0] for v in mounts]
    assert all(Path(source).exists() for source in sources if source.startswith("/"))
    assert not [name for name in ("influxdb", "postgres") if services[name].get("ports")]


def test_all_services_but_ours_say_when_they_are_healthy() -> None:
    services = _services("--profile", "broker")
    assert all("healthcheck" in service for name, service in services.items() if name != "anhu")
    assert "HEALTHCHECK" in (TOP / "app" / "Dockerfile").read_text("utf-8")


def test_the_dockerfile_copies_only_what_its_context_holds() -> None:
    lines = (TOP / "app" / "Dockerfile").read_text("utf-8").splitlines()
    copied = {
        name for line in lines if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]
    }
    context = {line[1:] for line in (TOP / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert copied == context
    assert all((TOP / name).exists() for name in copied)


def test_at_the_shipped_broker_a_device_speaks_only_for_itself(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    users = tmp_path / "passwords"
    users.touch(mode=0o700)
    for user in ("anhu", "watch-1"):
        subprocess.run(["mosquitto_passwd", "-b", users, user, "secret"], check=True)
    acl = tmp_path / "acl"
    acl.write_text((FILES / "mosquitto.acl").read_text("utf-8"), "utf-8")
    acl.chmod(0o700)
    shipped = (FILES / "mosquitto.conf").read_text("utf-8")
    kept = [line for line in shipped.splitlines() if line and not line.startswith(("#", "listener", "persistence"))]
    config = "\n".join(kept).replace("/mosquitto/data/passwords", str(users)).replace("/mosquitto/config/acl", str(acl))
    broker = mosquitto(config)
    at = ["-h", broker.host, "-p", str(broker.port), "-P", "secret"]
    own = {"anhu/v1/watch-1/up", "anhu/v1/watch-1/urgent"}
    for topic in ("anhu/v1/watch-2/up", "anhu/v1/watch-2/urgent", *own):
        subprocess.run(["mosquitto_pub", *at, "-u", "watch-1", "-q", "1", "-r", "-t", topic, "-m", topic], check=True)
    heard = ["mosquitto_sub", *at, "-t", "anhu/v1/+/+", "-C", "2", "-W", "10", "-u"]
    said = subprocess.run([*heard, "anhu"], capture_output=True, text=True, check=True).stdout
    assert set(said.split()) == own
    refused = subprocess.run(["mosquitto_pub", *at, "-P", "wrong", "-u", "watch-1", "-t", "t", "-m", "m"], check=False)
    assert refused.returncode != 0
