"""How far each consumer is behind, and how soon Kafka will drop what it has not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from anhu.log.kafka.errors import KafkaUnavailableError, in_words
from anhu.log.kafka.settings import KafkaSettings

_WITHIN_S = 10.0
_LATE = 0.5
"""The part of the time that records are kept after which an unread one is told of."""


class Lag(NamedTuple):
    """One consumer of one partition.

    Attributes
    ----------
    behind : int
        Records that it has not done with.
    dropped : int
        Records that are gone and that it had not done with.
    is_late : bool
        Whether half of the time is over after which the next of them is dropped.
    """

    consumer: str
    partition: int
    behind: int
    dropped: int
    is_late: bool


def lags(settings: KafkaSettings, consumers: Sequence[str], keeps_ms: int, now_ms: int) -> list[Lag]:
    """Ask the brokers how far each consumer of each partition has come. [ms].

    Raises
    ------
    KafkaUnavailableError
        When they do not answer.
    """
    try:
        return [lag for consumer in consumers for lag in _of_one(settings, consumer, keeps_ms, now_ms)]
    except KafkaException as error:
        raise KafkaUnavailableError(in_words(error.args[0])) from None


def _of_one(settings: KafkaSettings, consumer: str, keeps_ms: int, now_ms: int) -> Iterator[Lag]:
    own = {"group.id": settings.group(consumer), "enable.auto.commit": False, "log_level": 0}
    client = Consumer(settings.client() | own)
    try:
        all_of_them = [TopicPartition(settings.topic, number) for number in range(settings.partitions)]
        committed = {one.partition: one.offset for one in client.committed(all_of_them, timeout=_WITHIN_S)}
        half_time_ms = now_ms - int(keeps_ms * _LATE) if keeps_ms > 0 else 0
        since = [TopicPartition(settings.topic, number, half_time_ms) for number in range(settings.partitions)]
        younger = {one.partition: one.offset for one in client.offsets_for_times(since, timeout=_WITHIN_S)}
        for here in all_of_them:
            low, high = client.get_watermark_offsets(here, timeout=_WITHIN_S)
            done = committed[here.partition]
            first_young = younger[here.partition] if younger[here.partition] >= 0 else high
            position = done if done >= 0 else low
            late = keeps_ms > 0 and max(position, low) < first_young
            yield Lag(consumer, here.partition, max(high - position, 0), max(low - position, 0), is_late=late)
    finally:
        client.close()
