"""What a writer and a reader of Kafka do when the client gives up, the topic is gone, or too much waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException

from anhu.log.kafka.link import MAX_WAITING_BYTES
from anhu.log.kafka.reader import KafkaLogReader
from anhu.log.kafka.settings import MAX_RECORD_BYTES, KafkaSettings
from anhu.log.kafka.writer import KafkaLogWriter
from anhu.log.port import LogFullError
from tests.anhu.log.logs import append, everything
from tests.services.kafka import Kafka, kafka_cluster


@pytest.fixture(scope="module")
def alone() -> Iterator[Kafka]:
    with kafka_cluster() as kafka:
        yield kafka


def settings_for(kafka: Kafka, ack_within_s: float = 60.0) -> KafkaSettings:
    return KafkaSettings(servers=kafka.servers, topic=kafka.new_topic(), ack_within_s=ack_within_s)


async def appended(writer: KafkaLogWriter, record: bytes) -> None:
    """Append until it is acknowledged, as a device does."""
    for _ in range(60):
        try:
            await append(writer, record)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            return
    raise AssertionError("it is never acknowledged")


@contextlib.contextmanager
def reading(settings: KafkaSettings) -> Iterator[KafkaLogReader]:
    reader = KafkaLogReader(settings, "test")
    try:
        yield reader
    finally:
        reader.close()


async def until(is_so: Callable[[], bool], within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - another thread brings it
            await asyncio.sleep(0.05)


def test_when_the_client_gives_up_for_good_who_waits_is_told_and_a_new_one_writes_on(
    alone: Kafka, caplog: pytest.LogCaptureFixture
) -> None:
    settings, (broker,) = settings_for(alone), alone.brokers
    fatal = KafkaError(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, "the session is lost", fatal=True)

    async def test() -> None:
        writer = KafkaLogWriter(settings)
        await append(writer, b"before")
        broker.process.pause()
        waits = asyncio.create_task(append(writer, b"under way"))
        await asyncio.sleep(0.2)
        writer._link._note(fatal)  # as the client tells it
        after = asyncio.create_task(append(writer, b"after"))
        with pytest.raises(OSError, match="Kafka"):
            await asyncio.wait_for(waits, 20)  # long before its time is over
        broker.process.go_on()
        await after
        assert writer.counters()["new_sessions"] == 1
        await writer.aclose()
        assert writer.counters()["waiting_bytes"] == 0

    with caplog.at_level(logging.ERROR):
        asyncio.run(test())
    assert "gives up, a new one begins" in caplog.text
    with reading(settings) as reader:
        found = everything(reader)
    assert found[0] == b"before"
    assert found[-1] == b"after"


def test_with_too_much_waiting_nothing_more_is_taken_until_the_broker_goes_on(alone: Kafka) -> None:
    settings, (broker,) = settings_for(alone), alone.brokers
    alone.change_topic(settings.topic, "max.message.bytes", str(MAX_RECORD_BYTES + 65_536))
    long = b"r" * MAX_RECORD_BYTES

    async def test() -> None:
        writer = KafkaLogWriter(settings)
        await append(writer, b"first")
        broker.process.pause()
        many = [asyncio.create_task(append(writer, long)) for _ in range(MAX_WAITING_BYTES // MAX_RECORD_BYTES + 1)]
        await asyncio.sleep(0.1)
        with pytest.raises(LogFullError, match="wait for Kafka"):
            await append(writer, b"one too many")
        broker.process.go_on()
        await asyncio.gather(*many)
        await append(writer, b"again")
        assert writer.counters()["waiting_bytes"] == 0
        await writer.aclose()

    asyncio.run(test())


def test_a_topic_that_is_deleted_is_no_empty_log(alone: Kafka, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_for(alone, ack_within_s=3.0)

    async def test() -> None:
        writer = KafkaLogWriter(settings)
        for number in range(3):
            await append(writer, b"%d" % number)
        with reading(settings) as reader:
            assert await asyncio.to_thread(everything, reader) == [b"0", b"1", b"2"]
            alone.admin.delete_topics([settings.topic])[settings.topic].result(30)
            with pytest.raises(OSError, match="Kafka"):
                await asyncio.wait_for(append(writer, b"lost"), 30)
            await until(lambda: reader.unheard_s > 3)
            assert reader.backlog_bytes > 0
            alone.new_topic(name=settings.topic)
            await appended(writer, b"anew")
            await until(lambda: [one.record for one in reader.read()] == [b"anew"])
            await until(lambda: reader.backlog_bytes == 0)
        await writer.aclose()

    with caplog.at_level(logging.WARNING):
        asyncio.run(test())
    assert "ends at" in caplog.text or "UNKNOWN_TOPIC" in caplog.text or "Unknown topic" in caplog.text


def test_nothing_of_it_needs_a_topic_to_begin_with(alone: Kafka) -> None:
    """A reader that begins before its topic is there says so, and takes no empty one for it."""
    settings = KafkaSettings(servers=alone.servers, topic="never-made")
    with pytest.raises((OSError, KafkaException)):
        KafkaLogReader(settings, "test")
