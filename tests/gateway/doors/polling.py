"""A real poller before a LOG in memory, and the cloud that it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from anhu.contract.clock import ManualClock
from app.vendor_clouds import VendorClouds
from gateway.codec import Codec
from gateway.codecs import discover
from gateway.doors.poll.poller import Poller
from gateway.doors.poll.port import PolledProduct, PollState
from gateway.doors.poll.settings import PollSettings
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors.fake_cloud import ACCOUNT, SECRET, FakeCloud, Saying, state
from tests.gateway.doors.mqtt.doors import MemoryDirectory, MemoryLog, MemoryNotes, device
from tests.gateway.memory_strangers import MemoryStrangers

AT_MS = 1_795_300_000_000
FAST = PollSettings(
    limit_s=0.5, first_pause_s=0.02, longest_pause_s=0.1, tick_s=0.005, follow_s=0.02, write_s=0.01, most_bytes=65_536
)


@dataclass
class MemoryRegister:
    known: dict[str, PolledProduct] = field(default_factory=dict)
    wearers: dict[str, list[str]] = field(default_factory=dict)
    written: dict[tuple[str, str], PollState] = field(default_factory=dict)
    failure: Exception | None = None

    def products(self, codecs: Sequence[str]) -> Mapping[str, PolledProduct]:
        if self.failure is not None:
            raise self.failure
        return {one: product for one, product in self.known.items() if product.codec in codecs}

    def devices(self, product_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {one: list(self.wearers.get(one, ())) for one in product_ids}

    def states(self) -> Sequence[PollState]:
        return list(self.written.values())

    def write(self, states: Sequence[PollState]) -> None:
        if self.failure is not None:
            raise self.failure
        self.written |= {(one.product_id, one.device_id): one for one in states}


@dataclass
class Polled:
    poller: Poller
    cloud: FakeCloud
    log: MemoryLog
    clock: ManualClock
    directory: MemoryDirectory
    register: MemoryRegister
    notes: MemoryNotes
    strangers: MemoryStrangers

    def count(self, name: str) -> int:
        return self.poller.health()[name]

    def state(self, device_id: str = "") -> PollState:
        return self.register.written.get(("bands", device_id), PollState("bands", device_id))

    def enrol(self, *device_ids: str, codec: str = "sleepthing") -> None:
        self.register.wearers.setdefault("bands", []).extend(device_ids)
        for one in device_ids:
            self.directory.put(device(one, codec=codec, product_id="bands"))

    def change(self, **facts: object) -> None:
        self.register.known["bands"] = replace(self.register.known["bands"], **facts)  # type: ignore[arg-type]

    async def until(self, what: Callable[[], object]) -> None:
        for _ in range(1_000):
            if what():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError


def _fresh(device_id: str) -> Saying:
    return state(device_id, AT_MS)


def polling(
    work: Callable[[Polled], Awaitable[None]],
    *,
    devices: Sequence[str] = ("band-1",),
    says: Callable[[str], Saying] = _fresh,
    settings: PollSettings = FAST,
    register: MemoryRegister | None = None,
    neighbours: Sequence[str] = ("127.0.0.1",),
    more: Mapping[str, Codec] | None = None,
    codec: str = "sleepthing",
) -> None:
    """Do something beside a poller whose product ``bands`` has these devices at a real cloud."""

    async def run() -> None:
        cloud = await FakeCloud(says).start()
        log, clock, directory, notes = MemoryLog(), ManualClock(AT_MS), MemoryDirectory(), MemoryNotes()
        kept, strangers = register or MemoryRegister(), MemoryStrangers()
        kept.known["bands"] = PolledProduct(
            product_id="bands", codec=codec, account=ACCOUNT, secret=SECRET, address=cloud.address, period_s=0.03
        )
        intake = Intake({**discover(), **(more or {})}, log, clock)
        quarantine = Quarantine(intake, strangers, clock)
        behind = {"intake": intake, "directory": directory, "quarantine": quarantine, "notes": notes}
        getter = VendorClouds(clock, neighbours, settings.limit_s)
        poller = Poller(register=kept, getter=getter, clock=clock, settings=settings, **behind)  # type: ignore[arg-type]
        polled = Polled(poller, cloud, log, clock, directory, kept, notes, strangers)
        kept.wearers.clear()
        polled.enrol(*devices, codec=codec)
        holding = asyncio.create_task(quarantine.run())
        await poller.start()
        try:
            await work(polled)
        finally:
            await poller.close()
            holding.cancel()
            await cloud.stop()

    asyncio.run(run())
