"""A city at work, on which faults may lay hands: devices come in by the balancer, a doctor answers their pages."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

from notify.channels.email.fake import SmtpServer
from notify.channels.webhook.fake import WebhookServer
from tests.city.engines import made
from tests.city.faults.insides import CityInsides
from tests.city.layout import KINDS, City, Size
from tests.city.member import Member
from tests.city.people import settle
from tests.faults import doctor, processes
from tests.faults.arms import Arms
from tests.faults.cable import HOST, Cable
from tests.faults.callers import RECOVERY_S, Callers
from tests.faults.ledger import Ledger
from tests.faults.senders import walk
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.speech import Speech
from tests.faults.world import NeedsAHandError
from tests.services.finding import ServiceMissingError

_WALKERS = 8
_WALK_S, _LOOK_S, _KEEPER_S = 0.2, 0.1, 0.5


class CityWorld:
    """What a fault of a city may lay hands on.

    Attributes
    ----------
    arms, cables : mapping
        Member -> what can be done inside it; the cable between it and the database.
    disks : list of SmallDisk
        Under each broker.
    down : set of str
        Members that the keeper must not start again now, as a machine that is switched off.
    given_up : dict
        Member -> how often it ended by itself and was started again by the keeper.
    """

    def __init__(self, folder: Path, size: Size, seed: str) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - repeatable is what it must be
        self.ledger = Ledger(seed)
        self.doctor, self.mail = WebhookServer(), SmtpServer()
        self._folder, self._size = folder, size
        self.city: City
        self.insides: CityInsides
        self.callers: Callers
        self.arms: Mapping[str, Arms] = {}
        self.cables: Mapping[str, Cable] = {}
        self.down: set[str] = set()
        self.given_up: dict[str, int] = {}
        self.disks: list[SmallDisk] = []
        self._ends = ExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, callers: int) -> None:
        """Start everything, with so many residents who may call for help."""
        self.mail.start()
        self.doctor.start()
        sent = {"smtp_host": HOST, "smtp_port": str(self.mail.port), "smtp_starttls": "false"}
        self.city = City(self._folder, self._size, smtp_from="anhu@example.org", **sent)
        self.disks = [self._ends.enter_context(small_disk(made(one.data))) for one in self.city.kafka.brokers]
        await asyncio.to_thread(self.city.start_engines)
        names = [f"{kind}-{n}" for kind in KINDS for n in range(1, getattr(self._size, kind) + 1)]
        self.arms = {name: Arms(self._folder / "faults" / name) for name in names}
        self.cables = {name: Cable(self.city.postgres.port) for name in names}
        for cable in self.cables.values():
            await cable.start()
        contacts = (("webhook", self.doctor.url), ("email", "desk@example.org"))
        credentials = await asyncio.to_thread(settle, self.city, _WALKERS + callers, contacts)
        await asyncio.to_thread(self.city.start_members, self._own)
        self.insides = CityInsides(self.city)
        door = self.city.balancer.ports[1883]
        self.callers = Callers(credentials[_WALKERS:], door, self.ledger, self.rng, pages=self.doctor, speech=Speech())
        walkers = [self.callers.sender(c) for c in credentials[:_WALKERS]]
        self._tasks = [asyncio.create_task(walk(w, self.rng, _WALK_S)) for w in walkers]
        url, trusted = await asyncio.to_thread(lambda: (str(self.city.api.base_url).rstrip("/"), self.city.trusted))
        token = self.city.api.headers["Authorization"].removeprefix("Bearer ")
        answering = doctor.answer(self.doctor, self.ledger, url.removesuffix("/api/v1"), token, trusted=trusted)
        self._tasks += [asyncio.create_task(answering), asyncio.create_task(self._keep())]

    def _own(self, name: str) -> Mapping[str, str]:
        url = self.city.postgres.url(self.cables[name].port)
        return {**self.arms[name].environment, "ANHU_DATABASE_URL": url}

    async def recovers(self, within_s: float = RECOVERY_S) -> float:
        """Show that a new call for help goes all the way, with nobody's hand; return how long it took. [s]."""
        return await self.callers.recovers(self.until, within_s)

    async def until(self, what: Callable[[], object], name: str, within_s: float = RECOVERY_S) -> None:
        """Wait until something is true, or fail with what the members said last. [s]."""
        end_s = time.monotonic() + within_s
        while not await asyncio.to_thread(what):
            if time.monotonic() > end_s:
                said = f"{self.insides.owners()}\n{self.city.said()}"
                raise NeedsAHandError(f"seed {self.ledger.seed}: within {within_s:.0f} s not true: {name}\n{said}")
            await asyncio.sleep(_LOOK_S)

    async def any_of(self, kind: str) -> Member:
        """Return a member of a kind, once one runs."""
        running: list[Member] = []

        def some_run() -> bool:
            running[:] = [one for one in self.city.of(kind) if one.process.runs]
            return bool(running)

        await self.until(some_run, f"one {kind} runs")
        return self.rng.choice(running)

    async def kill(self, member: Member, down_s: float = 0.0) -> None:
        """SIGKILL a member; the keeper starts it again after so long. [s]."""
        self.down.add(member.name)
        await asyncio.to_thread(self._peak, member)
        await asyncio.to_thread(member.process.kill)
        self.ledger.killed(member.kind)
        await asyncio.sleep(down_s)
        self.down.discard(member.name)

    async def all_run(self) -> None:
        """Wait until every member says that it can do its work."""
        members = self.city.members.values()
        await self.until(lambda: all(one.is_ready() for one in members), "every member is ready")

    def fall_silent(self) -> None:
        """Let the devices report no more."""
        for task in self._tasks[:_WALKERS]:
            task.cancel()

    def note_memory(self) -> None:
        """Keep the most memory that each member ever had. [byte]."""
        for member in self.city.members.values():
            self._peak(member)

    def _peak(self, member: Member) -> None:
        with suppress(ServiceMissingError):
            size = processes.memory_bytes(member.process.pid, "VmHWM")
            self.ledger.peak_bytes[member.kind] = max(size, self.ledger.peak_bytes.get(member.kind, 0))

    async def _keep(self) -> None:
        """Start members again that ended, as the city's own keeper does."""
        while True:
            for member in self.city.members.values():
                if not member.process.runs and member.name not in self.down:
                    if member.process.ended_itself:
                        self.given_up[member.name] = self.given_up.get(member.name, 0) + 1
                    await asyncio.to_thread(member.process.launch)
            await asyncio.sleep(_KEEPER_S)

    async def stop(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(sender.stop() for sender in self.ledger.senders))
        if hasattr(self, "city"):
            await asyncio.to_thread(self.city.stop)
        for provider in (self.doctor, self.mail):
            provider.close()
        for cable in self.cables.values():
            await cable.close()
        self._ends.close()


@asynccontextmanager
async def city_world(folder: Path, size: Size, *, seed: str, callers: int) -> AsyncIterator[CityWorld]:
    """Make a city, and end it afterwards."""
    made = CityWorld(folder, size, seed)
    try:
        await made.start(callers)
        yield made
    finally:
        await made.stop()
