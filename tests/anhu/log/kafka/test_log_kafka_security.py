"""TLS and passwords with a real broker: what lets us in, and what is said when nothing does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from anhu.log.kafka.errors import KafkaUnavailableError
from anhu.log.kafka.reader import KafkaLogReader
from anhu.log.kafka.settings import KafkaSettings
from anhu.log.kafka.topic import check_partitions, make_topic
from anhu.log.kafka.writer import KafkaLogWriter
from tests.anhu.log.logs import append, everything
from tests.services.kafka import PASSWORD, USER, Kafka, kafka_cluster


@pytest.fixture(scope="module")
def guarded() -> Iterator[Kafka]:
    with kafka_cluster(secure=True) as kafka:
        yield kafka


def settings_for(kafka: Kafka, mechanism: str, topic: str = "guarded") -> KafkaSettings:
    return KafkaSettings(
        servers=kafka.secure_servers,
        topic=topic,
        mechanism=mechanism,
        user=USER,
        password=PASSWORD,
        tls=True,
        ca_file=str(kafka.certificate),
        ack_within_s=20.0,
    )


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_record_goes_in_and_out_with_tls_and_a_password(guarded: Kafka, mechanism: str) -> None:
    settings = settings_for(guarded, mechanism, topic=f"by-{mechanism}")
    make_topic(settings, copies=1, keep_h=1)

    async def test() -> None:
        writer = KafkaLogWriter(settings)
        await append(writer, b"over TLS", "c-1")
        await writer.aclose()

    asyncio.run(test())
    reader = KafkaLogReader(settings, "ingest")
    assert everything(reader) == [b"over TLS"]
    reader.commit(reader.position)
    reader.close()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"password": "wrong-Ohm3u"}, "ANHU_KAFKA_PASSWORD"),
        ({"user": "nobody"}, "ANHU_KAFKA_USER"),
        ({"ca_file": ""}, "ANHU_KAFKA_CA"),
        ({"ca_file": "/no/such/file.pem"}, "ANHU_KAFKA_CA"),
        ({"tls": False}, "ANHU_KAFKA_TLS"),
    ],
)
def test_who_is_not_let_in_is_told_which_setting_to_look_at(
    guarded: Kafka, wrong: dict[str, object], named: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(settings_for(guarded, "SCRAM-SHA-256"), **wrong)  # type: ignore[arg-type]  # one of its fields
    with pytest.raises(KafkaUnavailableError, match=named) as raised:
        check_partitions(settings)
    for secret in (settings.password, PASSWORD):
        assert secret not in str(raised.value) + caplog.text + repr(settings)
