"""One consumer of one partition and the thread that works it: what it fetched lies ready, and never too much of it.

All that may wait for a broker is done here, so that whoever reads never waits for one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from anhu.log.kafka.ends import PartitionEnd
from anhu.log.kafka.errors import in_words
from anhu.log.kafka.ready import READY_BYTES, Ready
from anhu.log.kafka.settings import MAX_MESSAGE_BYTES, KafkaSettings
from anhu.log.port import Entry, Position

logger = logging.getLogger(__name__)
_FETCHED_KIB = 4_096
_BATCH = 1_000
_IDLE_S = 0.5
_ASK_S = 2.0
_PAUSE_S = 0.2


def _consumer(settings: KafkaSettings, group: str, note: Callable[[KafkaError], None]) -> Consumer:
    """Return a client that reads where it is told to and never decides about positions by itself."""
    own: dict[str, Any] = settings.client() | {
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",  # whoever comes to a gap must say so
        "max.poll.interval.ms": 86_400_000,  # who has enough lying ready asks for no more, and is not dead
        "isolation.level": "read_uncommitted",
        "fetch.wait.max.ms": 500,
        "fetch.error.backoff.ms": 100,
        "fetch.queue.backoff.ms": 5,
        "fetch.max.bytes": MAX_MESSAGE_BYTES,
        "max.partition.fetch.bytes": READY_BYTES,
        "receive.message.max.bytes": 4 * MAX_MESSAGE_BYTES,
        "queued.min.messages": 1_000_000,  # the limit is that of bytes
        "queued.max.messages.kbytes": _FETCHED_KIB,
        "error_cb": note,
        "log_level": 0,
    }
    return Consumer(own)


class Pump:
    """Fetches into `ready`, from where it says.

    Parameters
    ----------
    settings, group : KafkaSettings, str
        Of the client, which this thread alone works: its calls wait for each other.
    end : PartitionEnd
        Is told what the brokers say of the end, and how long records are.
    came : callable
        Called in the pump's thread when something lies ready.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        group: str,
        partition: int,
        end: PartitionEnd,
        came: Callable[[], None],
        *,
        position: Position,
    ) -> None:
        self.ready = Ready(position)
        self.dropped = 0
        """Records that were gone before this reader came to them."""
        self._topic, self._partition = settings.topic, partition
        self._end, self._came = end, came
        self._unread_before: Position = 0
        self._trouble = ""
        self._consumer = _consumer(settings, group, lambda error: self._say(in_words(error)))
        self._thread = threading.Thread(target=self._work, name=f"kafka reader {partition}", daemon=True)
        self._thread.start()

    def read_before(self, position: Position) -> None:
        """Note what was read or is done with: nothing before it is missed when it is gone."""
        self._unread_before = max(self._unread_before, position)

    def close(self) -> None:
        """End the thread."""
        self.ready.end()
        self._thread.join()
        self._consumer.close()

    def _work(self) -> None:
        while not self.ready.is_over:
            try:
                self._turn()
            except KafkaException as error:
                self._say(in_words(error.args[0]))
                time.sleep(_PAUSE_S)

    def _turn(self) -> None:
        wanted = self.ready.wanted()
        if self.ready.is_over:
            return
        if wanted is not None:
            self._consumer.assign([TopicPartition(self._topic, self._partition, wanted)])
        elif self.ready.is_stopped:  # asked again and again until a broker answers
            self._resume()
            return
        first = self._consumer.poll(_IDLE_S)
        if first is None:
            self._ask_ends()
            return
        messages = [first, *self._consumer.consume(_BATCH, 0)]  # with a time it would wait until all of them are there
        if any(message.error() is not None for message in messages):
            self._stumble(messages)
        else:
            self._put(messages)

    def _put(self, messages: list[Message]) -> None:
        entries = [Entry((message.offset() or 0) + 1, message.value() or b"") for message in messages]
        self._end.heard(max(entries[-1].next_position, self._cached_end()))
        self._end.weighed([len(entry.record) for entry in entries])
        if self.ready.put(entries):
            self._came()

    def _cached_end(self) -> Position:
        here = TopicPartition(self._topic, self._partition)
        _, high = self._consumer.get_watermark_offsets(here, cached=True) or (0, 0)
        return max(high, 0)

    def _ask_ends(self) -> tuple[Position, Position]:
        """Ask a broker for the oldest record kept and for the end."""
        here = TopicPartition(self._topic, self._partition)
        asked_s = self._end.now_s()
        low, high = self._consumer.get_watermark_offsets(here, timeout=_ASK_S)
        self._end.told(high, asked_s)
        self._say("")
        return low, high

    def _stumble(self, messages: list[Message]) -> None:
        """Take what is sound before an error, then see what it says."""
        sound: list[Message] = []
        for message in messages:
            if (error := message.error()) is None:
                sound.append(message)
                continue
            if sound:
                self._put(sound)
                sound = []
            self._meet(error)
        if sound:
            self._put(sound)

    def _meet(self, error: KafkaError) -> None:
        """Take note that fetching has stopped: the client says so once, and fetches no more until it is sent anew."""
        self.ready.stop()
        if error.code() not in _OUT_OF_RANGE:
            self._say(in_words(error))
            time.sleep(_PAUSE_S)

    def _resume(self) -> None:
        """Go on where fetching stopped, or at the oldest record kept, and say aloud what is missing."""
        low, high = self._ask_ends()
        position = self.ready.resume(low, high)
        if position is None:
            return
        if position > high:
            logger.error("log: partition %d ends at %d before our %d: begun anew", self._partition, high, position)
        elif (missing := low - max(position, self._unread_before)) > 0:
            self.dropped += missing
            self._unread_before = low
            logger.error("log: partition %d lost %d records nobody here had read", self._partition, missing)

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            logger.warning("log: partition %d: %s", self._partition, trouble)
        self._trouble = trouble


_OUT_OF_RANGE = frozenset(
    {KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET, KafkaError._LOG_TRUNCATION}  # noqa: SLF001
)
