"""A home's own Mosquitto, with what its programs announced retained: it comes again with each subscription."""

from __future__ import annotations

import asyncio
from pathlib import Path

from anhu.contract.clock import SystemClock
from anhu.contract.identity import child_device_id
from anhu.contract.observation import Event, Quality
from anhu.contract.record import Reading
from gateway.codecs import discover
from gateway.doors.broker.routes import Binding
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.broker.subscriber import BrokerSubscriber
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors.broker.broker_route import Route, until
from tests.gateway.doors.mqtt.doors import MemoryCommands, MemoryDirectory, MemoryLog, device
from tests.gateway.memory_strangers import MemoryStrangers
from tests.services.mosquitto import Mosquitto

CODECS = discover()
LEAK = (
    b'{"stat_t":"~/flood","~":"shellies/s1/sensor","pl_on":"true","pl_off":"false","dev_cla":"moisture",'
    b'"dev":{"ids":["s1"]}}'
)
DOOR = b'{"stat_t":"shellies/s2/state","pl_on":"open","pl_off":"close","dev_cla":"door","dev":{"ids":["s2"]}}'
HOME = "anhu/home_assistant_discovery/home-2/"


def _events(log: MemoryLog) -> list[tuple[str, str, Event]]:
    said = [(one.device_id, seen) for one in log.readings() if isinstance(one, Reading) for seen in one.observations]
    return [(whose, seen.kind, seen) for whose, seen in said if isinstance(seen, Event)]


def _subscriber(broker: Mosquitto, log: MemoryLog) -> BrokerSubscriber:
    directory, clock = MemoryDirectory(), SystemClock()
    for one in ("home-1", "home-2"):
        directory.put(device(one, codec="home_assistant_discovery"))
    intake = Intake(CODECS, log, clock)
    bindings = [Binding(topic_filter=f, device_id="home-1") for f in ("homeassistant/#", "shellies/#")]
    return BrokerSubscriber(
        intake=intake,
        directory=directory,
        quarantine=Quarantine(intake, MemoryStrangers(), clock),
        commands=MemoryCommands(),
        clock=clock,
        settings=BrokerSettings(
            host=broker.host, port=broker.port, client_id="anhu-test", bindings=tuple(bindings), min_delay_s=1
        ),
    )


def test_retained_configurations_are_learnt_a_retained_state_is_no_news_and_a_live_one_is(tmp_path: Path) -> None:
    async def run(broker: Mosquitto) -> None:
        said = Route(broker.host, broker.port)
        for topic, payload in (
            ("homeassistant/binary_sensor/s1/flood/config", LEAK),
            ("homeassistant/binary_sensor/s2/contact/config", DOOR),
            (f"{HOME}homeassistant/binary_sensor/s1/flood/config", LEAK),
            ("shellies/s2/state", b"open"),
        ):
            await asyncio.to_thread(said.publish, topic, payload, retain=True)
        for _ in range(2):  # a new life, without the file of the first: the broker says it all again
            log = MemoryLog()
            subscriber = _subscriber(broker, log)
            await subscriber.start()
            await until(lambda log=log: any(kind == "contact" for _, kind, _ in _events(log)))  # type: ignore[misc]
            await asyncio.to_thread(said.publish, "shellies/s1/sensor/flood", b"true")
            await asyncio.to_thread(said.publish, f"{HOME}shellies/s1/sensor/flood", b"true")
            await until(lambda log=log: sum(kind == "water_leak" for _, kind, _ in _events(log)) == 2)  # type: ignore[misc]
            [contact] = [seen for _, kind, seen in _events(log) if kind == "contact"]
            assert contact.quality & Quality.RETAINED
            leaks = {whose: seen for whose, kind, seen in _events(log) if kind == "water_leak"}
            assert set(leaks) == {child_device_id(home, "s1/flood") for home in ("home-1", "home-2")}
            assert not any(one.quality & Quality.RETAINED for one in leaks.values())
            await subscriber.close()

    with_broker = Mosquitto(tmp_path)
    with_broker.start()
    try:
        asyncio.run(run(with_broker))
    finally:
        with_broker.stop()
