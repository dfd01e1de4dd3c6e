"""Somebody presses the button of a watch that was given to nobody: every desk sees it, and somebody is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.residents import update_resident
from notify.channels.webhook.fake import WebhookServer
from simulators.credential import Credential
from simulators.fleet import FleetDevice
from tests.smoke.installation import Installation, until


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A centre, and nobody in it yet."""
    made = Installation(tmp_path)
    made.admin("create-centre", id="c-1", name="幸福里")
    made.log_in()
    yield made
    made.stop()


def report(installation: Installation, secret: str, event: str) -> None:
    async def scene() -> bool:
        watch = FleetDevice(Credential("watch-7", secret), host="127.0.0.1", port=installation.mqtt_port)
        await watch.connect()
        await watch.publish(json.dumps({"v": 1, "values": {"battery": 80}}).encode())
        await watch.publish(json.dumps({"v": 1, "events": [{"kind": event}]}).encode(), urgent=True)
        taken = await watch.wait_acknowledged()
        await watch.close()
        return taken

    assert asyncio.run(scene())


def shown(installation: Installation) -> list[dict[str, str]]:
    found: list[dict[str, str]] = installation.get(f"http://127.0.0.1:{installation.port}/watch.json")["down"]
    return [one for one in found if "watch-7" in one["words"]]


def test_a_call_of_a_device_without_a_resident_is_heard(installation: Installation) -> None:
    with WebhookServer() as centre:
        installation.admin("create-contact", owner="centre:c-1", channel="webhook", address=centre.url)
        installation.start()
        secret = installation.admin("create-device", id="watch-7", model="T1")["secret"]
        report(installation, secret, "motion")
        report(installation, secret, "sos")
        call = json.loads(until(lambda: centre.calls, installation.log)[0].body)
        assert (call["type"], call["device_id"], call["kind"]) == ("nobodys_call", "watch-7", "sos")
        assert "watch-7" in call["subject"]
        assert "watch-7 T1" in until(lambda: shown(installation), installation.log)[0]["words"]
        report(installation, secret, "sos")
        where = ("--data", str(installation.data), "--port", str(installation.port))
        ran = installation.run("doctor", *where, "--mqtt-port", str(installation.mqtt_port))
        assert "devices of nobody called for help: watch-7" in ran.stdout
        assert "Devices without a resident: nobody hears their calls: 1 (watch-7)" in ran.stdout
        installation.admin("create-resident", id="r-1", name="王秀英", centre="c-1")
        installation.patch("/devices/watch-7", {"resident_id": "r-1"})
        assert shown(installation) == []
        assert len(centre.calls) == 1, "within ten minutes nobody is told again"


def test_a_call_of_somebody_who_is_no_longer_active_is_heard(installation: Installation) -> None:
    with WebhookServer() as centre:
        installation.admin("create-contact", owner="centre:c-1", channel="webhook", address=centre.url)
        installation.admin("create-resident", id="r-1", name="王秀英", centre="c-1")
        secret = installation.admin("create-device", id="watch-7", model="T1", resident="r-1")["secret"]
        sessions = open_sessions(f"sqlite:///{installation.data / 'anhu.db'}")
        with sessions.begin() as session:
            update_resident(session, "r-1", {"active": False})
        close_sessions(sessions)
        installation.start()
        report(installation, secret, "sos")
        call = json.loads(until(lambda: centre.calls, installation.log)[0].body)
        assert (call["type"], call["device_id"], call["kind"]) == ("nobodys_call", "watch-7", "sos")
        assert "watch-7 T1" in until(lambda: shown(installation), installation.log)[0]["words"]
