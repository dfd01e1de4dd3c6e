"""One simulated device: an ordinary paho-mqtt client that remembers every message it was promised."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from anhu.contract import topics
from anhu.contract.errors import AnhuError
from simulators.credential import Credential

KEEP_ALIVE_S = 30
_POLL_S = 0.01
_REFUSED = 128


class DeviceError(AnhuError):
    """The server refused the device, or did not answer in time."""


class SimulatedDevice:
    """A device that publishes with QoS 1 and keeps its session over reconnects.

    Parameters
    ----------
    credential : Credential
        Client identifier, user name and password.
    host, port : str, int
        The front door, or a broker.
    tls_ca : Path, optional
        Certificate authority to trust; without it the connection is not encrypted.
    on_command : callable, optional
        Called with (topic, payload) from the network thread.
    mqtt_5 : bool
        MQTT 5 instead of 3.1.1.

    Attributes
    ----------
    acknowledged : list of bytes
        Payloads the server has answered for, in the order of the answers: whatever stands here must never be lost.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        host: str,
        port: int,
        tls_ca: Path | None = None,
        on_command: Callable[[str, bytes], None] | None = None,
        mqtt_5: bool = False,
    ) -> None:
        self.device_id = credential.device_id
        self.acknowledged: list[bytes] = []
        self.topic = topics.for_device(topics.UP, self.device_id)
        self._urgent_topic = topics.for_device(topics.URGENT, self.device_id)
        self._address = (host, port)
        self._waiting: dict[int, tuple[bytes, float]] = {}
        self._early: set[int] = set()  # answered before `publish` had noted the identifier
        self._lock = threading.Lock()
        self._connected = threading.Event()
        self._refusal = ""
        self._on_command = on_command
        self.latencies_s: list[float] = []
        self._client = self._make_client(credential, tls_ca, mqtt_5=mqtt_5)

    def _make_client(self, credential: Credential, tls_ca: Path | None, *, mqtt_5: bool) -> mqtt.Client:
        protocol = MQTTProtocolVersion.MQTTv5 if mqtt_5 else MQTTProtocolVersion.MQTTv311
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=credential.device_id,
            clean_session=None if mqtt_5 else False,
            protocol=protocol,
        )
        client.username_pw_set(credential.device_id, credential.secret)
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        if tls_ca is not None:
            client.tls_set(ca_certs=str(tls_ca), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        client.on_connect = self._connect_answered
        client.on_publish = self._publish_answered
        client.on_message = self._command_came
        return client

    def connect(self, timeout_s: float = 10.0) -> None:
        """Connect, and subscribe to the device's commands. Raises `DeviceError` when refused or unanswered."""
        host, port = self._address
        try:
            self._client.connect(host, port, keepalive=KEEP_ALIVE_S)
        except OSError as error:
            raise DeviceError(f"{self.device_id}: {host}:{port} cannot be reached ({error})") from None
        self._client.loop_start()
        if not self._connected.wait(timeout_s) or self._refusal:
            self._client.disconnect()
            self._client.loop_stop()
            raise DeviceError(f"{self.device_id}: {self._refusal or f'no answer within {timeout_s:g} s'}")

    def publish(self, payload: bytes, *, urgent: bool = False) -> None:
        """Hand a message to the network; `acknowledged` tells when the server has promised to keep it."""
        sent_s = time.monotonic()
        info = self._client.publish(self._urgent_topic if urgent else self.topic, payload, qos=1)
        with self._lock:
            if info.mid in self._early:
                self._early.discard(info.mid)
                self._note(payload, sent_s)
            else:
                self._waiting[info.mid] = (payload, sent_s)

    @property
    def unacknowledged(self) -> int:
        """Messages handed over that the server has not answered yet."""
        with self._lock:
            return len(self._waiting)

    def wait_acknowledged(self, timeout_s: float = 30.0) -> bool:
        """Wait until the server has answered everything. False when the time ran out. [s]."""
        deadline = time.monotonic() + timeout_s
        while self.unacknowledged:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def break_connection(self) -> None:
        """Cut the connection without a word; the client makes it again and resends what was not answered."""
        self._connected.clear()
        open_socket = self._client.socket()
        if isinstance(open_socket, socket.socket):
            with suppress(OSError):  # it may be gone already
                open_socket.shutdown(socket.SHUT_RDWR)

    def vanish(self) -> None:
        """End without a word, as when the battery dies."""
        self._client.reconnect_delay_set(min_delay=3_600, max_delay=3_600)
        self.break_connection()
        self._client.loop_stop()

    def close(self) -> None:
        """Say good-bye and end."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connect_answered(
        self, client: mqtt.Client, _data: object, _flags: mqtt.ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if reason.is_failure:
            self._refusal = f"refused: {reason}"
        else:
            client.subscribe(topics.for_device(topics.COMMANDS, self.device_id), qos=1)
        self._connected.set()

    def _publish_answered(
        self, _client: mqtt.Client, _data: object, mid: int, reason: ReasonCode, _p: Properties | None
    ) -> None:
        with self._lock:
            known = self._waiting.pop(mid, None)
            if reason.value >= _REFUSED:
                return
            if known is None:
                self._early.add(mid)
            else:
                self._note(*known)

    def _note(self, payload: bytes, sent_s: float) -> None:
        self.acknowledged.append(payload)
        self.latencies_s.append(time.monotonic() - sent_s)

    def _command_came(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if self._on_command is not None:
            self._on_command(message.topic, bytes(message.payload))
