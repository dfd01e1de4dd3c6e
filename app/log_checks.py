"""What `anhu doctor` says of a LOG in Kafka: what an acknowledgement is worth, and who is behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from anhu.contract.clock import HOUR_MS, Clock
from anhu.contract.errors import AnhuError
from app import wiring
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings

if TYPE_CHECKING:
    from anhu.log.kafka.topic import Topic

_WHAT = "LOG in Kafka"
_CONSUMERS = ("alerts", "ingest")
_WORDS = {
    "machine": "an acknowledged message survives the loss of a machine ({copies} copies, {in_step} in step)",
    "power": "an acknowledged message is on the broker's disk, and survives a power cut ({copies} copies)",
    "crash": "an acknowledged message survives a crash of the broker, not a power cut ({copies} copies)",
}
_ADVICE = "have three brokers on machines of their own, three copies and min.insync.replicas 2; or flush.messages 1"


def kafka_log(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Ask the brokers for the topic, and how far its readers have come."""
    if settings.log != "kafka":
        return
    from anhu.log.kafka.lag import lags  # noqa: PLC0415 - the client is large
    from anhu.log.kafka.topic import check_partitions, topic_of  # noqa: PLC0415 - the same

    own = wiring.kafka_settings(settings)
    try:
        check_partitions(own)
        topic = topic_of(own)
        behind = lags(own, _CONSUMERS, topic.keeps_ms, clock.now_ms())
    except AnhuError as error:
        advice = "without it the front door acknowledges nothing, and nobody is watched"
        yield CheckResult(CheckVerdict.FAILED, _WHAT, str(error), advice)
        return
    yield _promise(topic)
    yield from _flaws(settings, topic)
    for lag in behind:
        name = f"{lag.consumer}, partition {lag.partition}"
        if lag.dropped:
            detail = f"{name}: Kafka has dropped {lag.dropped} records that it had not read"
            yield CheckResult(CheckVerdict.FAILED, _WHAT, detail, "they are lost here; have Kafka keep longer")
        elif lag.is_late:
            detail = f"{name}: {lag.behind} records behind, the oldest unread for half the time that Kafka keeps them"
            yield CheckResult(
                CheckVerdict.FAILED, _WHAT, detail, "start or speed up that process, or have Kafka keep longer"
            )
    yield CheckResult(
        CheckVerdict.OK, _WHAT, f"{max((lag.behind for lag in behind), default=0)} records behind at most"
    )


def _promise(topic: Topic) -> CheckResult:
    promise = topic.promise
    verdict = CheckVerdict.WARNING if promise == "crash" else CheckVerdict.OK
    detail = _WORDS[promise].format(copies=topic.copies, in_step=topic.in_step)
    return CheckResult(verdict, _WHAT, detail, _ADVICE if promise == "crash" else "")


def _flaws(settings: Settings, topic: Topic) -> Iterator[CheckResult]:
    from anhu.log.kafka.topic import flaws_of  # noqa: PLC0415 - the client is large

    for flaw in flaws_of(topic):
        yield CheckResult(CheckVerdict.FAILED, _WHAT, flaw, "set it with Kafka's own tools (kafka-configs)")
    if 0 < topic.keeps_ms < settings.kafka_keep_h * HOUR_MS:
        detail = (
            f"keeps records {topic.keeps_ms / HOUR_MS:.1f} h, not the {settings.kafka_keep_h} h of ANHU_KAFKA_KEEP_H"
        )
        yield CheckResult(CheckVerdict.WARNING, _WHAT, detail, "set the topic's retention.ms")
    if topic.keeps_bytes >= 0:
        detail = f"keeps {topic.keeps_bytes >> 20} MiB of a partition: a burst may drop what nobody has read"
        yield CheckResult(
            CheckVerdict.WARNING, _WHAT, detail, "set the topic's retention.bytes to -1, and watch the disk"
        )
