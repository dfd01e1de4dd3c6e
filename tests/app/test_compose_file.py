from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import app
from app.clear_text import in_the_clear
from app.settings import from_environment
from tests.services.compose import compose_config
from tests.services.mosquitto import Mosquitto

TOP = Path(app.__file__).parents[1]
FILES = TOP / "app" / "compose"
TLS = {"ANHU_PUBLIC_URL": "https://anhu.example.org", "TLS_FOLDER": "/etc/anhu/tls"}
SECRETS = {"INFLUXDB_TOKEN": "t0", "INFLUXDB_PASSWORD": "p1", "POSTGRES_PASSWORD": "p2", "GRAFANA_PASSWORD": "p3"}


def _config(variables: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return compose_config(TOP / "docker-compose.yml", variables, *options)


def _whole(*options: str) -> dict[str, Any]:
    config = _config(SECRETS | TLS, *options)
    assert config.returncode == 0, config.stderr
    whole: dict[str, Any] = yaml.safe_load(config.stdout)
    return whole


def _services(*options: str) -> dict[str, Any]:
    services: dict[str, Any] = _whole(*options)["services"]
    return services


def _with_tls() -> dict[str, Any]:
    return _services("-f", str(FILES / "tls.yml"))


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


def test_anhu_grafana_and_influxdb_mean_the_same_bucket_and_grafana_has_not_the_token_that_may_do_all() -> None:
    services = _services()
    mine, grafana, store = (_set(services[name]) for name in ("anhu", "grafana", "influxdb"))
    names = ("ANHU_INFLUXDB_URL", "ANHU_INFLUXDB_ORG", "ANHU_INFLUXDB_BUCKET", "ANHU_INFLUXDB_TOKEN")
    assert [mine[name] for name in names[:3]] == [grafana[name] for name in names[:3]]
    assert SECRETS["INFLUXDB_TOKEN"] not in grafana.values()
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


NO_DIGEST = {"grafana/grafana:11.6.15"}
"""Its digest could not be asked of a registry yet; the one that is known is of a version with published holes."""


def test_an_image_is_named_by_its_digest() -> None:
    services = _services("--profile", "broker") | _with_tls()
    images = {service["image"] for name, service in services.items() if name != "anhu"}
    by_digest = {image for image in images if re.fullmatch(r"[a-z/-]+:[\w.-]+@sha256:[0-9a-f]{64}", image)}
    assert images - by_digest == NO_DIGEST
    bases = re.findall(r"^FROM (\S+)", (TOP / "app" / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert len(bases) == 2
    assert all("@sha256:" in base for base in bases)


def test_no_service_may_more_than_it_needs() -> None:
    services = _services("--profile", "broker") | _with_tls()
    for service in services.values():
        assert service["pids_limit"] > 0
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert {name for name, service in services.items() if service.get("read_only")} == {"anhu", "grafana", "proxy"}
    assert not {name for name, service in services.items() if service.get("privileged")}


def test_who_has_no_business_with_each_other_does_not_meet() -> None:
    config = _whole("--profile", "broker")
    met = {
        name: {one for one, service in config["services"].items() if name in service["networks"]}
        for name in config["networks"]
    }
    assert met == {
        "doors": {"anhu"},
        "walls": {"grafana"},
        "broker": {"anhu", "mosquitto"},
        "readings": {"anhu", "influxdb", "grafana"},
        "records": {"anhu", "postgres"},
    }
    assert {name for name, network in config["networks"].items() if network.get("internal")} == {"readings", "records"}


def test_with_tls_nothing_is_open_to_a_network_without_it() -> None:
    services = _with_tls()
    ports = [(name, str(port)) for name, service in services.items() for port in service.get("ports", [])]
    outside = {(name, port.removesuffix("/tcp").rpartition(":")[2]) for name, port in ports if "127.0.0.1" not in port}
    ours = {("anhu", "8883"), ("anhu", "8084"), ("anhu", "8498")}
    assert outside == {*ours, ("proxy", "8081"), ("proxy", "8443")}
    settings = from_environment(_set(services["anhu"]) | {"ANHU_HOST": "0.0.0.0"})  # noqa: S104 - as the image has it
    assert settings.is_https
    assert (settings.mqtt_port, settings.mqtt_tls_port) == (0, 8883)
    assert list(in_the_clear(settings)) == []
    assert settings.trusted_proxies == services["proxy"]["networks"]["doors"]["ipv4_address"]
    for name in ("anhu", "proxy"):
        assert any("/tls" in str(volume) for volume in services[name]["volumes"])


DOORS = {"ANHU_MQTT_PORT": 1883, "ANHU_MQTT_WS_PORT": 8083, "ANHU_PUSH_PORT": 8098, "ANHU_TCP_PORT": 8099}


def _published(service: Mapping[str, Any]) -> dict[str, str]:
    """Return port inside -> address and port outside."""
    outside_first = [str(port).removesuffix("/tcp").rpartition(":") for port in service["ports"]]
    return {inside: outside for outside, _, inside in outside_first}


def test_every_door_is_open_and_published_to_this_machine_only() -> None:
    anhu = _services()["anhu"]
    settings = from_environment(_set(anhu))
    opened = [settings.mqtt_port, settings.mqtt_ws_port, settings.push_port, settings.tcp_port, settings.port]
    assert opened == [*DOORS.values(), 8080]
    assert _published(anhu) == {str(port): f"127.0.0.1:{port}" for port in opened}


def test_ports_outside_and_their_addresses_can_be_chosen() -> None:
    chosen = {name: str(9_000 + n) for n, name in enumerate(DOORS)}
    config = _config(SECRETS | chosen | {"LISTEN": "10.0.0.1", "TCP_LISTEN": "10.0.0.2"})
    assert config.returncode == 0, config.stderr
    found = _published(yaml.safe_load(config.stdout)["services"]["anhu"])
    for name, inside in DOORS.items():
        address = "10.0.0.2" if name == "ANHU_TCP_PORT" else "10.0.0.1"
        assert found[str(inside)] == f"{address}:{chosen[name]}"


def test_vendors_clouds_are_told_the_address_that_is_set_or_that_of_the_pages() -> None:
    told = {"ANHU_PUBLIC_URL": "https://anhu.example.org", "ANHU_PUSH_PUBLIC_URL": "https://push.example.org/"}
    anhu = _set(_services()["anhu"])
    assert from_environment(anhu | told).push_url == "https://push.example.org"
    assert from_environment(anhu | {"ANHU_PUBLIC_URL": told["ANHU_PUBLIC_URL"]}).push_url == (
        "http://anhu.example.org:8098"
    )
    assert from_environment(anhu | {"ANHU_PUSH_PORT": "0"}).push_url == ""


def test_with_tls_the_tcp_door_opens_only_when_it_is_asked_for() -> None:
    config = _config(SECRETS | TLS | {"TCP_DOOR": "8099"}, "-f", str(FILES / "tls.yml"))
    assert from_environment(_set(yaml.safe_load(config.stdout)["services"]["anhu"])).tcp_port == 8099
    closed = from_environment(_set(_with_tls()["anhu"]))
    assert (closed.tcp_port, closed.push_port, closed.mqtt_ws_port) == (0, 0, 0)
    assert (closed.push_tls_port, closed.mqtt_wss_port) == (8498, 8084)
    assert closed.push_url == "https://anhu.example.org:8498"


@pytest.mark.parametrize("variable", TLS)
def test_tls_is_not_begun_without_address_and_certificate(variable: str) -> None:
    others = {name: text for name, text in TLS.items() if name != variable}
    config = _config(SECRETS | others, "-f", str(FILES / "tls.yml"))
    assert config.returncode != 0
    assert f"set {variable} in .env" in config.stderr


def test_no_password_is_on_a_command_line() -> None:
    for service in _services("--profile", "broker").values():
        lines = [*(service.get("command") or []), *service.get("healthcheck", {}).get("test", [])]
        told = [line for text in lines for line in text.splitlines() if "PASSWORD" in line]
        assert all(line.strip().startswith((": ", "printf ")) for line in told), told  # both are the shell's own


def test_the_shipped_broker_keeps_devices_users_and_takes_our_new_password(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    script = _services("--profile", "broker")["mosquitto"]["command"][2].replace("$$", "$")
    kept = [line for line in script.splitlines() if not line.startswith(("chown", "exec"))]
    data = tmp_path / "data"
    data.mkdir()
    subprocess.run(["mosquitto_passwd", "-b", "-c", data / "passwords", "watch-1", "secret"], check=True)
    for password in ("first", "second"):
        own = {"BROKER_PASSWORD": password, "PATH": os.environ["PATH"]}
        subprocess.run(["sh", "-c", "\n".join(kept).replace("/mosquitto/data", str(data))], check=True, env=own)
    broker = mosquitto(f"allow_anonymous false\npassword_file {data / 'passwords'}")
    at = ["-h", broker.host, "-p", str(broker.port)]
    for user, password, code in (("watch-1", "secret", 0), ("anhu", "second", 0), ("anhu", "first", 5)):
        said = subprocess.run(["mosquitto_pub", *at, "-u", user, "-P", password, "-t", "t", "-m", "m"], check=False)
        assert said.returncode == code
    health = ["mosquitto_sub", *at, "-t", "$SYS/broker/version", "-C", "1", "-W", "5"]
    subprocess.run(health, check=True, env={"PATH": os.environ["PATH"], "XDG_CONFIG_HOME": str(data / "client")})
    assert {path.stat().st_mode & 0o077 for path in data.rglob("*")} == {0}
