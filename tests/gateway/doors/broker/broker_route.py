"""A subscriber on a real broker, and what it wrote."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from paho.mqtt import publish

from anhu.contract.clock import SystemClock
from gateway.doors.broker.routes import Binding
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.broker.subscriber import BrokerSubscriber
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors.mqtt.doors import MemoryCommands, MemoryDirectory, MemoryLog, device, open_codec, shared_codec
from tests.gateway.memory_strangers import MemoryStrangers
from tests.services.mosquitto import Mosquitto

HEART = b'{"v":1,"values":{"heart_rate":72}}'
SOS = b'{"v":1,"events":[{"kind":"sos"}]}'
UP = "anhu/v1/dev-1/up"
URGENT = "anhu/v1/dev-1/urgent"
FILTERS = 4
SESSIONS = 2
BACKLOG = 20_000
CODECS = {"open": open_codec(), "shared": shared_codec()}


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


class Route:
    """A subscriber on a broker, and what it wrote."""

    def __init__(self, host: str, port: int, *, share: str = "", log: MemoryLog | None = None) -> None:
        self.host, self.port = host, port
        self.log = log or MemoryLog()
        self.directory = MemoryDirectory()
        self.directory.put(device())
        self.directory.put(device("watch-1", codec="shared"))
        self.commands = MemoryCommands()
        self.strangers = MemoryStrangers()
        intake = Intake(CODECS, self.log, SystemClock())
        self.subscriber = BrokerSubscriber(
            intake=intake,
            directory=self.directory,
            quarantine=Quarantine(intake, self.strangers, SystemClock()),
            commands=self.commands,
            clock=SystemClock(),
            settings=BrokerSettings(
                host=host,
                port=port,
                client_id="anhu-test",
                share=share,
                bindings=(Binding(topic_filter="watch/#", device_id="watch-1"),),
                min_delay_s=1,
                max_delay_s=1,
                command_poll_s=0.05,
                directory_poll_s=0.05,
            ),
        )

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        publish.single(topic, payload, qos=1, retain=retain, hostname=self.host, port=self.port)


@asynccontextmanager
async def route(broker: Mosquitto, *, share: str = "", log: MemoryLog | None = None) -> AsyncIterator[Route]:
    made = Route(broker.host, broker.port, share=share, log=log)
    await made.subscriber.start()
    try:
        await until(lambda: made.subscriber.health()["subscribed"] == FILTERS)
        yield made
    finally:
        made.log.let_go()
        await made.subscriber.close()
