"""paho-mqtt with what a test asks of a client, and waiting with a deadline for what real sockets bring."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.gateway.doors.mqtt.doors import SECRET


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


class Client:
    """paho with what a test asks it."""

    def __init__(
        self, port: int, version: int, user: str = "dev-1", secret: str = SECRET, client_id: str = "c1"
    ) -> None:
        spoken = MQTTProtocolVersion(version)
        clean = True if version == paho.MQTTv311 else None
        self.paho = paho.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=clean, protocol=spoken)
        self.paho.username_pw_set(user, secret)
        self.connected: list[Any] = []
        self.disconnected: list[Any] = []
        self.messages: list[paho.MQTTMessage] = []
        self.session_present: list[bool] = []
        self.offers: list[Any] = []
        self.paho.on_connect = self._on_connect
        self.paho.on_disconnect = lambda *a: self.disconnected.append(a[3])
        self.paho.on_message = lambda _c, _u, m: self.messages.append(m)
        self.port = port

    def _on_connect(self, _c: object, _u: object, flags: paho.ConnectFlags, reason: object, offers: object) -> None:
        self.offers.append(offers)
        self.session_present.append(flags.session_present)
        self.connected.append(reason)

    def __enter__(self) -> Self:
        self.paho.connect("127.0.0.1", self.port)
        self.paho.loop_start()
        until(lambda: self.connected)
        return self

    def __exit__(self, *_: object) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()
