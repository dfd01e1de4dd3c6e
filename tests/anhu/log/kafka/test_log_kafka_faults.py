"""Brokers that are frozen, killed and brought back: what was acknowledged is there, what was not is told in time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from anhu.log.kafka.reader import KafkaLogReader
from anhu.log.kafka.settings import KafkaSettings
from anhu.log.kafka.writer import KafkaLogWriter
from anhu.log.partition import partition_of
from tests.anhu.log.logs import append, everything
from tests.services.kafka import Kafka, kafka_cluster

KEYS = [f"c-{n}" for n in range(12)]
PARTITIONS = 4


@pytest.fixture(scope="module")
def alone() -> Iterator[Kafka]:
    with kafka_cluster() as kafka:
        yield kafka


def settings_for(kafka: Kafka, ack_within_s: float = 60.0) -> KafkaSettings:
    topic = kafka.new_topic(PARTITIONS)
    return KafkaSettings(servers=kafka.servers, topic=topic, partitions=PARTITIONS, ack_within_s=ack_within_s)


class Writing:
    """Appends a number after the other for every key until told to stop; knows which were acknowledged."""

    def __init__(self, writer: KafkaLogWriter) -> None:
        self._writer = writer
        self.acknowledged: set[bytes] = set()
        self.refused = 0
        self.goes_on = True
        self._enough = 1_000_000
        self._is_enough = asyncio.Event()

    async def one_key(self, key: str) -> None:
        number = 0
        while self.goes_on:
            record = b"%s/%06d" % (key.encode(), number := number + 1)
            try:
                await append(self._writer, record, key)
            except OSError:
                self.refused += 1
            else:
                self.acknowledged.add(record)
                if len(self.acknowledged) >= self._enough:
                    self._is_enough.set()
            await asyncio.sleep(0.01)

    async def while_(self, kill_and_restart: asyncio.Future[None]) -> None:
        tasks = [asyncio.create_task(self.one_key(key)) for key in KEYS]
        await kill_and_restart
        self._enough = len(self.acknowledged) + 5 * len(KEYS)
        await self._is_enough.wait()
        self.goes_on = False
        await asyncio.gather(*tasks)


async def by_another_client(settings: KafkaSettings) -> list[list[bytes]]:
    """Return what aiokafka reads, by partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    here = [TopicPartition(settings.topic, number) for number in range(PARTITIONS)]
    consumer.assign(here)
    ends = await consumer.end_offsets(here)
    found: list[list[bytes]] = [[] for _ in here]
    while sum(map(len, found)) < sum(ends.values()):
        for one, messages in (await consumer.getmany(timeout_ms=500)).items():
            found[one.partition] += [message.value for message in messages]
    await consumer.stop()
    return found


def check(found: list[list[bytes]], acknowledged: set[bytes]) -> None:
    """Nothing acknowledged is missing, nothing is there twice, each key is where it belongs and in order."""
    everywhere = [record for part in found for record in part]
    assert acknowledged <= set(everywhere)
    assert len(everywhere) == len(set(everywhere))
    for number, part in enumerate(found):
        for key in KEYS:
            mine = [record for record in part if record.startswith(key.encode() + b"/")]
            assert mine == sorted(mine)
            assert not mine or partition_of(key, PARTITIONS) == number


def _read(settings: KafkaSettings) -> list[list[bytes]]:
    found = []
    for number in range(PARTITIONS):
        with contextlib.closing(KafkaLogReader(settings, "test", number)) as reader:
            found.append(everything(reader))
    return found


def test_a_broker_killed_while_all_append_loses_nothing_and_doubles_nothing(alone: Kafka) -> None:
    settings, (broker,) = settings_for(alone), alone.brokers

    def kill_and_restart() -> None:
        broker.process.kill()
        alone.restart(broker)

    async def test() -> None:
        writer = KafkaLogWriter(settings)
        writing = Writing(writer)
        await writing.while_(asyncio.get_running_loop().run_in_executor(None, kill_and_restart))
        await writer.aclose()
        found = await by_another_client(settings)
        check(found, writing.acknowledged)
        assert await asyncio.to_thread(_read, settings) == found

    asyncio.run(test())


def test_a_frozen_broker_is_told_in_time_and_nothing_is_acknowledged(alone: Kafka) -> None:
    settings, (broker,) = settings_for(alone, ack_within_s=3.0), alone.brokers

    async def test() -> None:
        writer = KafkaLogWriter(settings)
        reader = KafkaLogReader(settings, "test", partition_of("c-1", PARTITIONS))
        first = await append(writer, b"first", "c-1")
        assert everything(reader) == [b"first"]
        broker.process.pause()
        try:
            told = await asyncio.gather(*(append(writer, b"%d" % i, "c-1") for i in range(5)), return_exceptions=True)
            with pytest.raises(OSError, match="Kafka"):
                await asyncio.to_thread(reader.commit, first)
            assert reader.committed == 0
            assert reader.backlog_bytes > 0  # whoever has lost the broker does not know that all is read
            assert writer.counters()["waiting_bytes"] == 0
        finally:
            broker.process.go_on()
        assert all(isinstance(one, OSError) for one in told)
        assert "not acknowledged within 3 s" in str(told[0])
        for number in range(10):
            with contextlib.suppress(OSError):
                await append(writer, b"after-%d" % number, "c-1")
                break
        after = [record for record in everything(reader) if record.startswith(b"after")]
        assert after == [b"after-%d" % number]
        await asyncio.to_thread(reader.commit, reader.position)
        reader.close()
        await writer.aclose()

    asyncio.run(test())


def test_of_three_brokers_the_leader_may_be_killed() -> None:
    with kafka_cluster(3) as three:
        settings = settings_for(three)
        leader = three.leader(settings.topic, partition_of("c-1", PARTITIONS))

        def kill_and_wait() -> None:
            leader.process.kill()
            three.wait_until_known(2)

        async def test() -> None:
            writer = KafkaLogWriter(settings)
            writing = Writing(writer)
            await writing.while_(asyncio.get_running_loop().run_in_executor(None, kill_and_wait))
            await writer.aclose()
            found = await by_another_client(settings)
            check(found, writing.acknowledged)
            assert writing.refused == 0

        asyncio.run(test())


def test_with_too_few_copies_in_step_nothing_is_acknowledged_until_they_are_back() -> None:
    with kafka_cluster(3, controller_quorum_request_timeout_ms="5000") as three:
        settings = settings_for(three, ack_within_s=5.0)
        keeps = three.leader(settings.topic, partition_of("c-1", PARTITIONS))
        others = [broker for broker in three.brokers if broker is not keeps]

        async def test() -> None:
            writer = KafkaLogWriter(settings)
            await append(writer, b"1", "c-1")
            for broker in others:
                broker.process.kill()
            with pytest.raises(OSError, match="not acknowledged"):
                await append(writer, b"2", "c-1")
            for broker in others:
                three.start_again(broker)
            await asyncio.to_thread(three.wait_until_known, 3)
            for _ in range(20):
                with contextlib.suppress(OSError):
                    await append(writer, b"3", "c-1")
                    break
            await writer.aclose()
            found = [record for part in await by_another_client(settings) for record in part]
            assert found[0] == b"1"
            assert found[-1] == b"3"

        asyncio.run(test())
