"""The work of a partition begins with its lease, and ends with it; one that fails takes no other along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from anhu.registry.shard_leases import FencedError, Round, ShardLeases
from anhu.registry.shard_runner import ShardRunner


class Leases(ShardLeases):
    """Leases that are given in tests."""

    def __init__(self) -> None:
        self.consumer, self.partitions, self.owner, self.lease_ms = "alerts", 4, "a", 5_000
        self.released: list[tuple[int, int]] = []

    def release(self, partition: int, epoch: int) -> None:
        self.released.append((partition, epoch))


class Work:
    """Work that lasts until it is told to stop."""

    def __init__(self, ends: dict[int, Exception] | None = None) -> None:
        self.at_work: list[tuple[int, int]] = []
        self._ends = ends or {}

    async def __call__(self, partition: int, epoch: int, stop: asyncio.Event) -> None:
        self.at_work.append((partition, epoch))
        try:
            if partition in self._ends:
                raise self._ends[partition]
            await stop.wait()
        finally:
            self.at_work.remove((partition, epoch))


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - the work is other tasks
            await asyncio.sleep(0.001)


def test_work_follows_the_leases() -> None:
    async def play() -> None:
        work, leases = Work(), Leases()
        runner = ShardRunner(leases, work)
        runner._follow(Round({0: 1, 1: 1, 2: 1, 3: 1}, [3]))
        await _until(lambda: sorted(work.at_work) == [(0, 1), (1, 1), (2, 1)])  # what is surplus is not begun
        runner._follow(Round({0: 1, 1: 1, 2: 1}, [2]))
        await _until(lambda: sorted(work.at_work) == [(0, 1), (1, 1)])
        assert leases.released == [(2, 1)]
        runner._follow(Round({0: 1}, []))  # another one has 1 by now
        await _until(lambda: work.at_work == [(0, 1)])
        assert leases.released == [(2, 1)]
        await _until(lambda: runner.counters()["fenced"] == 1)
        runner._follow(Round({0: 1, 1: 3}, []))
        await _until(lambda: sorted(work.at_work) == [(0, 1), (1, 3)])
        assert runner.counters()["shards"] == 2
        await runner._end_all()
        assert sorted(leases.released) == [(0, 1), (1, 3), (2, 1)]

    asyncio.run(play())


def test_one_that_fails_is_given_back_and_avoided_for_a_while_and_one_that_is_fenced_is_dropped() -> None:
    async def play() -> None:
        work, leases = Work({1: ValueError("broken"), 2: FencedError("over")}), Leases()
        runner = ShardRunner(leases, work)
        runner._follow(Round({0: 1, 1: 1, 2: 1}, []))
        await _until(lambda: runner.counters()["shards"] == 1)
        assert work.at_work == [(0, 1)]
        assert leases.released == [(1, 1)]
        assert (runner.counters()["shard_errors"], runner.counters()["fenced"]) == (1, 1)
        assert list(runner.member._avoided) == [1]
        await runner._end_all()

    asyncio.run(play())


def test_a_process_that_ends_begins_nothing_any_more() -> None:
    async def play() -> None:
        work = Work()
        runner = ShardRunner(Leases(), work)
        runner._ends = True
        runner._follow(Round({0: 1}, []))
        await asyncio.sleep(0)
        assert not work.at_work

    asyncio.run(play())
