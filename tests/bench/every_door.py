"""An installation with every door open, and devices that come in by each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from simulators.credential import Credential
from tests.bench import visitors
from tests.bench.platform import Platform
from tests.bench.visitors import Visitor
from tests.services.certificate import make_certificate, make_device_certificate
from tests.services.guarded_broker import OURS, allow_everything, can_be_guarded, guarding, open_accounts
from tests.services.mosquitto import Mosquitto
from tests.services.process import free_port

MQTT, WEBSOCKET, CERTIFICATE, SIGNATURE = "MQTT", "MQTT over WebSocket", "MQTT, certificate", "MQTT, signed log-in"
PUSH, TCP, MLLP, BROKER = "HTTP push", "TCP", "MLLP", "broker"
DOORS = (MQTT, WEBSOCKET, CERTIFICATE, SIGNATURE, PUSH, TCP, MLLP, BROKER)
WITH_SECRETS = (MQTT, WEBSOCKET, BROKER)
"""Doors at which a device shows a secret that is only its own."""
_CODECS = {SIGNATURE: "huawei_iotda", TCP: "setracker", MLLP: "hl7_pcd01"}
_PRODUCT = "everything"


class Place(NamedTuple):
    """Where the doors are.

    Attributes
    ----------
    ports : mapping
        Of the doors that have one of their own.
    """

    platform: Platform
    folder: Path
    broker: Mosquitto | None
    ports: Mapping[str, int]
    push_key: str

    @property
    def doors(self) -> tuple[str, ...]:
        """Those that this machine has."""
        return tuple(door for door in DOORS if door != BROKER or self.broker is not None)

    def enrol(self, door: str, device_id: str) -> str:
        """Register a device for a door, and return its secret."""
        given = {"product_id": _PRODUCT} if door == PUSH else {"codec": _CODECS.get(door, "open_json")}
        made: dict[str, Any] = self.platform.post("/devices", {"id": device_id, **given})
        secret = str(made["secret"])
        if door == BROKER and self.broker is not None:
            open_accounts(self.broker, {device_id: secret})
        return secret

    def revoke(self, device_id: str) -> None:
        """Shut a device out, in the register."""
        self.platform.post(f"/devices/{device_id}/revoke")

    def enable(self, device_id: str) -> None:
        """Let it in again."""
        self.platform.post(f"/devices/{device_id}/enable")

    def rotate(self, device_id: str) -> str:
        """Give it a new secret and return it."""
        return str(self.platform.post(f"/devices/{device_id}/rotate")["secret"])

    def visitor(self, door: str, device_id: str, secret: str) -> Visitor:
        """Return a device at a door, not connected."""
        port = self.ports[door]
        made: dict[str, Callable[[], Visitor]] = {
            MQTT: lambda: visitors.by_mqtt(visitors.plain(port), device_id, secret),
            BROKER: lambda: visitors.by_mqtt(visitors.plain(port), device_id, secret),
            WEBSOCKET: lambda: visitors.by_websocket(port, device_id, secret),
            CERTIFICATE: lambda: visitors.by_certificate(
                port, device_id, self.folder / "certificate.pem", make_device_certificate(self.folder, device_id)[1:]
            ),
            SIGNATURE: lambda: visitors.by_signature(port, device_id, secret),
            PUSH: lambda: visitors.PushVisitor(port, _PRODUCT, self.push_key, device_id),
            TCP: lambda: visitors.by_tcp(port, device_id),
            MLLP: lambda: visitors.by_mllp(port, device_id),
        }
        return made[door]()


@contextmanager
def every_door(folder: Path, devices: int = 0) -> Iterator[tuple[Place, Sequence[Credential]]]:
    """Start it, with so many more devices, and end it afterwards."""
    certificate, key = make_certificate(folder)
    authority, _, _ = make_device_certificate(folder, "first")
    websocket, tls, push, tcp = (free_port() for _ in range(4))
    with ExitStack() as stack:
        broker = Mosquitto(folder, guarding(folder)) if can_be_guarded() else None
        led: dict[str, str] = {}
        if broker is not None:
            broker.start()
            stack.callback(broker.stop)
            allow_everything(broker)
            led = {"broker_url": f"mqtt://{OURS[0]}:{OURS[1]}@{broker.host}:{broker.port}", "broker_shuts_out": "true"}
        platform = Platform(
            folder,
            mqtt_ws_port=str(websocket),
            mqtt_tls_port=str(tls),
            tls_certificate=str(certificate),
            tls_key=str(key),
            mqtt_client_ca=str(authority),
            push_port=str(push),
            tcp_port=str(tcp),
            **led,
        )
        who = platform.enrol(devices)
        push_key = platform.admin("create-product", id=_PRODUCT, vendor="ACME")["push_key"]
        platform.start()
        stack.callback(platform.stop)
        platform.log_in()
        ports = {MQTT: platform.mqtt_port, SIGNATURE: platform.mqtt_port, WEBSOCKET: websocket, CERTIFICATE: tls}
        ports |= {PUSH: push, TCP: tcp, MLLP: tcp, BROKER: broker.port if broker is not None else 0}
        yield Place(platform, folder, broker, ports, push_key), who
