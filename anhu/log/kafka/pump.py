"""One consumer of one partition and the thread that works it: what it fetched lies ready, and never too much of it.

All that may wait for a broker is done here, so that whoever reads never waits for one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from anhu.log.kafka.ends import PartitionEnd
from anhu.log.kafka.errors import in_words
from anhu.log.kafka.settings import MAX_MESSAGE_BYTES, KafkaSettings
from anhu.log.port import Entry, Position

logger = logging.getLogger(__name__)
READY_BYTES = 2 * 1_048_576
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
    """Fetches from a position on.

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
        self.trouble = ""
        self._topic, self._partition = settings.topic, partition
        self._consumer = _consumer(settings, group, lambda error: self._say(in_words(error)))
        self._end, self._came = end, came
        self._changed = threading.Condition()
        self._ready: deque[Entry] = deque()
        self._ready_bytes = 0
        self._wanted: Position | None = position
        """Where to fetch from, until the consumer was told."""
        self._next = position
        """Where the first entry that lies ready begins, or else what is fetched next."""
        self._ends = False
        self._is_lost = False
        self._unread_before: Position = 0
        self._moved_to: Position | None = None
        self.dropped = 0
        """Records that were gone before this reader came to them."""
        self._thread = threading.Thread(target=self._work, name=f"kafka reader {partition}", daemon=True)
        self._thread.start()

    @property
    def ready_bytes(self) -> int:
        """Bytes of what lies ready. [byte]."""
        return self._ready_bytes

    @property
    def has_ready(self) -> bool:
        """Whether something lies ready."""
        return bool(self._ready) and self._wanted is None

    @property
    def ready_until(self) -> Position:
        """The position behind what lies ready."""
        with self._changed:
            return self._ready[-1].next_position if self._ready else self._next

    def go_to(self, position: Position) -> None:
        """Have what lies ready begin at a position; what was fetched already is not fetched again."""
        with self._changed:
            if self._wanted is None and self._next <= position:
                while self._ready and self._ready[0].next_position <= position:
                    self._drop()
                if self._ready or position == self._next:
                    self._next = position
                    self._changed.notify()
                    return
            self._begin_at(position)
            self._moved_to = None
            self._changed.notify()

    def take(self, max_records: int, max_bytes: int, wait_s: float) -> list[Entry]:
        """Return what lies ready, at least one if anything does; wait a moment if nothing does. [byte], [s]."""
        with self._changed:
            if not self._ready and wait_s:
                self._changed.wait_for(lambda: self._ready or self._ends, wait_s)
            found: list[Entry] = []
            size = 0
            while self._ready and len(found) < max_records:
                size += len(self._ready[0].record)
                if found and size > max_bytes:
                    break
                found.append(self._drop())
            self._changed.notify()
        return found

    def moved_to(self) -> Position | None:
        """Return where reading goes on in place of where it was sent, once, because nothing was there."""
        with self._changed:
            moved, self._moved_to = self._moved_to, None
        return moved

    def read_before(self, position: Position) -> None:
        """Note what was read or is done with: nothing before it is missed when it is gone."""
        self._unread_before = max(self._unread_before, position)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()
        self._thread.join()
        self._consumer.close()

    def _drop(self) -> Entry:
        entry = self._ready.popleft()
        self._ready_bytes -= len(entry.record)
        self._next = entry.next_position
        return entry

    def _begin_at(self, position: Position) -> None:
        self._wanted = self._next = position
        self._ready.clear()
        self._ready_bytes = 0

    def _work(self) -> None:
        while not self._ends:
            try:
                self._turn()
            except KafkaException as error:
                self._say(in_words(error.args[0]))
                time.sleep(_PAUSE_S)

    def _turn(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ends or self._wanted is not None or self._may_fetch())
            wanted, self._wanted = self._wanted, None
        if self._ends:
            return
        if wanted is not None:
            self._is_lost = False
            self._consumer.assign([TopicPartition(self._topic, self._partition, wanted)])
        elif self._is_lost:  # asked again and again until a broker answers
            self._step_over_gap()
            return
        first = self._consumer.poll(_IDLE_S)
        if first is None:
            self._ask_end()
            return
        messages = [first, *self._consumer.consume(_BATCH, 0)]  # with a time it would wait until all of them are there
        if any(message.error() is not None for message in messages):
            self._stumble(messages)
        else:
            self._put(messages)

    def _may_fetch(self) -> bool:
        """Whether there is room; after fetching stopped, whether all that came before was read."""
        return not self._ready if self._is_lost else self._ready_bytes < READY_BYTES

    def _put(self, messages: list[Message]) -> None:
        entries = [Entry((message.offset() or 0) + 1, message.value() or b"") for message in messages]
        self._end.heard(max(entries[-1].next_position, self._cached_end()))
        sizes = [len(entry.record) for entry in entries]
        self._end.weighed(sizes)
        with self._changed:
            if self._wanted is not None:  # sent elsewhere meanwhile
                return
            self._ready += entries
            self._ready_bytes += sum(sizes)
            self._changed.notify_all()
        self._came()

    def _cached_end(self) -> Position:
        here = TopicPartition(self._topic, self._partition)
        _, high = self._consumer.get_watermark_offsets(here, cached=True) or (0, 0)
        return max(high, 0)

    def _ask_end(self) -> tuple[Position, Position]:
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
        self._is_lost = True
        if error.code() not in _OUT_OF_RANGE:
            self._say(in_words(error))
            time.sleep(_PAUSE_S)

    def _step_over_gap(self) -> None:
        """Go on at the oldest record kept, and say aloud what is missing."""
        low, high = self._ask_end()
        with self._changed:
            if self._wanted is not None:
                return
            position = self._next
            if low <= position <= high:
                self._wanted = position
                return
            self._begin_at(low)
            self._moved_to = low
        if position > high:
            logger.error("log: partition %d ends at %d before our %d: begun anew", self._partition, high, position)
        elif (missing := low - max(position, self._unread_before)) > 0:
            self.dropped += missing
            self._unread_before = low
            logger.error("log: partition %d lost %d records nobody here had read", self._partition, missing)

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            logger.warning("log: partition %d: %s", self._partition, trouble)
        self.trouble = trouble


_OUT_OF_RANGE = frozenset(
    {KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET, KafkaError._LOG_TRUNCATION}  # noqa: SLF001
)
