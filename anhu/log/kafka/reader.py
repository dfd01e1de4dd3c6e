"""The LOG in Kafka, read: one consumer of one partition, told where to begin, its position committed by hand."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from anhu.log.kafka.ends import partition_end
from anhu.log.kafka.positions import Positions
from anhu.log.kafka.pump import Pump
from anhu.log.kafka.settings import KafkaSettings
from anhu.log.kafka.waiting import Waiting
from anhu.log.port import Entry, Position

logger = logging.getLogger(__name__)
_START_S = 30.0
_ASK_S = 5.0
_UNDER_WAY_S = 0.05
_UNHEARD_S = 0.005
"""In one loop with many other readers, each of which waits in vain while the brokers are away. [s]"""


class KafkaLogReader:
    """One consumer of one partition, in any process of any machine.

    Its position is kept under the name of a consumer group, one for all partitions, as Kafka's own tools show it. It
    is committed by hand: the group has no members and decides nothing. A consumer without a position begins at the
    oldest record kept.

    Parameters
    ----------
    settings : KafkaSettings
        The topic must be there.
    consumer : str
        Name of the committed position. Two readers of one name and partition would read the same twice.
    partition : int
        Which.

    Raises
    ------
    OSError
        When no broker tells the position within half a minute.
    """

    def __init__(self, settings: KafkaSettings, consumer: str, partition: int = 0) -> None:
        if not 0 <= partition < settings.partitions:
            raise ValueError(f"partition: got {partition}, expected 0 to {settings.partitions - 1}")
        self._partition = partition
        self._end = partition_end(settings.servers, settings.topic, partition)
        self._settings, self._group = settings, settings.group(consumer)
        self._positions = Positions(settings, self._group, partition)
        self._committed = self._position = self._begin()
        self._is_sent = False
        self._pump: Pump | None = None
        self._waiting = Waiting()

    @property
    def committed(self) -> Position:
        """The position that reading goes on from after a restart."""
        return self._committed

    @property
    def position(self) -> Position:
        """Where the next read begins."""
        return self._position

    @property
    def backlog_bytes(self) -> int:
        """About the bytes that are left: exactly those that came, those that did not by mean length; 1 while unknown.

        A reader that no broker has told of the end lately does not know that it has read all.
        """
        ready, ready_until = 0, self._position
        if self._pump is not None and self._pump.ready.has_any:
            ready, ready_until = self._pump.ready.size, self._pump.ready.until
        behind = self._end.end - max(ready_until, self._position)
        if ready or behind > 0:
            return max(ready + int(max(behind, 0) * self._end.mean_bytes), 1)
        return 0 if behind == 0 and self._end.is_fresh else 1  # beyond the end: the topic was made anew

    @property
    def unheard_s(self) -> float:
        """For how long no broker said where the durable end is. [s]."""
        return max(self._end.unheard_s, 0.0)

    def counters(self) -> Mapping[str, float]:
        """Return what was gone before it was read, and for how long no broker was heard."""
        dropped = self._pump.dropped if self._pump is not None else 0
        return {"dropped_unread": float(dropped), "unheard_s": self.unheard_s}

    def seek(self, position: Position) -> None:
        """Read next from this position (at the oldest kept record, if that is later)."""
        self._is_sent = self._is_sent or position != self._position
        self._position = position

    def read(self, max_records: int = 1_000, max_bytes: int = 4_194_304) -> Sequence[Entry]:
        """Return what has come from here on, in order; what is known to be under way is waited for a moment."""
        pump = self._pumping()
        under_way = _UNDER_WAY_S if self._end.is_fresh else _UNHEARD_S
        found = pump.ready.take(max_records, max_bytes, 0.0 if self.backlog_bytes == 0 else under_way)
        moved = pump.ready.moved_to()
        if moved is not None and moved < self._position:  # made anew: what was committed before says nothing
            self._committed = min(moved, self._committed)
        if found:
            self._position = found[-1].next_position
            pump.read_before(self._position)
        elif moved is not None:
            self._position = moved
        return found

    async def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to read. False when the time ran out. [s]."""
        ready = self._pumping().ready
        return await self._waiting.until(lambda: ready.has_any, timeout_s)

    def commit(self, position: Position) -> None:
        """Record durably that everything before the position is done with; a lower one than before is ignored.

        Raises
        ------
        ValueError
            When the position is beyond the durable end.
        OSError
            When the brokers do not take it: the old position stands.
        """
        end = self._end.end if position <= self._end.end else self._ask_ends()[1]
        if position > end:
            raise ValueError(f"position: got {position}, expected at most the durable end {end}")
        if position <= self._committed:
            return
        self._positions.commit(position)
        self._committed = position
        if self._pump is not None:
            self._pump.read_before(position)

    def close(self) -> None:
        """Let go of the brokers; the committed position stays."""
        if self._pump is not None:
            self._pump.close()
        self._positions.close()

    def _begin(self) -> Position:
        found = self._positions.committed(within_s=_START_S)
        low, high = self._ask_ends(within_s=_START_S)
        if found is not None and found > high:
            logger.error("log: partition %d ends at %d before our %d: begun anew", self._partition, high, found)
            return low
        return low if found is None else found

    def _ask_ends(self, *, within_s: float = _ASK_S) -> tuple[Position, Position]:
        asked_s = self._end.now_s()
        low, high = self._positions.ends(within_s=within_s)
        self._end.told(high, asked_s)
        return low, high

    def _pumping(self) -> Pump:
        """Return the pump, told where we stand; fetching begins when somebody first reads."""
        if self._pump is None:
            here = (self._partition, self._end, self._waiting.wake)
            self._pump = Pump(self._settings, self._group, *here, position=self._position)
            self._pump.read_before(self._committed)
        elif self._is_sent:
            self._pump.ready.go_to(self._position)
        self._is_sent = False
        return self._pump
