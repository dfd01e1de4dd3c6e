"""Device to doctor with everything real: `anhu up` as a process tree, MQTT in, desk and webhook out."""

from __future__ import annotations

import asyncio
import hmac
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from anhu.contract.clock import SystemClock
from notify.channels.webhook.fake import Call, WebhookServer
from simulators.credential import Credential
from simulators.fleet import FleetDevice
from simulators.sources.recording import SHIPPED
from tests.services.mosquitto import Mosquitto
from tests.smoke.installation import Installation, until

FALL, ACTIVITY = "0", "4"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One centre, one team, one resident with a wearable, and a desk that may look."""
    made = Installation(tmp_path)
    made.admin("create-centre", id="c-1", name="幸福里")
    made.admin("create-team", id="t-1", name="一组", centre="c-1")
    made.admin("create-resident", id="r-1", name="王秀英", centre="c-1", team="t-1")
    made.log_in()
    yield made
    made.stop()


def _enrol(installation: Installation, device_id: str = "watch-1", resident: str = "r-1") -> str:
    made = installation.admin("create-device", id=device_id, resident=resident, position="waist")
    secret: str = made["secret"]
    return secret


def _play(installation: Installation, secret: str, trial: str) -> None:
    recording = str(SHIPPED / "umafall_S05.npz")
    options = ["--device", "watch-1", "--recording", recording, "--trial", trial, "--position", "waist"]
    ran = installation.run("simulate", "--port", str(installation.mqtt_port), *options, DEVICE_SECRET=secret)
    assert ran.returncode == 0, ran.stderr


def test_a_recorded_fall_reaches_desk_and_webhook_and_its_waveform_is_stored(installation: Installation) -> None:
    with WebhookServer() as doctor:
        contact = installation.admin("create-contact", owner="team:t-1", channel="webhook", address=doctor.url)
        installation.start()
        _play(installation, _enrol(installation), FALL)
        (alert, *others) = until(lambda: installation.alerts("r-1"), installation.log)
        assert alert["kind"] in ("fall", "fall_suspected")
        assert not others
        call = until(lambda: doctor.calls, installation.log)[0]
    body = json.loads(call.body)
    assert body["alert_id"] == alert["id"]
    assert _signed(call, contact["secret"])
    evidence = alert["evidence"]
    waves = until(lambda: installation.get("/residents/r-1/waveforms", quantity="acceleration"), installation.log)
    assert any(evidence["quantity"] == w["quantity"] and evidence["device_id"] == w["device_id"] for w in waves)
    assert evidence["features"]["peak_g"] > evidence["limits"]["peak_g"]


def test_a_daily_activity_of_the_same_person_raises_nothing(installation: Installation) -> None:
    installation.start()
    _play(installation, _enrol(installation), ACTIVITY)
    until(lambda: installation.get("/residents/r-1/waveforms", quantity="acceleration"), installation.log)
    assert installation.alerts("r-1") == []


def test_a_command_of_the_desk_reaches_the_device(installation: Installation) -> None:
    installation.start()
    device, received = paho.Client(CallbackAPIVersion.VERSION2, "watch-1"), list[bytes]()
    device.username_pw_set("watch-1", _enrol(installation))
    device.on_message = lambda _client, _user, message: received.append(bytes(message.payload))
    device.connect("127.0.0.1", installation.mqtt_port)
    device.subscribe("anhu/v1/watch-1/commands", qos=1)
    device.loop_start()
    installation.post("/devices/watch-1/commands", {"name": "ask_ok", "arguments": {"seconds": 30}})
    command = json.loads(until(lambda: received, installation.log)[0])
    device.disconnect()
    device.loop_stop()
    assert (command["command"], command["arguments"]) == ("ask_ok", {"seconds": 30})


def test_a_homes_own_broker_at_its_defaults_rings_the_webhook(installation: Installation, tmp_path: Path) -> None:
    secret = installation.admin("create-device", id="home-1", resident="r-1", codec="zigbee2mqtt")["secret"]
    bridge = f"connection anhu\naddress 127.0.0.1:{installation.mqtt_port}\n"
    bridge += f"remote_username home-1\nremote_password {secret}\ntopic zigbee2mqtt/# out 1\nrestart_timeout 1\n"
    (tmp_path / "home").mkdir()
    home = Mosquitto(tmp_path / "home", bridge)
    with WebhookServer() as doctor:
        installation.admin("create-contact", owner="team:t-1", channel="webhook", address=doctor.url)
        installation.start()
        home.start()
        try:
            notes = until(lambda: installation.get("/devices/home-1")["notes"], installation.log)
            installation.kill()
            where = ["-h", home.host, "-p", str(home.port), "-q", "1", "-t", "zigbee2mqtt/button"]
            subprocess.run(["mosquitto_pub", *where, "-m", '{"action":"emergency"}'], check=True, timeout=10)
            installation.start()
            call = until(lambda: doctor.calls, installation.log)[0]
        finally:
            home.stop()
    assert {note["kind"] for note in notes} >= {"will"}
    (alert,) = installation.alerts("r-1")
    assert (alert["kind"], json.loads(call.body)["alert_id"]) == ("sos", alert["id"])

    def noted() -> dict[str, tuple[int, str]]:
        return {note["kind"]: (note["times"], note["last"]) for note in installation.get("/devices/home-1")["notes"]}

    until(lambda: noted()["will"][0] >= 2, installation.log)
    assert noted()["foreign"][1].startswith("$SYS/broker/connection/")


def test_a_power_cut_loses_nothing_acknowledged_and_raises_nothing_twice(installation: Installation) -> None:
    installation.start()
    secret = _enrol(installation)
    acknowledged = asyncio.run(_stream_through_a_power_cut(installation, secret))
    assert len(acknowledged) > 100

    def stored() -> set[float]:
        series = installation.get("/residents/r-1/observations", quantity="heart_rate")
        return {point["value"] for point in series["points"]}

    until(lambda: acknowledged <= stored(), installation.log)
    alerts = until(lambda: installation.alerts("r-1"), installation.log)
    assert [a["kind"] for a in alerts] == ["sos"]


def _signed(call: Call, secret: str) -> bool:
    """Check the signature as a receiver would: HMAC-SHA256 over time and body."""
    time_s, given = (part.partition("=")[2] for part in call.headers["anhu-signature"].split(","))
    wanted = hmac.new(secret.encode(), time_s.encode() + b"." + call.body, "sha256").hexdigest()
    return hmac.compare_digest(given, wanted)


async def _stream_through_a_power_cut(installation: Installation, secret: str) -> set[float]:
    """Publish distinct values with one SOS among them; kill everything in the middle; return what was promised."""
    device = FleetDevice(Credential("watch-1", secret), host="127.0.0.1", port=installation.mqtt_port, remember=True)
    await device.connect()
    began_ms = SystemClock().now_ms()
    for number in range(400):
        events = [{"kind": "sos"}] if number == 150 else []
        # A time of its own: two values of one device, quantity and millisecond would be a conflict.
        report = {"v": 1, "time": began_ms + number, "values": {"heart_rate": 60 + number / 100}, "events": events}
        if number == 200:
            await asyncio.to_thread(installation.kill)
            await device.break_connection()
            await asyncio.to_thread(installation.start)
            await device.connect()
        await device.publish(json.dumps(report).encode())
        await asyncio.sleep(0.002)
    assert await device.wait_acknowledged()
    await device.close()
    return {json.loads(payload)["values"]["heart_rate"] for payload in device.acknowledged}
