"""A real HTTP push door before a LOG in memory, and a real client that pushes to it."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from anhu.contract.clock import ManualClock
from anhu.contract.proxies import trusted_networks
from gateway.codec import Codec
from gateway.codecs import discover
from gateway.directory import ProductEntry
from gateway.door_specs import HttpRequest
from gateway.doors.http.server import HttpListener, HttpServer
from gateway.doors.http.settings import HttpSettings
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors import toy_push
from tests.gateway.doors.mqtt.doors import MemoryDirectory, MemoryLog, device
from tests.gateway.memory_strangers import MemoryStrangers


@dataclass
class MemoryProducts:
    products: dict[str, ProductEntry] = field(default_factory=dict)
    failure: Exception | None = None

    def put(self, product_id: str, codec: str, key: bytes) -> None:
        self.products[product_id] = ProductEntry(product_id=product_id, codec=codec, push_key=key)

    def all_enabled(self) -> Mapping[str, ProductEntry]:
        if self.failure is not None:
            raise self.failure
        return dict(self.products)


@dataclass
class Rig:
    door: HttpServer
    intake: Intake
    log: MemoryLog
    clock: ManualClock
    directory: MemoryDirectory
    products: MemoryProducts
    strangers: MemoryStrangers

    @property
    def port(self) -> int:
        return self.door.ports[0]

    def count(self, name: str) -> int:
        return self.door.health()[name]

    async def push(self, asked: HttpRequest) -> tuple[int, Any]:
        """Send it with a real client."""

        def send() -> tuple[int, Any]:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as client:
                client.request(asked.method, asked.target, body=asked.body, headers=dict(asked.headers))
                answer = client.getresponse()
                text = answer.read()
                return answer.status, json.loads(text) if text else None

        return await asyncio.to_thread(send)

    async def until(self, what: Callable[[], object]) -> None:
        for _ in range(2_000):
            if what():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError


def behind(
    work: Callable[[Rig], Awaitable[None]],
    settings: HttpSettings | None = None,
    *,
    at_ms: int = toy_push.AT_MS,
    trusted: str = "",
    listener: HttpListener | None = None,
    family: Codec = toy_push.CODEC,
    strangers: MemoryStrangers | None = None,
) -> None:
    """Do something behind a door: product ``toy`` with the devices dev-1 and dev-2, and a device of another product."""

    held = MemoryStrangers() if strangers is None else strangers

    async def run() -> None:
        log, clock, products = MemoryLog(), ManualClock(at_ms), MemoryProducts()
        products.put("toy", family.name, toy_push.KEY)
        directory = MemoryDirectory({d: device(d, codec=family.name, product_id="toy") for d in ("dev-1", "dev-2")})
        directory.put(device("other", codec="toy_push", product_id="another"))
        intake = Intake({**discover(), toy_push.CODEC.name: toy_push.CODEC, family.name: family}, log, clock)
        quarantine = Quarantine(intake, held, clock)
        door = HttpServer(
            intake=intake,
            directory=directory,
            products=products,
            clock=clock,
            listeners=(listener or HttpListener(),),
            settings=settings or HttpSettings(products_poll_s=0.05, directory_poll_s=0.05),
            trusted=trusted_networks(trusted),
            quarantine=quarantine,
        )
        await door.start()
        try:
            await work(Rig(door, intake, log, clock, directory, products, held))
        finally:
            await door.close()

    asyncio.run(run())
