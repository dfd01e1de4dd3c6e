"""One installation with everything around it: services, cables, devices, the doctor's webhook, the desk's answers."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from anhu.registry.migrations import upgrade
from app.enrolment import enrol
from app.settings import Secret, Settings
from simulators.credential import Credential
from simulators.smtp_server import SmtpServer
from simulators.webhook_server import Call as PageCall
from simulators.webhook_server import WebhookServer
from tests.faults import doctor, processes
from tests.faults.arms import Arms
from tests.faults.cable import HOST, Cable
from tests.faults.influx_gate import InfluxGate
from tests.faults.insides import Insides
from tests.faults.ledger import Call, Ledger
from tests.faults.senders import Sender, walk
from tests.faults.setup import Services, Setup, settings_of
from tests.faults.small_disk import SmallDisk
from tests.smoke.installation import Installation

_WALKERS = 8
_WALK_S = 0.05
_LOOK_S = 0.05
_RECOVERY_S = 120.0
_TREE_S = 60.0


class NeedsAHandError(AssertionError):
    """Something did not come back by itself."""


class World:
    """What a fault may lay hands on.

    Attributes
    ----------
    device_cable, broker_cable, influx_gate, influx_cable, database_cable, doctor_cable : Cable, InfluxGate
        Between devices and front door (or broker), gateway and broker, ingest and InfluxDB, all processes and
        PostgreSQL, dispatcher and the doctor's webhook.
    doctor, mail : WebhookServer, SmtpServer
        Where pages arrive.
    disk : SmallDisk
        Under all that the installation keeps.
    arms : Arms
        What can be done inside the processes.
    """

    def __init__(self, setup: Setup, around: Services, folder: Path, disk: SmallDisk, seed: str) -> None:
        self.setup, self.services, self.folder, self.disk = setup, around, folder, disk
        self.rng = random.Random(seed)  # noqa: S311 - repeatable is what it must be
        self.ledger = Ledger(seed)
        self.arms = Arms(folder / "faults")
        self.doctor, self.mail = WebhookServer(), SmtpServer()
        self.device_cable: Cable
        self.doctor_cable = Cable(self.doctor.port)
        self.broker_cable = Cable(around.mosquitto.port) if around.mosquitto else None
        self.influx_cable = Cable(int(around.influxd.url.rsplit(":", 1)[1])) if around.influxd else None
        self.influx_gate: InfluxGate | None = None
        self.database_cable = Cable(around.postgres.port) if around.postgres else None
        self.walkers: list[Sender] = []
        self.installation: Installation
        self.insides: Insides
        self._callers: list[Credential] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._token = ""

    async def start(self, callers: int) -> None:
        """Start everything, with so many residents who may call for help."""
        if self.influx_cable is not None:
            await self.influx_cable.start()
            self.influx_gate = InfluxGate(self.influx_cable.port)
        self.mail.start()
        for cable in (self.database_cable, self.broker_cable, self.doctor_cable):
            if cable is not None:
                await cable.start()
        bucket = self.services.influxd.new_bucket() if self.services.influxd else ""
        given = settings_of(self.services, bucket, mail_port=self.mail.port)
        if self.influx_gate is not None:
            given["influxdb_url"] = f"http://{HOST}:{self.influx_gate.port}"
        if self.services.postgres is not None and self.database_cable is not None:
            given["database_url"] = self.services.postgres.url(self.database_cable.port)
        if self.broker_cable is not None:
            given["broker_url"] = f"mqtt://{HOST}:{self.broker_cable.port}"
        self.installation = Installation(self.folder, **given)
        self.installation._environment |= self.arms.environment
        behind = self.services.mosquitto.port if self.services.mosquitto else self.installation.mqtt_port
        self.device_cable = Cable(behind)
        await self.device_cable.start()
        self.insides = Insides(self.installation.data, self._database_url, self.services.influxd, bucket)
        self.doctor.start()
        credentials = await asyncio.to_thread(self._set_up, callers)
        await asyncio.to_thread(self.installation.start)
        await self.until(self.services.broker_knows_us, "the gateway has subscribed")
        self._callers = list(credentials[_WALKERS:])
        self.walkers = [self._sender(c) for c in credentials[:_WALKERS]]
        self._tasks = [asyncio.create_task(walk(w, self.rng, _WALK_S)) for w in self.walkers]
        self._tasks += [
            asyncio.create_task(
                doctor.answer(self.doctor, self.ledger, f"http://{HOST}:{self.installation.port}", self._token)
            ),
            asyncio.create_task(processes.watch_memory(self.installation.data, self.ledger.peak_bytes)),
        ]

    @property
    def _database_url(self) -> str:
        """Past the cable."""
        postgres = self.services.postgres
        return postgres.url(postgres.port) if postgres else f"sqlite:///{self.folder / 'data' / 'anhu.db'}"

    def _set_up(self, callers: int) -> Sequence[Credential]:
        self.installation.data.mkdir(parents=True)
        settings = Settings(data=self.installation.data, database_url=Secret(self._database_url))
        upgrade(settings.database)
        self.installation.admin("create-centre", id="c-1", name="幸福里")
        hook = f"http://{HOST}:{self.doctor_cable.port}/hook"
        for channel, address in (("webhook", hook), ("email", "desk@example.org")):
            self.installation.admin("create-contact", owner="centre:c-1", channel=channel, address=address)
        self.installation.admin("create-user", login="chief", role="admin")
        self._token = self.installation.admin("create-token", login="chief")["token"]
        return enrol(settings, _WALKERS + callers, prefix="dev", centre="c-1")

    def _sender(self, credential: Credential) -> Sender:
        sender = Sender(credential, self.device_cable.port)
        self.ledger.senders.append(sender)
        sender.start()
        return sender

    def registered_sender(self) -> Sender:
        """Return a device whose readings count, and which never connects itself."""
        sender = Sender(self._callers.pop(), self.device_cable.port)
        self.ledger.senders.append(sender)
        return sender

    def throwaway_credential(self) -> Credential:
        """Return a registered device that nobody else is."""
        return self._callers.pop()

    def throwaway_sender(self) -> Sender:
        """Return a device of which nothing is expected; the caller stops it."""
        sender = Sender(self.throwaway_credential(), self.device_cable.port)
        sender.start()
        return sender

    async def call_for_help(self, *, answer: bool | None = None) -> Call:
        """Have a resident press the button, sometimes twice; the device sees to it that it gets through."""
        sender = self._sender(self._callers.pop())
        payload = await sender.call_for_help()
        if self.rng.random() < 0.3:
            await sender.say_again(payload)
        will = self.rng.random() < 0.5 if answer is None else answer
        call = Call(sender, payload, time.monotonic(), will)
        self.ledger.calls.append(call)
        return call

    def paged(self, call: Call) -> bool:
        """Tell whether a page about a call for help was taken."""
        return any(doctor.taken(page) for page in self.pages(call))

    def pages(self, call: Call) -> list[PageCall]:
        """Return every try of every page about a call for help."""
        return doctor.pages_of(self.doctor.calls, call.sender.resident_id)

    async def recovers(self, within_s: float = _RECOVERY_S) -> float:
        """Show that a new call for help goes all the way, with nobody's hand; return how long it took. [s]."""
        call = await self.call_for_help()
        await self.until(lambda: self.paged(call), f"{call.sender.resident_id}'s call reaches the doctor", within_s)
        return time.monotonic() - call.sent_s

    async def until(self, what: Callable[[], object], name: str, within_s: float = _RECOVERY_S) -> None:
        """Wait until something is true, or fail with what the processes said last. [s]."""
        end_s = time.monotonic() + within_s
        while not await asyncio.to_thread(what):
            if time.monotonic() > end_s:
                said = self.installation.log()[-6_000:]
                raise NeedsAHandError(f"seed {self.ledger.seed}: within {within_s:.0f} s not true: {name}\n{said}")
            await asyncio.sleep(_LOOK_S)

    async def kill(self, process: str) -> None:
        """SIGKILL a process, once it runs."""
        pid = await self.pid(process)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.ledger.killed(process)

    async def power_cut(self, meanwhile: Callable[[], object] | None = None) -> None:
        """SIGKILL the whole tree, let something happen meanwhile, and switch the machine on again."""
        await asyncio.to_thread(self.installation.kill)
        self.ledger.killed("everything")
        if meanwhile is not None:
            meanwhile()
        await asyncio.to_thread(self.installation.start)

    async def pid(self, process: str) -> int:
        """Return the process id, once it runs."""
        found: dict[str, int] = {}

        def runs() -> bool:
            found.update(processes.pids(self.installation.data))
            return process in found

        await self.until(runs, f"{process} runs")
        return found[process]

    def fall_silent(self) -> None:
        """Let the devices report no more."""
        for task in self._tasks[:_WALKERS]:
            task.cancel()

    def settled(self) -> bool:
        """Tell whether both readers have settled all that the LOG holds."""
        behind = self.insides.behind_bytes()
        return bool(behind) and not any(behind.values())

    async def stop(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(sender.stop() for sender in self.ledger.senders))
        await asyncio.to_thread(self.installation.stop)
        self.doctor.close()
        self.mail.close()
        cables = (self.device_cable, self.broker_cable, self.influx_cable, self.database_cable, self.doctor_cable)
        for cable in cables:
            if cable is not None:
                await cable.close()
        if self.influx_gate is not None:
            self.influx_gate.close()


@asynccontextmanager
async def world(
    setup: Setup, around: Services, folder: Path, disk: SmallDisk, *, seed: str, callers: int
) -> AsyncIterator[World]:
    """Make a world, and end it afterwards."""
    made = World(setup, around, folder, disk, seed)
    try:
        await made.start(callers)
        yield made
    finally:
        await made.stop()
