# mypy: ignore-errors
# It runs with the code of 0.1.0, whose rooms had other paths: nothing here resolves today.
"""The installation while it is made: its parts, its clock, and a note of everything that its LOG acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import ModuleType

import msgspec
from people import enrol

from alerts.database import open_sessions
from alerts.migrations import upgrade
from alerts.model import ConsumerState
from alerts.repository.gateway_directory import DatabaseDirectory
from anhu import wiring
from anhu.processes.frame import Context
from anhu.settings import Settings
from gateway.codec import Frame
from gateway.contract.clock import SECOND_MS, ManualClock
from gateway.contract.observation import Event, Observation, Waveform
from gateway.contract.record import LogRecord, Undecoded, decode_entry
from gateway.intake import Intake
from gateway.log.port import LogWriter
from simulators.smtp_server import SmtpServer
from simulators.webhook_server import WebhookServer


class Noting:
    """The LOG, and a note of everything that it acknowledged."""

    def __init__(self, log: LogWriter) -> None:
        self._log = log
        self.told: list[list[object]] = []
        self.undecoded: list[list[str]] = []
        self.forms: set[str] = set()

    async def append_many(self, records: Sequence[bytes]) -> int:
        """Append, and note what is on disk now."""
        position = await self._log.append_many(records)
        for entry in records:
            found = decode_entry(entry)
            self.forms |= {"Bundle"} if len(found) > 1 else {type(found[0]).__name__}
            for record in found:
                self._note(record)
        return position

    def _note(self, record: LogRecord) -> None:
        if isinstance(record, Undecoded):
            self.undecoded.append([record.device_id, record.codec, record.payload.decode(), record.reason])
            return
        for one in record.observations:
            who = [type(one).__name__, record.resident_id, record.device_id]
            self.told.append([*who, *_said(one), one.observed_at_ms, int(one.quality)])


def _said(one: Observation) -> tuple[str, object]:
    if isinstance(one, Event):
        return one.kind, one.state
    return one.quantity, one.array()[:, 0].tolist() if isinstance(one, Waveform) else one.value


class Place:
    """The installation while it is made."""

    def __init__(
        self, folder: Path, refusing: WebhookServer, hanging: WebhookServer, mail: SmtpServer, began_ms: int
    ) -> None:
        self.refusing, self.hanging, self.mail = refusing, hanging, mail
        self.clock = ManualClock(began_ms)
        self.settings = Settings(
            data=folder, webhook_private=True, smtp_host="127.0.0.1", smtp_port=mail.port, smtp_starttls=False,
            smtp_from="anhu@example.org",
        )  # fmt: skip
        folder.mkdir()
        upgrade(self.settings.database)
        self.sessions = open_sessions(self.settings.database)
        enrol(self.sessions, {"centre": refusing.url, "team": hanging.url}, self.clock.now_ms())
        self.writer = wiring.log_writer(self.settings)
        self.log = Noting(self.writer)
        self.intake = Intake(wiring.known_codecs(self.settings), self.log, self.clock)

    async def say(
        self, device_id: str, topic: str, payload: bytes | Mapping[str, object], at_ms: int, *, retained: bool = False
    ) -> None:
        """Have a device say something at a time, and wait until it is acknowledged."""
        self.clock.set(at_ms)
        raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        frame = Frame(topic=topic, payload=raw, device_id=device_id, received_at_ms=at_ms, retained=retained)
        await self.intake.take(frame, DatabaseDirectory(self.sessions).device(device_id))

    async def report(self, device_id: str, at_ms: int, **parts: object) -> None:
        """Say something in the open format."""
        await self.say(device_id, f"anhu/v1/{device_id}/up", {"v": 1, "time": at_ms, **parts}, at_ms)

    async def zigbee(self, name: str, at_ms: int, *, retained: bool = False, **state: object) -> None:
        """Say something as a sensor of the home."""
        await self.say("home-li", f"zigbee2mqtt/{name}", state, at_ms, retained=retained)

    @asynccontextmanager
    async def running(self, process: ModuleType, *, killed: bool = False) -> AsyncIterator[None]:
        """Run a process of 0.1.0; at the end it is told to stop, or killed where it stands."""
        name, stop, before = process.__name__.rpartition(".")[2], asyncio.Event(), asyncio.all_tasks()
        context = Context(name=name, settings=self.settings, clock=self.clock, stop=stop)
        task = asyncio.create_task(process.body(context))
        yield
        if killed:
            for one in asyncio.all_tasks() - before:
                one.cancel()
        stop.set()
        with suppress(asyncio.CancelledError):
            await task

    async def alerts_stored(self) -> None:
        """Wait until the alert engine's position is the end of the LOG."""
        while True:
            self.clock.forward(SECOND_MS)
            await asyncio.sleep(0.02)
            with self.sessions() as s:
                state = s.get(ConsumerState, "alerts")
                if state is not None and state.position == self.writer.end:
                    return

    async def ingest_committed(self) -> None:
        """Wait until ingest has committed the end of the LOG."""
        while self.read_by("ingest") < self.writer.end:  # noqa: ASYNC110 - it says so in a file
            await asyncio.sleep(0.02)

    def read_by(self, consumer: str) -> int:
        """Return what a consumer has committed."""
        reader = wiring.log_reader(self.settings, consumer)
        try:
            return reader.committed
        finally:
            reader.close()
