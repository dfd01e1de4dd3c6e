"""How far a consumer has come, kept by the brokers; asked and told through a client that fetches nothing.

The client that fetches could not: its calls take turns, and while one thread waits in it for records the others wait
for minutes. The admin client could, but ends the process now and then when a broker is about to take over. A commit
that waits for its answer does so for ever beside a frozen broker: the answer is looked for here, for a bounded time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from anhu.log.kafka.errors import KafkaUnavailableError, in_words
from anhu.log.kafka.settings import KafkaSettings
from anhu.log.port import Position

_ASK_S = 5.0
_PAUSE_S = 0.1
_LOOK_S = 0.01
_SOON = frozenset(
    {
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError._TRANSPORT,  # noqa: SLF001 - the client's own name for it
        KafkaError._WAIT_COORD,  # noqa: SLF001 - the same
    }
)
"""A broker is about to take over."""
T = TypeVar("T")


class Positions:
    """One consumer's position in one partition, and the partition's ends; no answer in time is OSError.

    Parameters
    ----------
    group : str
        Name under which the brokers keep the position.
    """

    def __init__(self, settings: KafkaSettings, group: str, partition: int) -> None:
        self._topic, self._partition = settings.topic, partition
        self._lock = threading.Lock()
        self._asked: Position = 0
        self._answer: KafkaError | None = None
        own: dict[str, Any] = {"group.id": group, "enable.auto.commit": False, "log_level": 0}
        self._client = Consumer(settings.client() | own | {"on_commit": self._committed})

    def committed(self, *, within_s: float = _ASK_S) -> Position | None:
        """Return the consumer's position; None for one that never committed. [s]."""

        def ask(left_s: float) -> Position | None:
            (found,) = self._client.committed([self._here()], timeout=left_s)
            if found.error is not None:
                raise KafkaException(found.error)
            return found.offset if found.offset >= 0 else None

        return self._until_answered(ask, within_s)

    def commit(self, position: Position, *, within_s: float = _ASK_S) -> None:
        """Have the brokers keep a position. [s]."""

        def tell(left_s: float) -> None:
            self._answer = None
            self._asked = position
            self._client.commit(offsets=[self._here(position)], asynchronous=True)
            deadline_s = time.monotonic() + left_s
            while self._answer is None and time.monotonic() < deadline_s:
                self._client.poll(_LOOK_S)
            if self._answer is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - the client's own name for it
            if self._answer.code() != KafkaError.NO_ERROR:
                raise KafkaException(self._answer)

        self._until_answered(tell, within_s)

    def ends(self, *, within_s: float = _ASK_S) -> tuple[Position, Position]:
        """Return the oldest record kept and the durable end. [s]."""

        def ask(left_s: float) -> tuple[Position, Position]:
            low, high = self._client.get_watermark_offsets(self._here(), timeout=left_s)
            return low, high

        return self._until_answered(ask, within_s)

    def _committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Take the brokers' answer to a commit; the late one to an earlier commit, given up by then, says nothing."""
        if error is None and any(one.offset != self._asked for one in partitions):
            return
        failed = [one.error for one in partitions if one.error is not None]
        self._answer = error or (failed[0] if failed else KafkaError(KafkaError.NO_ERROR))

    def close(self) -> None:
        """Let go of the brokers."""
        self._client.close()

    def _here(self, position: Position = 0) -> TopicPartition:
        return TopicPartition(self._topic, self._partition, position)

    def _until_answered(self, ask: Callable[[float], T], within_s: float) -> T:
        """Ask again while a broker is about to take over."""
        deadline_s = time.monotonic() + within_s
        while True:
            left_s = deadline_s - time.monotonic()
            try:
                with self._lock:
                    return ask(max(left_s, 1.0))
            except KafkaException as error:
                said: KafkaError = error.args[0]
                if said.code() not in _SOON or left_s < 0:
                    raise KafkaUnavailableError(in_words(said)) from None
            time.sleep(_PAUSE_S)
