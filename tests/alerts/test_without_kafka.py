"""The same with a real broker that is frozen while a fall waits, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from alerts.worker import AlertWorker
from anhu.contract.clock import SECOND_MS
from anhu.contract.observation import Event
from anhu.contract.record import encode_record
from anhu.log.kafka.reader import KafkaLogReader
from anhu.log.kafka.settings import KafkaSettings
from anhu.log.kafka.writer import KafkaLogWriter
from anhu.registry.database import close_sessions
from tests.alerts.test_without_log import told
from tests.alerts.test_worker import DETECTORS, T0, Site, one
from tests.services.kafka import Kafka

WITHIN_S = 60.0


async def until(is_so: Callable[[], bool], step: Callable[[], object] = lambda: None) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not is_so():
            step()
            await asyncio.sleep(0.05)


def test_a_fall_is_told_while_the_broker_is_frozen_and_taken_back_after_it(
    own_kafka: Callable[..., Kafka], tmp_path: Path
) -> None:
    kafka, site = own_kafka(), Site(tmp_path)
    settings = KafkaSettings(servers=kafka.servers, topic=kafka.new_topic())
    (broker,) = kafka.brokers

    async def append(event: Event) -> None:
        writer = KafkaLogWriter(settings)
        await writer.append_many([("", encode_record(one(event)))])
        await writer.aclose()

    def is_urgent() -> bool:
        return told(site) == [("fall_suspected", "HIGH", "present", 1)]

    async def test() -> None:
        reader, ahead = [await asyncio.to_thread(KafkaLogReader, settings, "alerts") for _ in range(2)]
        worker, stop = AlertWorker(reader, ahead, site.sessions, DETECTORS, site.clock), asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        await append(Event("fall_suspected", T0))
        await until(lambda: len(told(site)) == 1)
        broker.process.pause()
        site.clock.forward(50 * SECOND_MS)
        await until(lambda: worker.counters()["log_away_ms"] > 0, lambda: site.clock.forward(1))
        assert not is_urgent()
        await until(is_urgent, lambda: site.clock.forward(SECOND_MS))
        assert worker.counters()["findings_without_log"] == 1
        broker.process.go_on()
        await append(Event("fall_cancelled", T0 + 20 * SECOND_MS))
        await until(lambda: [condition for _, _, condition, _ in told(site)] == ["gone"])
        await until(lambda: worker.counters()["log_away_ms"] == 0)
        stop.set()
        await running
        assert len(told(site)) == 1
        for each in (reader, ahead):
            await asyncio.to_thread(each.close)

    asyncio.run(test())
    close_sessions(site.sessions)
