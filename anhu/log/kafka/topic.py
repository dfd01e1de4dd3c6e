"""The topic that holds the LOG: made once, looked at whenever somebody begins, and what it promises."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as NoAnswerError
from typing import Literal, NamedTuple, TypeVar

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from anhu.contract.clock import HOUR_MS
from anhu.log.kafka.errors import REFUSALS, KafkaUnavailableError, TopicMissingError, TopicUnfitError, in_words
from anhu.log.kafka.settings import MAX_MESSAGE_BYTES, KafkaSettings

_WITHIN_S = 10.0
_KNOCK_S = 2.0
_IN_STEP = 2
_WITHOUT_END_MS = -1
_LONGEST = "max.message.bytes"
T = TypeVar("T")


class Topic(NamedTuple):
    """What the brokers say of the topic.

    Attributes
    ----------
    copies : int
        Of the partition that has the fewest.
    in_step : int
        How many of them must have a record before it is acknowledged.
    keeps_ms : int
        How long records are kept, -1 for ever. [ms]
    keeps_bytes : int
        How much of a partition is kept, -1 all. [byte]
    flushes_each : bool
        Whether a record is on the broker's disk before it is acknowledged.
    others : mapping
        Further settings by name.
    """

    partitions: int
    copies: int
    in_step: int
    keeps_ms: int
    keeps_bytes: int
    flushes_each: bool
    others: Mapping[str, str]

    @property
    def promise(self) -> Literal["machine", "power", "crash"]:
        """What an acknowledged record survives for certain: the loss of a machine, a power cut, or a broker's crash."""
        if self.copies > _IN_STEP <= self.in_step:
            return "machine"
        return "power" if self.flushes_each else "crash"


def topic_of(settings: KafkaSettings) -> Topic:
    """Ask the brokers for the topic.

    Raises
    ------
    TopicMissingError
        When there is none of that name.
    OSError
        When no broker answers, or they refuse us.
    """
    admin = _Admin(settings)
    copies = admin.copies()
    config = admin.config()
    return Topic(
        partitions=len(copies),
        copies=min(copies),
        in_step=min(int(config["min.insync.replicas"]), *copies),
        keeps_ms=int(config["retention.ms"]),
        keeps_bytes=int(config["retention.bytes"]),
        flushes_each=config["flush.messages"] == "1",
        others={name: config[name] for name in (*_EXPECTED, _LONGEST)},
    )


def check_partitions(settings: KafkaSettings) -> None:
    """Refuse a topic with another number of partitions: keys would lie elsewhere than they did.

    Raises
    ------
    TopicUnfitError
        Says both numbers.
    TopicMissingError, OSError
        As `topic_of`.
    """
    found = len(_Admin(settings).copies())
    if found != settings.partitions:
        raise TopicUnfitError(
            f"topic {settings.topic} has {found} partitions, the settings say {settings.partitions}:"
            " a resident's records would be parted"
        )


def make_topic(settings: KafkaSettings, *, copies: int, keep_h: int) -> None:
    """Make the topic; no broker's own settings decide what a resident's call for help depends on.

    Raises
    ------
    FileExistsError
        When it is there already: nothing is changed.
    OSError
        When the brokers refuse.
    """
    _Admin(settings).make(copies, config_of(copies, keep_h))


def config_of(copies: int, keep_h: int) -> dict[str, str]:
    """Return the settings that the topic is made with. [h]."""
    return dict(_EXPECTED) | {
        "min.insync.replicas": str(min(_IN_STEP, copies)),
        "retention.ms": str(keep_h * HOUR_MS),
        "retention.bytes": "-1",
        _LONGEST: str(MAX_MESSAGE_BYTES),
    }


_EXPECTED = {
    "cleanup.policy": "delete",
    "message.timestamp.type": "LogAppendTime",
    "unclean.leader.election.enable": "false",
}
"""What else matters: nothing is compacted away; a record's age is from when a broker took it; no leader that lags."""


def flaws_of(topic: Topic) -> list[str]:
    """Return what of the topic would lose records, or refuse them."""
    found = [
        f"{name} is {topic.others[name]}, not {want}" for name, want in _EXPECTED.items() if topic.others[name] != want
    ]
    if int(topic.others[_LONGEST]) < MAX_MESSAGE_BYTES:
        found.append(f"{_LONGEST} is {topic.others[_LONGEST]}: an entry may have {MAX_MESSAGE_BYTES}")
    if topic.copies > 1 and topic.in_step < _IN_STEP:
        found.append(f"min.insync.replicas is {topic.in_step}: one copy alone may acknowledge, and be lost")
    return found


class _Admin:
    """The brokers, asked about one topic; every answer within a bounded time."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        knock(settings)
        self._client = AdminClient(settings.client() | {"log_level": 0})

    def copies(self) -> list[int]:
        """Return the number of copies of each partition."""
        name = self._settings.topic
        found = self._asked(lambda: self._client.list_topics(name, timeout=_WITHIN_S)).topics[name]
        if found.error is not None:
            if found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise TopicMissingError(f"Kafka has no topic {name}: `anhu log create` makes it")
            raise KafkaUnavailableError(in_words(found.error))
        return [len(one.replicas) for one in found.partitions.values()]

    def config(self) -> dict[str, str]:
        """Return the topic's settings, the brokers' defaults included."""
        here = ConfigResource(ConfigResource.Type.TOPIC, self._settings.topic)
        asked = self._client.describe_configs([here], request_timeout=_WITHIN_S)[here]
        return {name: str(one.value) for name, one in self._asked(lambda: asked.result(_WITHIN_S)).items()}

    def make(self, copies: int, config: dict[str, str]) -> None:
        """Make the topic."""
        name = self._settings.topic
        new = NewTopic(name, self._settings.partitions, copies, config=config)
        asked = self._client.create_topics([new], request_timeout=_WITHIN_S)[name]
        self._asked(lambda: asked.result(_WITHIN_S))

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except KafkaException as error:
            said: KafkaError = error.args[0]
            if said.code() == KafkaError.TOPIC_ALREADY_EXISTS:
                raise FileExistsError(f"Kafka has topic {self._settings.topic} already") from None
            raise KafkaUnavailableError(in_words(said)) from None
        except NoAnswerError:
            raise KafkaUnavailableError(f"Kafka: no answer within {_WITHIN_S:.0f} s") from None


def knock(settings: KafkaSettings) -> None:
    """Have one broker let us in, or say why not: whoever is refused elsewhere is told only that time ran out.

    Raises
    ------
    KafkaUnavailableError
        Names the setting to look at.
    """
    heard: list[KafkaError] = []
    try:
        client = Producer(settings.client() | {"log_level": 0, "error_cb": heard.append})
    except KafkaException as error:
        raise KafkaUnavailableError(in_words(error.args[0])) from None
    deadline_s = time.monotonic() + _WITHIN_S
    while True:
        try:
            client.list_topics(timeout=_KNOCK_S)
        except KafkaException as error:
            client.poll(0)
            refused = [one for one in heard if one.code() in REFUSALS]
            if refused or time.monotonic() > deadline_s:
                raise KafkaUnavailableError(in_words((refused or heard or [error.args[0]])[-1])) from None
        else:
            return
