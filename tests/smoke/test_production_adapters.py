"""The same path on what a city runs: Mosquitto in front, InfluxDB and PostgreSQL behind; and an operator's tools."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.services.influxdb import InfluxDB
from tests.services.mosquitto import Mosquitto
from tests.smoke.installation import Installation, until


@pytest.fixture
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return mosquitto()


@pytest.fixture
def installation(tmp_path: Path, broker: Mosquitto, influxdb: InfluxDB, postgres_url: str) -> Iterator[Installation]:
    made = Installation(
        tmp_path,
        broker_url=f"mqtt://{broker.host}:{broker.port}",
        broker_bindings="zigbee2mqtt/#=home-1",
        database_url=postgres_url,
        store="influxdb",
        influxdb_url=influxdb.url,
        influxdb_token=influxdb.token,
        influxdb_org=influxdb.org,
        influxdb_bucket=influxdb.new_bucket(),
    )
    made.admin("create-centre", id="c-1", name="幸福里")
    made.admin("create-resident", id="r-1", name="王秀英", centre="c-1")
    made.admin("create-device", id="watch-1", resident="r-1", alarm="sos")
    made.admin("create-device", id="home-1", resident="r-1", codec="zigbee2mqtt")
    made.log_in()
    made.start()
    yield made
    made.stop()


def _publish(broker: Mosquitto, topic: str, payload: str) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def test_the_broker_route_with_influxdb_and_postgresql(installation: Installation, broker: Mosquitto) -> None:
    up = "anhu/v1/watch-1/up"
    _publish(broker, up, json.dumps({"v": 1, "values": {"heart_rate": 71}, "events": [{"kind": "sos"}]}))
    _publish(broker, "zigbee2mqtt/kitchen", json.dumps({"smoke": True}))
    _publish(broker, up, '{"v": 1, "values": {"haert_rate": 71}}')

    def kinds() -> set[str]:
        return {alert["kind"] for alert in installation.alerts("r-1")}

    until(lambda: len(kinds()) > 1, installation.log)
    assert kinds() == {"sos", "smoke"}
    (latest,) = until(lambda: installation.get("/residents/r-1/latest"), installation.log)
    assert (latest["quantity"], latest["value"]) == ("heart_rate", 71.0)
    _check_dead_letter(installation)
    _check_replay(installation)
    _check_doctor(installation)


def _listed(installation: Installation) -> str:
    return installation.run("deadletters", "list", "--data", str(installation.data)).stdout.strip()


def _check_dead_letter(installation: Installation) -> None:
    data = ["--data", str(installation.data)]
    listed = until(lambda: _listed(installation), installation.log)
    assert "values.haert_rate" in listed
    number = listed.split()[0]
    shown = json.loads(installation.run("deadletters", "show", *data, number).stdout)
    assert (shown["device_id"], shown["stage"]) == ("watch-1", "decode")
    again = installation.run("deadletters", "replay", *data, number)
    assert again.returncode == 1
    assert "values.haert_rate" in again.stdout


def _check_replay(installation: Installation) -> None:
    arguments = ["--data", str(installation.data), "--resident", "r-1", "--from", "2026-01-01T00:00:00Z"]
    ran = installation.run("replay", *arguments)
    assert ran.returncode == 0, ran.stderr
    assert {line.split()[1] for line in ran.stdout.splitlines()} >= {"sos", "smoke"}


def _check_doctor(installation: Installation) -> None:
    ports = ["--port", str(installation.port), "--mqtt-port", str(installation.mqtt_port)]

    def findings() -> dict[str, str]:
        ran = installation.run("doctor", "--data", str(installation.data), *ports, "--json")
        return {found["what"]: found["verdict"] for found in json.loads(ran.stdout)}

    def only_untold() -> dict[str, str]:
        """Nobody has a contact here: that somebody calls, and nobody can be told, is all that is wrong."""
        found = findings()
        return found if {what for what, verdict in found.items() if verdict == "failed"} == {"untold"} else {}

    found = until(only_untold, lambda: str(findings()))
    assert found["silence"] == "warning"
    assert found["dead letters"] == "warning"
    assert found["store"] == found["database"] == found["process gateway"] == "ok"
