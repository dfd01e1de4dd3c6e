"""Reading Kafka where it has dropped, was made anew, or has not sent yet: whatever is missing is said aloud."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, TopicPartition

from anhu.log.kafka.ends import PartitionEnd
from anhu.log.kafka.lag import lags
from anhu.log.kafka.reader import KafkaLogReader
from anhu.log.kafka.ready import READY_BYTES
from anhu.log.kafka.settings import KafkaSettings
from anhu.log.kafka.writer import KafkaLogWriter
from tests.anhu.log.logs import NOW_MS, append, everything
from tests.conformance.logs_to_test import some
from tests.services.kafka import Kafka

HOUR_MS = 3_600_000


@pytest.fixture
def settings(kafka: Kafka) -> KafkaSettings:
    return KafkaSettings(servers=kafka.servers, topic=kafka.new_topic())


def write(settings: KafkaSettings, *records: bytes) -> None:
    async def all_of_them() -> None:
        writer = KafkaLogWriter(settings)
        for record in records:
            await append(writer, record)
        await writer.aclose()

    asyncio.run(all_of_them())


def drop(kafka: Kafka, topic: str, before: int) -> None:
    """Let Kafka drop what retention would."""
    kafka.admin.delete_records([TopicPartition(topic, 0, before)])
    for asked in kafka.admin.delete_records([TopicPartition(topic, 0, before)]).values():
        asked.result(30)


@contextlib.contextmanager
def reading(settings: KafkaSettings, consumer: str = "test") -> Iterator[KafkaLogReader]:
    reader = KafkaLogReader(settings, consumer)
    try:
        yield reader
    finally:
        reader.close()


def test_an_end_is_lowered_by_an_answer_and_by_no_older_one() -> None:
    now_s = [0.0]
    end = PartitionEnd(lambda: now_s[0])
    assert not end.is_fresh
    end.told(5, asked_s := end.now_s())
    now_s[0] = 1.0
    end.heard(7, is_now=False)  # a writer of this process was told
    end.told(6, asked_s)
    assert (end.end, end.is_fresh) == (7, True)
    now_s[0] = 2.0
    end.told(1, end.now_s())
    assert end.end == 1
    now_s[0] = 9.0
    assert not end.is_fresh


def test_who_was_dropped_behind_goes_on_at_the_oldest_and_says_how_many(
    kafka: Kafka, settings: KafkaSettings, caplog: pytest.LogCaptureFixture
) -> None:
    write(settings, *(b"%d" % n for n in range(10)))
    with reading(settings) as reader:
        reader.commit(some(reader, 2)[-1].next_position)
    drop(kafka, settings.topic, 7)
    (lag,) = lags(settings, ["test"], HOUR_MS, NOW_MS)
    assert (lag.behind, lag.dropped) == (8, 5)
    with reading(settings) as reader:
        assert everything(reader) == [b"7", b"8", b"9"]
        assert reader.counters()["dropped_unread"] == 5
        assert "lost 5 records" in caplog.text
        reader.seek(0)  # going back to what is gone is no loss
        assert everything(reader) == [b"7", b"8", b"9"]
        assert reader.counters()["dropped_unread"] == 5


def test_everything_dropped_is_a_backlog_of_nothing(kafka: Kafka, settings: KafkaSettings) -> None:
    write(settings, b"1", b"2")
    with reading(settings) as reader:
        drop(kafka, settings.topic, 2)
        assert everything(reader) == []
        assert reader.counters()["dropped_unread"] == 2
        write(settings, b"3")
        assert asyncio.run(reader.wait(30))
        assert everything(reader) == [b"3"]


def test_a_new_consumer_begins_at_the_oldest_record_and_misses_nothing(kafka: Kafka, settings: KafkaSettings) -> None:
    write(settings, b"1", b"2", b"3")
    drop(kafka, settings.topic, 1)
    with reading(settings) as reader:
        assert reader.committed == 1
        assert everything(reader) == [b"2", b"3"]
        assert reader.counters()["dropped_unread"] == 0


def test_a_topic_made_anew_is_read_from_its_beginning_and_said_aloud(
    kafka: Kafka, settings: KafkaSettings, caplog: pytest.LogCaptureFixture
) -> None:
    write(settings, b"1", b"2", b"3")
    with reading(settings) as reader:
        assert len(everything(reader)) == 3
        reader.commit(reader.position)
    kafka.admin.delete_topics([settings.topic])[settings.topic].result(30)
    kafka.new_topic(name=settings.topic)
    write(settings, b"anew")
    with reading(settings) as reader:
        reader.seek(3)  # what another keeper of positions still says
        assert everything(reader) == [b"anew"]
        reader.commit(reader.position)
        assert reader.committed == 1
    assert "begun anew" in caplog.text


def test_two_readers_of_one_name_do_not_disturb_each_other(settings: KafkaSettings) -> None:
    write(settings, *(b"%d" % n for n in range(50)))
    with reading(settings) as reader, reading(settings) as ahead:
        assert [entry.record for entry in some(reader, 5)] == [b"%d" % n for n in range(5)]
        ahead.seek(40)
        assert len(everything(ahead)) == 10
        ahead.seek(reader.position)
        assert ahead.backlog_bytes > 0
        reader.commit(reader.position)
        assert len(everything(reader)) == 45
        assert (reader.committed, ahead.committed) == (5, 0)


def test_a_backlog_is_fetched_in_bounded_parts(settings: KafkaSettings) -> None:
    record = b"x" * 100_000
    write(settings, *[record] * 200)
    with reading(settings) as reader:
        assert asyncio.run(reader.wait(30))
        most = 0
        got = 0
        while reader.backlog_bytes:
            most = max(most, reader.backlog_bytes - (200 - got) * len(record), reader._pump.ready.size)  # type: ignore[union-attr]
            found = reader.read(max_bytes=300_000)
            assert sum(len(entry.record) for entry in found) <= 300_000
            got += len(found)
        assert got == 200
        assert most < 4 * READY_BYTES


def test_who_waits_is_woken_by_one_record(settings: KafkaSettings) -> None:
    async def test() -> None:
        writer = KafkaLogWriter(settings)
        with reading(settings) as reader:
            waiting = asyncio.create_task(reader.wait(60))
            await append(writer, b"1")
            assert await waiting
            assert everything(reader) == [b"1"]
        await writer.aclose()

    asyncio.run(test())


def test_half_the_time_that_records_are_kept_is_late(kafka: Kafka) -> None:
    settings = KafkaSettings(servers=kafka.servers, topic=kafka.new_topic(message_timestamp_type="LogAppendTime"))
    write(settings, b"1")
    taken_ms = _append_time(settings)
    for age_ms, late in ((HOUR_MS // 4, False), (HOUR_MS * 3 // 4, True)):
        (lag,) = lags(settings, ["nobody"], HOUR_MS, taken_ms + age_ms)
        assert (lag.behind, lag.is_late) == (1, late)
    assert not lags(settings, ["nobody"], -1, taken_ms + HOUR_MS)[0].is_late


def _append_time(settings: KafkaSettings) -> int:
    consumer = Consumer(settings.client() | {"group.id": "times", "log_level": 0})
    consumer.assign([TopicPartition(settings.topic, 0, 0)])
    message = consumer.poll(30)
    consumer.close()
    assert message is not None
    return int(message.timestamp()[1])
