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

from sqlalchemy.orm import Session

from anhu.contract.settings import Secret
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.tables import Resident
from app.enrolment import enrol
from app.settings import Settings
from notify.channels.email.fake import SmtpServer
from notify.channels.webhook.fake import WebhookServer
from simulators.credential import Credential
from tests.faults import doctor, processes
from tests.faults.arms import Arms
from tests.faults.cable import HOST
from tests.faults.callers import RECOVERY_S, Callers
from tests.faults.insides import Insides
from tests.faults.ledger import Ledger
from tests.faults.phones import Phones
from tests.faults.senders import Sender, walk
from tests.faults.setup import Services, Setup, settings_of
from tests.faults.small_disk import SmallDisk
from tests.faults.speech import Speech, taught, way_in
from tests.faults.wires import Wires
from tests.smoke.installation import Installation

_WALKERS = 8
_WALK_S = 0.05
_LOOK_S = 0.05
_TREE_S = 180.0
_SHOWN = 10


class NeedsAHandError(AssertionError):
    """Something did not come back by itself."""


def _have_diabetes(session: Session, residents: Sequence[str]) -> None:
    """Have a sensor's low glucose told at once: of anybody else it is after a quarter of an hour only."""
    for resident_id in residents:
        session.get_one(Resident, resident_id).flags = ["diabetes"]


class World:
    """What a fault may lay hands on.

    Attributes
    ----------
    wires : Wires
        The cables between all of them.
    callers : Callers
        Residents who may call for help.
    doctor, mail : WebhookServer, SmtpServer
        Where pages arrive.
    phones : Phones
        Where texts and calls to village doctors arrive.
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
        self.doctor, self.mail, self.phones = WebhookServer(), SmtpServer(), Phones()
        self.wires = Wires(around, self.doctor.port)
        self.callers: Callers
        self.walkers: list[Sender] = []
        self.installation: Installation
        self.insides: Insides
        self._tasks: list[asyncio.Task[None]] = []
        self._token = self._push_key = ""

    async def start(self, callers: int) -> None:
        """Start everything, with so many residents who may call for help."""
        for provider in (self.mail, self.phones, self.doctor):
            provider.start()
        led = await self.wires.start()
        bucket = self.services.influxd.new_bucket() if self.services.influxd else ""
        port, opened = way_in(self.setup.route)
        given = settings_of(self.services, bucket, mail_port=self.mail.port) | self.phones.settings | led | opened
        self.installation = Installation(self.folder, **given)
        self.phones.url = self._url
        self.installation._environment |= self.arms.environment
        await self.wires.start_devices(port or self.installation.mqtt_port)
        self.insides = Insides(self.installation.data, self.database_url, self.services.influxd, bucket)
        credentials = await asyncio.to_thread(self._set_up, callers)
        await asyncio.to_thread(self.installation.start)
        await self.until(self.services.broker_knows_us, "the gateway has subscribed")
        port, speech = self.wires.device_cable.port, Speech(self.setup.route, self._push_key)
        self.callers = Callers(credentials[_WALKERS:], port, self.ledger, self.rng, pages=self.doctor, speech=speech)
        self.walkers = [self.callers.sender(c) for c in credentials[:_WALKERS]]
        self._tasks = [asyncio.create_task(walk(w, self.rng, _WALK_S)) for w in self.walkers]
        answering = doctor.answer(self.doctor, self.ledger, self._url, self._token)
        beside = (answering, processes.watch_memory(self.installation.data, self.ledger.peak_bytes))
        self._tasks += [asyncio.create_task(work) for work in beside]

    @property
    def _url(self) -> str:
        return f"http://{HOST}:{self.installation.port}"

    @property
    def database_url(self) -> str:
        """Address of its database, past the cable."""
        postgres = self.services.postgres
        return postgres.url(postgres.port) if postgres else f"sqlite:///{self.folder / 'data' / 'anhu.db'}"

    def _set_up(self, callers: int) -> Sequence[Credential]:
        self.installation.data.mkdir(parents=True)
        settings = Settings(data=self.installation.data, database_url=Secret(self.database_url))
        upgrade(settings.database)
        self.installation.admin("create-centre", id="c-1", name="幸福里")
        hook = f"http://{HOST}:{self.wires.doctor_cable.port}/hook"
        for channel, address in (("webhook", hook), ("email", "desk@example.org")):
            self.installation.admin("create-contact", owner="centre:c-1", channel=channel, address=address)
        self.installation.admin("create-user", login="chief", role="admin")
        self._token = self.installation.admin("create-token", login="chief")["token"]
        credentials = enrol(settings, _WALKERS + callers, prefix="dev", centre="c-1")
        sessions = open_sessions(settings.database)
        with sessions.begin() as session:
            self.phones.give(session, [f"r-{one.device_id}" for one in credentials])
            _have_diabetes(session, [f"r-{one.device_id}" for one in credentials[_WALKERS:]])
        close_sessions(sessions)
        self._push_key = taught(self.setup.route, self.installation, settings.database)
        return credentials

    async def recovers(self, within_s: float = RECOVERY_S) -> float:
        """Show that a new call for help goes all the way, with nobody's hand; return how long it took. [s]."""
        return await self.callers.recovers(self.until, within_s)

    async def until(self, what: Callable[[], object], name: str, within_s: float = RECOVERY_S) -> None:
        """Wait until something is true, or fail with what the processes said last. [s]."""
        end_s = time.monotonic() + within_s
        while not await asyncio.to_thread(what):
            if time.monotonic() > end_s:
                said = "\n".join([*self.insides.callbacks_waiting()[:_SHOWN], self.installation.log()[-6_000:]])
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

    async def close_alert(self, alert_id: str) -> None:
        """Close an alert from the desk: that is an answer, too."""
        await doctor.close(self._url, self._token, alert_id)
        self.ledger.answered_s[alert_id] = time.monotonic()

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
        for provider in (self.doctor, self.mail, self.phones):
            provider.close()
        await self.wires.close()


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
