"""A centre with a real front door and LOG, and an edge gateway of a home before it; the line can be cut."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import SystemClock
from anhu.contract.observation import Observation
from anhu.contract.record import Reading, Undecoded, decode_entry
from anhu.contract.settings import Secret
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from anhu.registry.devices import create_device
from anhu.registry.residents import create_resident
from app.cli.edge_devices import listed
from app.edge.process import Edge
from app.edge.settings import EdgeSettings
from gateway.codecs import discover
from gateway.command_queue import DatabaseCommandQueue
from gateway.device_register import DatabaseDirectory
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.edge.device_list import LoggedNotes
from gateway.intake import Intake

HOST = "127.0.0.1"
EDGE_SECRET, WATCH_SECRET = "edge-secret-of-24-letters", "watch-secret-of-24-letters"
WAIT_S = 0.3


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def furnish(session: Session) -> None:
    """Enrol a home: an edge, a watch of one resident, and a Zigbee gateway with one sensor of another."""
    for name in ("r-1", "r-2"):
        create_resident(session, name=name, resident_id=name, now_ms=1)
    create_device(session, device_id="edge-1", codec="anhu_edge", secret=EDGE_SECRET, now_ms=1)
    watch = create_device(
        session, device_id="w-1", codec="open_json", parent_id="edge-1", secret=WATCH_SECRET, now_ms=1
    )
    watch.resident_id, watch.room = "r-1", "203"
    create_device(session, device_id="hub-1", codec="zigbee2mqtt", parent_id="edge-1", secret=WATCH_SECRET, now_ms=1)
    hall = create_device(
        session, device_id="hub-1:hall", codec="zigbee2mqtt", parent_id="hub-1", child_name="hall", now_ms=1
    )
    hall.resident_id = "r-2"


@dataclass(slots=True)
class Centre:
    """The centre's gateway."""

    sessions: sessionmaker[Session]
    folder: Path
    port: int = field(default_factory=free_port)
    _door: MqttServer | None = None
    _intake: Intake | None = None
    _log: EmbeddedLogWriter | None = None

    async def start(self) -> None:
        """Open the door."""
        clock = SystemClock()
        self._log = EmbeddedLogWriter(self.folder)
        self._intake = Intake(discover(), self._log, clock)
        self._door = MqttServer(
            intake=self._intake,
            directory=DatabaseDirectory(self.sessions),
            commands=DatabaseCommandQueue(self.sessions, clock),
            notes=LoggedNotes(),
            clock=clock,
            listeners=(Listener(host=HOST, port=self.port),),
        )
        await self._door.start()

    async def stop(self) -> None:
        """Close it, as a line that is cut: nobody answers."""
        assert self._door is not None
        assert self._intake is not None
        assert self._log is not None
        await self._door.close()
        await self._intake.aclose()
        await self._log.aclose()
        self._door = None

    def records(self) -> Sequence[Reading | Undecoded]:
        """Return what the centre has on disk."""
        reader = EmbeddedLogReader(self.folder, "test")
        found: list[Reading | Undecoded] = []
        while entries := reader.read():
            records = (record for entry in entries for record in decode_entry(entry.record))
            found += [one if isinstance(one, Undecoded) else one.reading() for one in records]
        reader.close()
        return found

    def seen(self, *quantities: str) -> Sequence[tuple[Reading, Observation]]:
        """Return what was observed of some kinds, each with the reading that it came in."""
        readings = (one for one in self.records() if isinstance(one, Reading))
        return [(r, one) for r in readings for one in r.observations if one.quantity in quantities]


class Home:
    """The home's edge gateway, and what is sent to it."""

    def __init__(self, sessions: sessionmaker[Session], folder: Path, centre: Centre) -> None:
        folder.mkdir(exist_ok=True)
        devices = folder / "devices.json"
        with sessions() as session:
            devices.write_bytes(msgspec.json.encode(listed(session, "edge-1")))
        self.settings = EdgeSettings(
            data=folder,
            centre_url=f"mqtt://{HOST}:{centre.port}",
            devices=devices,
            secret=Secret(EDGE_SECRET),
            mqtt_port=free_port(),
            port=free_port(),
            wait_s=WAIT_S,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Edge]:
        """Run it."""
        edge, stop = Edge(self.settings, SystemClock()), asyncio.Event()
        task = asyncio.create_task(edge.run(stop))
        await until(lambda: task.done() or all(map(_listens, (self.settings.mqtt_port, self.settings.port))))
        try:
            yield edge
        finally:
            stop.set()
            await task

    async def ready(self) -> None:
        """Wait until devices and the house get an answer."""
        await until(lambda: all(map(_listens, (self.settings.mqtt_port, self.settings.port))))

    async def publish(self, device_id: str, topic: str, *payloads: bytes) -> None:
        """Be a device: publish, and wait for the edge's word for each."""
        await asyncio.to_thread(self._publish, device_id, topic, payloads)

    def _publish(self, device_id: str, topic: str, payloads: Sequence[bytes]) -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2, device_id)
        client.username_pw_set(device_id, WATCH_SECRET)
        client.max_inflight_messages_set(100)
        client.connect(HOST, self.settings.mqtt_port)
        client.loop_start()
        for sent in [client.publish(topic, payload, qos=1) for payload in payloads]:
            sent.wait_for_publish(60)
        client.disconnect()
        client.loop_stop()

    async def state(self) -> dict[str, object]:
        """Return what the house's page is told."""
        async with httpx.AsyncClient() as http:
            found: dict[str, object] = (await http.get(f"http://{HOST}:{self.settings.port}/state")).json()
            return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


async def until(what: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait until something is so."""
    await until_it(lambda: asyncio.sleep(0, what()), within_s)


async def until_it(what: Callable[[], Awaitable[object]], within_s: float = 30.0) -> None:
    """Wait until something asked for is so."""
    async with asyncio.timeout(within_s):
        while not await what():  # noqa: ASYNC110 - of another machine
            await asyncio.sleep(0.02)
