"""An installation of an older version, gone on with by the present one: its processes, on a clock that can jump."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import tarfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from anhu.contract.clock import DAY_MS, HOUR_MS, to_rfc3339
from anhu.registry.migrations import upgrade
from app.processes import alerts, api, dispatcher, gateway, ingest
from app.processes.process import Context
from app.settings import Settings
from notify.channels.email import EmailSettings
from notify.channels.email.fake import SmtpServer
from notify.channels.webhook import WebhookSettings
from notify.channels.webhook.fake import WebhookServer
from tests.services.process import free_port
from tests.smoke.installation import until

EVER_MS = 2_000_000_000_000
_SHANGHAI_MS = 8 * HOUR_MS
_PATIENCE_S = 30.0  # numpy and scipy are loaded when the first strip is judged
_BODIES = {"gateway": gateway, "ingest": ingest, "alerts": alerts, "dispatcher": dispatcher, "api": api}


class JumpingClock:
    """Runs as the machine's does, from a time of its own, and jumps when told to."""

    def __init__(self, start_ms: int) -> None:
        self._ahead_ms = start_ms - time.monotonic_ns() // 1_000_000

    def now_ms(self) -> int:
        """Return the present. [ms]."""
        return self._ahead_ms + time.monotonic_ns() // 1_000_000

    def jump_to(self, now_ms: int) -> None:
        """Go on from a later time. [ms]."""
        self._ahead_ms += max(0, now_ms - self.now_ms())


@dataclass
class Platform:
    """The processes of the present version on the data of an older one."""

    settings: Settings
    told: Mapping[str, Any]
    """What the older version had acknowledged, and what it held, as `made_by_0_1_0/make.py` wrote it down."""
    clock: JumpingClock
    desk: WebhookServer
    mail: SmtpServer
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where pages and API are."""
        return f"http://127.0.0.1:{self.settings.port}"

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - whatever JSON the path answers
        """Ask with the token that the older version made for the desk's wall screen."""
        headers = {"Authorization": f"Bearer {self.told['token']}"}
        answer = httpx.get(
            f"{self.url}/api/v1{path}", params=parameters, headers=headers, timeout=_PATIENCE_S, trust_env=False
        )
        assert answer.is_success, answer.text
        return answer.json()

    @contextmanager
    def logged_in(self, login: str) -> Iterator[httpx.Client]:
        """Log in as somebody with the password that the older version kept."""
        with httpx.Client(base_url=f"{self.url}/api/v1", timeout=_PATIENCE_S, trust_env=False) as client:
            answer = client.post("/login", json={"login": login, "password": self.told["password"]})
            assert answer.is_success, answer.text
            yield client

    def measured(self, resident_id: str, what: str, **more: str) -> Any:  # noqa: ANN401 - the same
        """Return what is stored of a resident, from before the installation was made until after the test."""
        return self.get(f"/residents/{resident_id}/{what}", since=to_rfc3339(0), until=to_rfc3339(EVER_MS), **more)

    def alerts(self, **wanted: str) -> list[dict[str, Any]]:
        """Return alerts as the desk sees them, the newest first."""
        found: list[dict[str, Any]] = self.get("/alerts", order="newest", limit="200", **wanted)["items"]
        return found

    def raised(self, resident_id: str, kind: str) -> dict[str, Any]:
        """Wait for an alert, and return it; an empty one when it does not come, so that only its own test fails."""
        with suppress(AssertionError):
            return until(lambda: self.alerts(resident_id=resident_id, kind=kind), seconds=10.0)[0]
        return {}

    @contextmanager
    def device(self, device_id: str) -> Iterator[paho.Client]:
        """Connect as a device that was enrolled with the older version, with the secret it was given then."""
        client = paho.Client(CallbackAPIVersion.VERSION2, device_id)
        client.username_pw_set(device_id, self.told["secret"])
        client.connect("127.0.0.1", self.settings.mqtt_port)
        client.loop_start()
        try:
            yield client
        finally:
            client.disconnect()
            client.loop_stop()


def publish(client: paho.Client, topic: str, payload: Mapping[str, object]) -> None:
    """Publish, and wait until it is acknowledged."""
    client.publish(topic, json.dumps(payload), qos=1).wait_for_publish(10)


@contextmanager
def gone_on_with(archive: Path, folder: Path, *, after_ms: int) -> Iterator[Platform]:
    """Unpack an installation, migrate it, and run it on from some time after it was killed. [ms]."""
    folder.mkdir()
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    told = json.loads((folder / "told.json").read_text("utf-8"))
    with WebhookServer() as desk, SmtpServer() as mail:
        _point_webhooks_at(folder / "anhu.db", desk.url)
        settings = Settings(
            data=folder,
            port=free_port(),
            mqtt_port=free_port(),
            channels={
                "webhook": WebhookSettings(webhook_private=True),
                "email": EmailSettings(
                    smtp_host="127.0.0.1", smtp_port=mail.port, smtp_starttls=False, smtp_from="anhu@example.org"
                ),
            },
        )
        upgrade(settings.database)
        platform = Platform(settings, told, JumpingClock(told["end_ms"] + after_ms), desk, mail)
        with _running(platform):
            yield platform


def _point_webhooks_at(database: Path, url: str) -> None:
    """Move the receiver: the port it had when the installation was made is somebody else's today."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE contact SET address = ? WHERE channel = 'webhook'", (url,))
    connection.close()


@contextmanager
def _running(platform: Platform) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    trouble: list[BaseException] = []

    async def whole() -> None:
        contexts = {name: _context(platform, name) for name in _BODIES}
        await asyncio.gather(*(_BODIES[name].body(context) for name, context in contexts.items()))

    def run() -> None:
        try:
            loop.run_until_complete(whole())
        except BaseException as error:  # noqa: BLE001 - told to the test below
            trouble.append(error)

    thread = threading.Thread(target=run, name="the platform")
    thread.start()
    try:
        until(lambda: trouble or _answers(platform), seconds=30.0)
        assert not trouble, trouble
        yield
    finally:
        loop.call_soon_threadsafe(platform.stop.set)
        thread.join(30)
        assert not thread.is_alive(), "the platform did not stop"
        loop.close()
    assert not trouble, trouble


def _context(platform: Platform, name: str) -> Context:
    return Context(name=name, settings=platform.settings, clock=platform.clock, stop=platform.stop)


def _answers(platform: Platform) -> bool:
    try:
        platform.get("/me")
    except httpx.TransportError:
        return False
    return True


def early_morning_ms(of_ms: int, *, days_later: int) -> int:
    """Return 02:00 in Shanghai, some days after the day of a time. [ms]."""
    return (of_ms + _SHANGHAI_MS) // DAY_MS * DAY_MS - _SHANGHAI_MS + days_later * DAY_MS + 2 * HOUR_MS


def quiet_nice(_by: int) -> int:
    """Stand in for `os.nice`: the processes are threads of the test here, which must not be slowed for good."""
    return os.getpriority(os.PRIO_PROCESS, 0)
