"""The topic: made on purpose, refused where it does not fit, and what it promises."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from anhu.contract.clock import HOUR_MS
from anhu.log.kafka.errors import KafkaUnavailableError, TopicMissingError, TopicUnfitError
from anhu.log.kafka.settings import MAX_MESSAGE_BYTES, KafkaSettings
from anhu.log.kafka.topic import Topic, check_partitions, flaws_of, make_topic, topic_of
from tests.services.kafka import Kafka
from tests.services.process import free_port


@pytest.fixture
def settings(kafka: Kafka) -> KafkaSettings:
    return KafkaSettings(servers=kafka.servers, topic=f"log-{uuid.uuid4().hex}", partitions=4)


def test_a_topic_is_made_with_what_the_log_depends_on(settings: KafkaSettings) -> None:
    make_topic(settings, copies=1, keep_h=2)
    check_partitions(settings)
    found = topic_of(settings)
    assert (found.partitions, found.copies, found.in_step) == (4, 1, 1)
    assert (found.keeps_ms, found.keeps_bytes, found.flushes_each) == (2 * HOUR_MS, -1, False)
    assert flaws_of(found) == []


def test_a_topic_that_is_there_is_left_alone(settings: KafkaSettings) -> None:
    make_topic(settings, copies=1, keep_h=2)
    with pytest.raises(FileExistsError):
        make_topic(settings, copies=1, keep_h=9)
    assert topic_of(settings).keeps_ms == 2 * HOUR_MS


def test_another_number_of_partitions_is_refused_and_both_are_said(settings: KafkaSettings) -> None:
    make_topic(settings, copies=1, keep_h=2)
    with pytest.raises(TopicUnfitError, match="has 4 partitions, the settings say 5"):
        check_partitions(replace(settings, partitions=5))


def test_no_topic_is_made_by_the_way(settings: KafkaSettings) -> None:
    for _ in range(2):
        with pytest.raises(TopicMissingError, match="anhu log create"):
            check_partitions(settings)


def test_more_copies_than_brokers_are_refused(settings: KafkaSettings) -> None:
    with pytest.raises(KafkaUnavailableError, match="replication factor"):
        make_topic(settings, copies=3, keep_h=2)


def test_nobody_at_the_address_is_said(settings: KafkaSettings) -> None:
    with pytest.raises(KafkaUnavailableError, match="ANHU_KAFKA_SERVERS"):
        check_partitions(replace(settings, servers=f"127.0.0.1:{free_port()}"))


def test_what_would_lose_or_refuse_records_is_found(kafka: Kafka) -> None:
    unfit = kafka.new_topic(1, cleanup_policy="compact", max_message_bytes="1000")
    flaws = flaws_of(topic_of(KafkaSettings(servers=kafka.servers, topic=unfit)))
    assert len(flaws) == 3
    assert "cleanup.policy is compact" in flaws[0]
    assert "message.timestamp.type is CreateTime" in flaws[1]
    assert "max.message.bytes is 1000" in flaws[2]


def test_one_copy_in_step_of_three_is_a_flaw() -> None:
    sound = {"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"}
    sound |= {"unclean.leader.election.enable": "false", "max.message.bytes": str(MAX_MESSAGE_BYTES)}
    topic = Topic(4, 3, 1, HOUR_MS, -1, flushes_each=False, others=sound)
    assert "one copy alone" in flaws_of(topic)[0]
    assert flaws_of(topic._replace(in_step=2)) == []
