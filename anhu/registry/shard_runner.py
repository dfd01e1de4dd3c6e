"""Runs the work of each partition that this process has: begun when it is claimed, ended when it is lost or surplus."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError

from anhu.registry.shard_leases import FencedError, Reported, Round, ShardLeases
from anhu.registry.shard_member import ShardMember

_LOG = logging.getLogger(__name__)
_TURN_S = 0.5


@dataclass(slots=True)
class _Shard:
    """The work of one partition."""

    epoch: int
    stop: asyncio.Event
    task: asyncio.Task[None] = field(init=False)
    is_lost: bool = False


Work = Callable[[int, int, asyncio.Event], Awaitable[None]]
"""Is given partition, epoch, and the event that ends it; what is decided by then is written down when it returns."""


class ShardRunner:
    """One process's partitions.

    Parameters
    ----------
    leases : ShardLeases
        On connections of their own.
    work : callable
        Of one partition; raises `FencedError` when it finds out that the partition is somebody else's.
    reported : callable
        Returns what is to be said of each partition.

    Attributes
    ----------
    member : ShardMember
        Renews.
    """

    def __init__(self, leases: ShardLeases, work: Work, reported: Callable[[], Mapping[int, Reported]] = dict) -> None:
        self._leases = leases
        self._work = work
        self.member = ShardMember(leases, reported, self._told)
        self._shards: dict[int, _Shard] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ends = False
        self._counts: Counter[str] = Counter()

    def counters(self) -> Mapping[str, float]:
        """Return how many partitions are worked on, and what became of others since the start."""
        named = ("fenced", "shard_errors", "lease_errors", "stalled")
        counts = self._counts + self.member.counts
        shares = {"shards": float(len(self._shards)), "partitions": float(self._leases.partitions)}
        return {**shares, **{name: float(counts[name]) for name in named}}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then each partition is given back as soon as its work is written down."""
        self._loop = asyncio.get_running_loop()
        self.member.turned()
        self.member.start()
        while not stop.is_set():
            self.member.turned()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _TURN_S)
        self._ends = True
        self.member.leave()
        with suppress(DBAPIError, OSError):  # else it is forgotten in some seconds
            await asyncio.to_thread(self._leases.leave)
        await self._end_all()
        await asyncio.to_thread(self.member.stop)

    async def _end_all(self) -> None:
        for shard in self._shards.values():
            shard.stop.set()
        while self._shards:
            self.member.turned()
            await asyncio.wait([shard.task for shard in self._shards.values()], timeout=_TURN_S)

    def _told(self, done: Round) -> None:
        """Pass a round on from its thread to the loop; a loop that is over has let everything go."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._follow, done)

    def _follow(self, done: Round) -> None:
        for partition, shard in self._shards.items():
            if done.held.get(partition) != shard.epoch:
                shard.is_lost = True
                shard.stop.set()
            elif partition in done.surplus:
                shard.stop.set()
        for partition, epoch in done.held.items():
            if partition not in self._shards and partition not in done.surplus and not self._ends:
                _LOG.info("partition %d of %s is this process's, epoch %d", partition, self._leases.consumer, epoch)
                shard = self._shards[partition] = _Shard(epoch, asyncio.Event())
                name = f"{self._leases.consumer} {partition}"
                shard.task = asyncio.create_task(self._run(partition, shard), name=name)

    async def _run(self, partition: int, shard: _Shard) -> None:
        try:
            await self._work(partition, shard.epoch, shard.stop)
        except FencedError as error:
            shard.is_lost = True
            _LOG.warning("partition %d is somebody else's by now, its work here is dropped: %s", partition, error)
        except Exception:  # noqa: BLE001 - the others go on; this one is somebody else's to try
            self._counts["shard_errors"] += 1
            self.member.avoid(partition)
            _LOG.exception("the work of partition %d failed", partition)
        finally:
            await self._let_go(partition, shard)

    async def _let_go(self, partition: int, shard: _Shard) -> None:
        self._counts["fenced"] += shard.is_lost
        self.member.give_up(partition, shard.epoch, is_lost=shard.is_lost)
        if not shard.is_lost:
            with suppress(DBAPIError, OSError):  # else it runs out
                await asyncio.to_thread(self._leases.release, partition, shard.epoch)
        self._shards.pop(partition, None)
