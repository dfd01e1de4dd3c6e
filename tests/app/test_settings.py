from __future__ import annotations

from pathlib import Path

import pytest

from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret
from app.settings import Settings, from_environment, table
from notify.channels.email import EmailSettings
from notify.channels.webhook import WebhookSettings


def test_every_field_is_read_from_its_variable() -> None:
    settings = from_environment({"ANHU_PORT": "9000", "ANHU_DATA": "/somewhere", "ANHU_SMTP_STARTTLS": "no"})
    email = settings.channels["email"]
    assert (settings.port, settings.data, email.smtp_starttls) == (9000, Path("/somewhere"), False)


def test_a_given_option_wins_over_the_environment() -> None:
    assert from_environment({"ANHU_PORT": "9000"}, port=9001, host=None).port == 9001


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        ({"ANHU_PROT": "1"}, "ANHU_PROT: got '…', expected one of ANHU_BACKUP_MAX_AGE_H"),
        ({"ANHU_PORT": "eighty"}, "ANHU_PORT: got 'eighty', expected a value of type int"),
        ({"ANHU_PORT": "70000"}, "ANHU_PORT: got 70000, expected a port"),
        ({"ANHU_STORE": "csv"}, "ANHU_STORE: got 'csv', expected embedded or influxdb"),
        ({"ANHU_STORE": "influxdb"}, "ANHU_INFLUXDB_URL, ANHU_INFLUXDB_TOKEN"),
        ({"ANHU_MQTT_TLS_PORT": "8883"}, "ANHU_TLS_CERTIFICATE, ANHU_TLS_KEY"),
        (
            {"ANHU_MQTT_WSS_PORT": "8884"},
            "ANHU_TLS_CERTIFICATE, ANHU_TLS_KEY: got '', expected both, since ANHU_MQTT_WSS",
        ),
        ({"ANHU_MQTT_OLD_TLS_PORT": "8885"}, "since ANHU_MQTT_OLD_TLS_PORT is set"),
        ({"ANHU_MQTT_WS_PORT": "-1"}, "ANHU_MQTT_WS_PORT: got -1, expected a port"),
        ({"ANHU_MQTT_CLIENT_CERTIFICATES": "maybe"}, "expected optional or required"),
        ({"ANHU_MQTT_CLIENT_CERTIFICATES": "required"}, "ANHU_MQTT_CLIENT_CA: got '', expected a PEM file"),
        ({"ANHU_MQTT_CLIENT_CA": "/nowhere.pem"}, "ANHU_MQTT_CLIENT_CA: got '/nowhere.pem'"),
        ({"ANHU_SMTP_STARTTLS": "maybe"}, "expected true or false"),
    ],
)
def test_what_does_not_fit_is_named(environment: dict[str, str], part: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_environment(environment)
    assert part in str(caught.value)


def test_secrets_do_not_show_themselves() -> None:
    channels = {"email": EmailSettings(smtp_password=Secret("swordfish"))}
    settings = Settings(channels=channels, database_url=Secret("postgresql://a:swordfish@h/d"))
    assert "swordfish" not in repr(settings)
    assert "swordfish" not in f"{settings}"


def test_a_child_process_gets_the_same_settings() -> None:
    channels = {
        **Settings().channels,
        "email": EmailSettings(smtp_password=Secret("swordfish"), smtp_starttls=False),
        "webhook": WebhookSettings(webhook_private=True),
    }
    settings = Settings(port=9000, channels=channels)
    assert from_environment(settings.environment()) == settings


def test_no_secret_has_a_default() -> None:
    rows = {name: default for name, default, *_ in table()}
    assert all(rows[name] == "" for name in rows if "PASSWORD" in name or "TOKEN" in name)


@pytest.mark.parametrize(
    ("host", "link"),
    [
        ("::1", "http://[::1]:8080"),
        ("::", "http://[::]:8080"),
        ("2001:db8::7", "http://[2001:db8::7]:8080"),
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("", "http://localhost:8080"),
    ],
)
def test_links_name_the_host_so_that_a_browser_understands_it(host: str, link: str) -> None:
    assert Settings(host=host, port=8080).base_url == link


def test_all_addresses_are_those_of_both_families() -> None:
    assert Settings(host="::").listen_host == ""
    assert Settings(host="::1").listen_host == "::1"
