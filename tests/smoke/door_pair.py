"""Two real gateways before one database, behind a real HAProxy: each with a data folder and a LOG of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from anhu.contract.observation import Event
from anhu.contract.record import Numbers, Reading, decode_entry
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device, secret_digest
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident
from anhu.registry.tables import Device
from tests.services.finding import need
from tests.services.haproxy import find_haproxy
from tests.services.process import HOST, ServiceProcess, accepts, free_port
from tests.smoke.installation import until

_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SECRET = "s" * 22


class RunningDoor:
    """One gateway process.

    Attributes
    ----------
    name : str
        As it is set.
    mqtt_port, tcp_port, ws_port : int
        Its own, behind the balancer.
    """

    def __init__(self, folder: Path, name: str, database: str, settings: Mapping[str, str]) -> None:
        self.name, self.data = name, folder / name
        self.mqtt_port, self.tcp_port, self.ws_port = free_port(), free_port(), free_port()
        self.output = folder / f"{name}.txt"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ANHU_")},
            "ANHU_DATA": str(self.data),
            "ANHU_DOOR": name,
            "ANHU_DATABASE_URL": database,
            "ANHU_IDENTITY_KEY": _KEY,
            "ANHU_MQTT_PORT": str(self.mqtt_port),
            "ANHU_TCP_PORT": str(self.tcp_port),
            "ANHU_MQTT_WS_PORT": str(self.ws_port),
            "ANHU_TRUSTED_PROXIES": HOST,
            **{f"ANHU_{one.upper()}": value for one, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start it."""
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "run", "gateway"], env=self.environment, stdout=output, stderr=output
            )

    def until_open(self) -> None:
        """Wait until it listens."""
        until(
            lambda: accepts(self.mqtt_port) and accepts(self.tcp_port),
            lambda: self.output.read_text("utf-8"),
            seconds=180,
        )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill -9."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """End it cleanly."""
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGCONT)
            self._process.terminate()
            self.wait()

    def wait(self) -> None:
        """Wait until it has ended."""
        assert self._process is not None
        self._process.wait(180)

    def said(self) -> Iterator[Reading]:
        """Return everything in its LOG so far."""
        if not (self.data / "log").exists():
            return
        reader = EmbeddedLogReader(self.data / "log", f"test-{time.monotonic_ns()}")
        try:
            while entries := reader.read():
                for entry in entries:
                    yield from (_whole(one) for one in decode_entry(entry.record) if isinstance(one, Reading | Numbers))
        finally:
            reader.close()


class DoorPair:
    """Two doors and their balancer."""

    def __init__(self, folder: Path, database: str, devices: Sequence[str], **settings: str) -> None:
        self.database, self._folder = database, folder
        _fill(database, devices)
        self.a, self.b = (RunningDoor(folder, name, database, settings) for name in ("door-1", "door-2"))
        self.port, self.tcp_port, self.ws_port = free_port(), free_port(), free_port()
        fronts = ((self.port, "mqtt_port"), (self.tcp_port, "tcp_port"), (self.ws_port, "ws_port"))
        config = folder / "haproxy.cfg"
        config.write_text(
            "defaults\n mode tcp\n timeout connect 2s\n timeout client 1h\n timeout server 1h\n retries 2\n"
            " option redispatch\n" + "".join(_front(port, name, (self.a, self.b)) for port, name in fronts),
            "utf-8",
        )
        self._balancer = ServiceProcess(
            [need(find_haproxy(), "HAProxy"), "-db", "-f", config],
            log=folder / "haproxy.log",
            ready=lambda: accepts(self.port),
        )

    def __enter__(self) -> Self:
        self.a.begin()
        self.b.begin()
        for door in self.doors:
            door.until_open()
        self._balancer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._balancer.stop()
        for door in self.doors:
            door.stop()

    @property
    def doors(self) -> tuple[RunningDoor, RunningDoor]:
        """Both."""
        return self.a, self.b

    def said(self) -> list[Reading]:
        """Return what both LOGs hold."""
        return [one for door in self.doors for one in door.said()]

    def connections(self, device_id: str) -> list[tuple[int, str, str]]:
        """Return when a device came and went, by both LOGs, in the order of its events: time, state, reason."""
        found = [
            (one.observed_at_ms, one.state, str(one.attributes.get("reason", "")))
            for reading in self.said()
            if reading.device_id == device_id
            for one in reading.observations
            if isinstance(one, Event) and one.kind == "connection"
        ]
        return sorted(found)


def _whole(record: Reading | Numbers) -> Reading:
    return record.reading() if isinstance(record, Numbers) else record


def _front(port: int, name: str, doors: Sequence[RunningDoor]) -> str:
    servers = "".join(
        f" server {one.name} {HOST}:{getattr(one, name)} send-proxy-v2 check inter 500ms fall 2 rise 1"
        " on-marked-down shutdown-sessions\n"
        for one in doors
    )
    return f"listen {name}\n bind {HOST}:{port}\n balance roundrobin\n{servers}"


def _fill(database: str, devices: Sequence[str]) -> None:
    upgrade(database)
    sessions = open_sessions(database)
    with sessions.begin() as session:
        create_centre(session, name="Desk", centre_id="c-1")
        create_resident(session, name="Zhang Guilan", now_ms=1, resident_id="r-1", centre_id="c-1")
        create_device(session, device_id=devices[0], codec="open_json", now_ms=1, resident_id="r-1", secret=SECRET)
        rows = [
            Device(
                id=one,
                codec="open_json",
                secret_sha256=secret_digest(SECRET),
                resident_id="r-1",
                enrolled_at_ms=1,
                version=1,
                alarms=[],
            )
            for one in devices[1:]
        ]
        session.add_all(rows)
    close_sessions(sessions)


class Client:
    """A paho client of one device.

    Attributes
    ----------
    heard : list
        Payloads that came.
    ended : list
        Why its connections ended.
    """

    def __init__(self, device_id: str, *, version: int = 4, client_id: str = "", clean: bool = False) -> None:
        protocol = {4: paho.MQTTv311, 5: paho.MQTTv5}[version]
        self.device_id, self._version, self._clean = device_id, version, clean
        self.paho = paho.Client(
            CallbackAPIVersion.VERSION2, client_id or device_id, clean if version == 4 else None, protocol=protocol
        )
        self.paho.username_pw_set(device_id, SECRET)
        self.heard: list[bytes] = []
        self.ended: list[str] = []
        self.came: list[bool] = []
        self.paho.on_message = lambda _c, _u, message: self.heard.append(bytes(message.payload))
        self.paho.on_disconnect = lambda _c, _u, _f, reason, _p: self.ended.append(str(reason))
        self.paho.on_connect = lambda _c, _u, flags, reason, _p: self._connected(flags, reason)
        self.paho.reconnect_delay_set(1, 2)

    def _connected(self, flags: paho.ConnectFlags, reason: object) -> None:
        if not getattr(reason, "is_failure", False):
            self.came.append(flags.session_present)

    def connect(self, port: int) -> Self:
        """Connect, and wait until it is let in."""
        before = len(self.came)
        if self._version == 5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
            properties.SessionExpiryInterval = 0 if self._clean else 3_600
            self.paho.connect(HOST, port, keepalive=60, clean_start=self._clean, properties=properties)
        else:
            self.paho.connect(HOST, port, keepalive=60)
        self.paho.loop_start()
        until(lambda: len(self.came) > before, seconds=20)
        return self

    def keep_silent(self) -> Self:
        """Acknowledge nothing that comes."""
        self.paho.manual_ack_set(on=True)
        return self

    def say(self, payload: str) -> None:
        """Publish at QoS 1, and wait until it is acknowledged."""
        self.paho.publish(f"anhu/v1/{self.device_id}/up", payload, qos=1).wait_for_publish(30)

    def lose(self) -> None:
        """Break off, and stay away; a socket that is shut is noticed, one that is closed under paho may not be."""
        self.paho.reconnect_delay_set(60, 60)
        sock = self.paho.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Say goodbye."""
        self.paho.disconnect()
        self.paho.loop_stop()
