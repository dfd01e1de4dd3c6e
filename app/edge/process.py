"""The edge gateway's one process: devices -> LOG -> centre; what the centre has not in time -> the house."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn

from anhu.contract.clock import Clock
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from app.edge.house import House, ended
from app.edge.page import create_page
from app.edge.settings import EdgeSettings
from gateway.announcements import Announcements
from gateway.codecs import discover
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.edge.calls import CallLane
from gateway.edge.device_list import ListedDirectory, LoggedNotes, NoCommands
from gateway.edge.forwarder import Forwarder
from gateway.edge.local_alarms import LocalAlarms
from gateway.edge.uplink import Uplink
from gateway.intake import Intake

_KIB = 1_024
_SEGMENT_BYTES = 8 * 1_024**2
_KEPT_S = 3_600.0


class Edge:
    """Everything of one edge gateway, started and ended together."""

    def __init__(self, settings: EdgeSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        folder = settings.data / "log"
        self._directory = ListedDirectory(settings.devices)
        edge = self._directory.edge
        self._log = EmbeddedLogWriter(
            folder, max_bytes=settings.log_max_bytes, max_age_s=_KEPT_S, segment_bytes=_SEGMENT_BYTES
        )
        self._announcements = Announcements(settings.data / "announced.db")
        self._intake = Intake(discover(), self._log, clock, self._announcements)
        self._readers = {name: EmbeddedLogReader(folder, name) for name in ("calls", "forwarder")}
        self._line = Uplink(settings.centre(edge))
        self._alarms = LocalAlarms(settings.data / "alarms.json")
        self._calls = CallLane(
            self._readers["calls"],
            self._line,
            edge,
            self._alarms,
            clock=clock,
            label=self._directory.label,
            wait_s=settings.wait_s,
        )
        self._forwarder = Forwarder(self._readers["forwarder"], self._line, edge)
        self._house = House(settings, self._alarms, clock)
        self._door = self._make_door(settings.data)

    def state(self) -> Mapping[str, Any]:
        """Return how it is, for the house's page."""
        return {
            "up": self._line.is_up,
            "refused": self._line.refused,
            "calls": self._calls.under_way,
            "kib": self._readers["forwarder"].backlog_bytes // _KIB,
            "dropped": self._log.dropped_unread,
            "trouble": self._house.trouble or self._alarms.unwritten,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what was taken is on disk and answered before the end."""
        await self._door.start()
        page = create_page(self._alarms, self.state, self._clock, password=str(self._settings.password))
        server = uvicorn.Server(
            uvicorn.Config(page, self._settings.host, self._settings.port, log_level="warning", lifespan="off")
        )
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # ours are there already
        work = (self._line.run(), self._calls.run(), self._forwarder.run(), self._house.run())
        tasks = [asyncio.create_task(one) for one in work]
        serving = asyncio.create_task(server.serve(), name="page")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        done, _ = await asyncio.wait({stopping, *tasks, serving}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
        await self._door.close()
        await self._intake.aclose()
        self._announcements.close()
        stopping.cancel()
        await ended(*(task for task in tasks if task not in done))
        await self._log.aclose()
        for reader in self._readers.values():
            reader.close()
        for task in done:
            task.result()

    def _make_door(self, data: Path) -> MqttServer:
        return MqttServer(
            intake=self._intake,
            directory=self._directory,
            commands=NoCommands(),
            notes=LoggedNotes(),
            clock=self._clock,
            listeners=(Listener(host=self._settings.host, port=self._settings.mqtt_port),),
            present=data / "connected.devices",
            sessions=data / "sessions.db",
        )
