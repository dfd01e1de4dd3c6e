"""What crosses a network unencrypted is said, by the doctor and at every start; nothing else is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from anhu.contract.errors import SettingsError
from app.check_result import CheckVerdict
from app.checks import CHECKS, clear_text, proxies
from app.settings import Settings, from_environment
from app.supervisor import child_environment, own_command

TLS = {"ANHU_MQTT_TLS_PORT": "8883", "ANHU_TLS_CERTIFICATE": "a.pem", "ANHU_TLS_KEY": "a.key"}
HTTPS = {"ANHU_PUBLIC_URL": "https://anhu.example.org"}
STORE = {"ANHU_STORE": "influxdb", "ANHU_INFLUXDB_TOKEN": "t"}
MAIL = {"ANHU_SMTP_HOST": "mail.example.org", "ANHU_SMTP_FROM": "a@example.org", "ANHU_SMTP_STARTTLS": "no"}
OUTSIDE = {"ANHU_HOST": "0.0.0.0"}  # noqa: S104 - a setting


def said(environment: dict[str, str]) -> list[str]:
    return [found.what for found in clear_text(from_environment(environment), SystemClock())]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"ANHU_HOST": "127.0.0.2"},
        {"ANHU_HOST": "::1"},
        {"ANHU_HOST": "localhost", "ANHU_PUBLIC_URL": "http://localhost:8080"},
        HTTPS,
        OUTSIDE | HTTPS | TLS | {"ANHU_MQTT_PORT": "0"},
        OUTSIDE | HTTPS | TLS | {"ANHU_MQTT_PORT": "0", "ANHU_MQTT_WSS_PORT": "8884"},
        {"ANHU_PUBLIC_URL": "HTTPS://ANHU.EXAMPLE.ORG", "ANHU_HOST": "10.0.0.7", "ANHU_MQTT_PORT": "0"},
        {"ANHU_BROKER_URL": "mqtt://u:p@localhost:1883"},
        {"ANHU_BROKER_URL": "mqtts://u:p@broker.example.org"},
        STORE | {"ANHU_INFLUXDB_URL": "http://influxdb:8086"},
        STORE | {"ANHU_INFLUXDB_URL": "https://influx.example.org"},
        {"ANHU_DATABASE_URL": "postgresql://a:b@127.0.0.1/anhu"},
        MAIL | {"ANHU_SMTP_STARTTLS": "yes"},
        MAIL | {"ANHU_SMTP_PORT": "465"},
        MAIL | {"ANHU_SMTP_HOST": "localhost"},
    ],
)
def test_what_is_encrypted_or_stays_on_the_machine_is_not_warned_of(environment: dict[str, str]) -> None:
    assert said(environment) == []


@pytest.mark.parametrize(
    ("environment", "what"),
    [
        (OUTSIDE, ["HTTPS", "MQTT TLS"]),
        ({"ANHU_HOST": "::"}, ["HTTPS", "MQTT TLS"]),
        ({"ANHU_HOST": "192.168.1.9"} | HTTPS, ["MQTT TLS"]),
        (OUTSIDE | HTTPS | TLS, ["MQTT TLS"]),
        (OUTSIDE | HTTPS | {"ANHU_MQTT_PORT": "0", "ANHU_MQTT_WS_PORT": "8083"}, ["MQTT WebSocket"]),
        (OUTSIDE | HTTPS | TLS | {"ANHU_MQTT_PORT": "0", "ANHU_MQTT_OLD_TLS_PORT": "8885"}, ["OLD TLS"]),
        ({"ANHU_PUBLIC_URL": "http://anhu.example.org"}, ["HTTPS"]),
        ({"ANHU_BROKER_URL": "mqtt://u:p@10.0.0.8"}, ["broker"]),
        (STORE | {"ANHU_INFLUXDB_URL": "http://10.0.0.8:8086"}, ["InfluxDB"]),
        ({"ANHU_DATABASE_URL": "postgresql://a:b@[fd00::8]/anhu"}, ["database"]),
        (MAIL, ["e-mail"]),
    ],
)
def test_what_others_on_the_network_can_read_is_named(environment: dict[str, str], what: list[str]) -> None:
    assert said(environment) == what


def test_the_doctor_looks_for_it_and_says_what_to_do() -> None:
    assert {clear_text, proxies} <= set(CHECKS)
    found = list(clear_text(from_environment(OUTSIDE), SystemClock()))
    assert {one.verdict for one in found} == {CheckVerdict.WARNING}
    assert all("ANHU_" in one.advice for one in found)


def test_a_proxy_whose_word_is_not_taken_makes_everybody_one_address() -> None:
    (found,) = proxies(from_environment(HTTPS), SystemClock())
    assert (found.verdict, found.what) == (CheckVerdict.WARNING, "proxy")
    assert list(proxies(from_environment(HTTPS | {"ANHU_TRUSTED_PROXIES": "172.30.77.250"}), SystemClock())) == []
    assert list(proxies(Settings(), SystemClock())) == []


@pytest.mark.parametrize("url", ["anhu.example.org", "//anhu.example.org", "ftp://a.b", "https://", "https://a:99999"])
def test_an_address_that_browsers_cannot_open_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="ANHU_PUBLIC_URL"):
        from_environment({"ANHU_PUBLIC_URL": url})


def test_a_start_on_a_network_warns(tmp_path: Path) -> None:
    """The database cannot be made, so that the start ends after its warnings."""
    (tmp_path / "anhu.db").mkdir()
    command = own_command("up", "--data", str(tmp_path), "--port", "0", "--mqtt-port", "0")
    ended = subprocess.run(command, env=child_environment(OUTSIDE), capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "HTTPS: pages, passwords and health data cross a network in the clear -> " in ended.stderr
