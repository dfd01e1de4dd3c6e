"""A store that is away holds up no other, loses nothing, and is given later what it missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import Engine

from anhu.contract.clock import SECOND_MS, ManualClock
from anhu.contract.observation import TimeQuality
from anhu.contract.record import Numbers, encode_record
from anhu.registry.database import open_engine
from anhu.registry.migrations import upgrade
from ingest.deadletters import DeadLetters
from ingest.lanes import Lanes
from ingest.shared.progress import ALL_OTHERS, StoreBehind, StoreProgress
from ingest.store.counties.homes import HomeDirectory, Homes
from ingest.store.counties.stores import CountyStore, CountyStores
from ingest.store.port import PlatformRow, Stored, WriteResult
from ingest.worker import IngestWorker
from tests.parted_log import PartedLog, PartedLogReader, PartedLogWriter

NOW_MS = 1_795_300_000_000


class Register:
    """Residents named after their store."""

    def settle(self, resident_ids: Collection[str], now_ms: int) -> Mapping[str, Homes]:
        del now_ms
        return {one: [(0, one.split("-")[0])] for one in resident_ids}

    def known(self, resident_ids: Collection[str]) -> Mapping[str, Homes]:
        return self.settle(resident_ids, 0)

    def changed_since(self, version: int) -> tuple[int, Sequence[str]]:
        return version, ()


class Store:
    """Takes what it is given, while it is well."""

    def __init__(self) -> None:
        self.is_well = True
        self.taken: list[int] = []
        self.refused = 0

    def write(self, readings: Sequence[Stored]) -> WriteResult:
        if not self.is_well:
            self.refused += 1
            return WriteResult(retry_after_s=1.0, reason="away")
        self.taken += [one.received_at_ms for one in readings]
        return WriteResult()

    def write_platform(self, rows: Sequence[PlatformRow]) -> None: ...

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:
        return points_before_ms - waveforms_before_ms

    def erase(self, resident_id: str) -> None: ...

    def close(self) -> None: ...


class Platform:
    """One partition's worker with three stores; a second one is what a restart makes of it."""

    def __init__(self, folder: Path, log: PartedLog, stores: Mapping[str, Store], engine: Engine) -> None:
        self.clock, self.stop = ManualClock(NOW_MS), asyncio.Event()
        directory = HomeDirectory(Register(), self.clock, default="a", stores=stores)
        made = {name: CountyStore(name, one, self.clock) for name, one in stores.items()}
        self.stores = CountyStores(made, directory, default="a")
        self.letters = DeadLetters(folder / "letters.db", self.clock)
        self.reader = PartedLogReader(log, "ingest", 0)
        self.progress = StoreProgress(engine)
        self.lanes = Lanes(
            self.stores, lambda: PartedLogReader(log, "lane", 0), self.letters, self.progress, self.clock
        )
        self.worker = IngestWorker(
            self.reader, self.stores, self.letters, self.clock, gather_s=0.0, jitter=lambda: -1.98, lanes=self.lanes
        )

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self.worker.run(self.stop)),
            asyncio.create_task(self.lanes.follow(self.stop)),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await asyncio.gather(*self._tasks)
        self.stores.close()
        self.letters.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait while the clock runs fast: stores that are away are tried again by it."""
        for _ in range(2_000):
            if condition():
                return
            self.clock.forward(SECOND_MS)
            await asyncio.sleep(0.01)
        raise AssertionError("it does not come to that")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    url = f"sqlite:///{tmp_path / 'anhu.db'}"
    upgrade(url)
    return open_engine(url)


async def offer(log: PartedLog, numbers: range, stores: Sequence[str] = ("a", "b", "c")) -> None:
    writer = PartedLogWriter(log)
    for n in numbers:
        for store in stores:
            at_ms = NOW_MS + n
            values = {"heart_rate": 70.0}
            record = encode_record(Numbers(f"w-{store}", f"{store}-1", at_ms, at_ms, TimeQuality.DEVICE, values))
            await writer.append_many([("key", record)])
    await writer.aclose()


def expected(numbers: range) -> list[int]:
    return [NOW_MS + n for n in numbers]


def test_one_store_away_holds_up_no_other_and_gets_all_it_missed(tmp_path: Path, engine: Engine) -> None:
    log, stores = PartedLog(1), {name: Store() for name in "abc"}

    async def test() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            await offer(log, range(5))
            await platform.until(lambda: all(len(one.taken) == 5 for one in stores.values()))
            stores["b"].is_well = False
            await offer(log, range(5, 40))
            await platform.until(lambda: len(stores["a"].taken) == len(stores["c"].taken) == 40)
            assert stores["b"].taken == expected(range(5))
            assert platform.reader.committed < log.ends[0]
            (behind,) = platform.progress.behind()
            assert (behind.store, behind.reason) == ("b", "away")
            assert "store_b_behind_s" in platform.lanes.counters()
            assert not platform.worker.trouble
            stores["b"].is_well = True
            await offer(log, range(40, 45))
            await platform.until(lambda: not platform.lanes.counters())
            await platform.until(lambda: platform.reader.committed == log.ends[0])
            assert not platform.progress.behind()

    asyncio.run(test())
    assert stores["a"].taken == stores["c"].taken == expected(range(45))
    assert sorted(set(stores["b"].taken)) == expected(range(45))


def test_what_a_store_refuses_again_and_again_is_no_repetition_of_itself(tmp_path: Path, engine: Engine) -> None:
    """A call for help lay in such a batch: tried a second time, it was dropped as told already."""
    log, stores = PartedLog(1), {name: Store() for name in "abc"}

    async def test() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            stores["b"].is_well = False
            await offer(log, range(3))
            await platform.until(lambda: len(stores["a"].taken) == 3)
            await platform.until(lambda: stores["b"].refused >= 4)
            stores["b"].is_well = True
            await offer(log, range(3, 4))
            await platform.until(lambda: platform.reader.committed == log.ends[0])

    asyncio.run(test())
    assert sorted(set(stores["b"].taken)) == expected(range(4))


def test_what_was_committed_after_it_was_written_down_still_leaves_a_lane(tmp_path: Path, engine: Engine) -> None:
    """The page is a second old when a process is killed; its position may be behind what was committed."""
    log, stores = PartedLog(1), {name: Store() for name in "abc"}
    asyncio.run(offer(log, range(9), "b"))
    progress, reader = StoreProgress(engine), PartedLogReader(log, "ingest", 0)
    entries = reader.read(9)
    reader.commit(entries[3].next_position)
    others = StoreBehind(ALL_OTHERS, entries[7].next_position, NOW_MS, "")
    progress.save(0, [StoreBehind("b", entries[1].next_position, NOW_MS, "away"), others])

    async def test() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            await platform.until(lambda: platform.reader.committed == log.ends[0])

    asyncio.run(test())
    assert sorted(set(stores["b"].taken)) == expected(range(4, 9))


def test_a_restart_sets_nobody_back_who_was_not_behind(tmp_path: Path, engine: Engine) -> None:
    log, stores = PartedLog(1), {name: Store() for name in "abc"}
    stores["b"].is_well = False

    async def first() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            await offer(log, range(30))
            await platform.until(lambda: len(stores["a"].taken) == 30)
            await platform.until(lambda: any(r.position == log.ends[0] for r in platform.progress.load(0)))

    async def second() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            await offer(log, range(30, 33))
            await platform.until(lambda: len(stores["a"].taken) == 33)
            stores["b"].is_well = True
            await platform.until(lambda: platform.reader.committed == log.ends[0])

    async def test() -> None:
        await first()
        assert not stores["b"].taken
        await second()

    asyncio.run(test())
    assert stores["a"].taken == stores["c"].taken == expected(range(33))
    assert sorted(set(stores["b"].taken)) == expected(range(33))


def test_without_what_was_written_down_all_begin_at_the_hindmost(tmp_path: Path, engine: Engine) -> None:
    log, stores = PartedLog(1), {name: Store() for name in "abc"}
    stores["b"].is_well = False

    async def first() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            await offer(log, range(30))
            await platform.until(lambda: len(stores["a"].taken) == 30)

    async def second() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            await platform.until(lambda: platform.reader.committed == log.ends[0])

    async def test() -> None:
        await first()
        StoreProgress(engine).save(0, [])
        stores["b"].is_well = True
        await second()

    asyncio.run(test())
    assert all(sorted(set(one.taken)) == expected(range(30)) for one in stores.values())


def test_while_every_store_is_away_nobody_reads_on_and_all_come_back(tmp_path: Path, engine: Engine) -> None:
    log, stores = PartedLog(1), {name: Store() for name in "abc"}
    for one in stores.values():
        one.is_well = False

    async def test() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            await offer(log, range(20))
            await platform.until(lambda: "no store" in platform.worker.trouble)
            assert platform.reader.committed == 0
            stores["a"].is_well = stores["c"].is_well = True
            await platform.until(lambda: len(set(stores["a"].taken)) == len(set(stores["c"].taken)) == 20)
            stores["b"].is_well = True
            await platform.until(lambda: platform.reader.committed == log.ends[0])

    asyncio.run(test())
    assert all(sorted(set(one.taken)) == expected(range(20)) for one in stores.values())


def test_a_store_with_nothing_new_to_take_comes_back_too(tmp_path: Path, engine: Engine) -> None:
    log, stores = PartedLog(1), {name: Store() for name in "abc"}
    stores["b"].is_well = False

    async def test() -> None:
        async with Platform(tmp_path, log, stores, engine) as platform:
            await offer(log, range(10))
            await platform.until(lambda: len(stores["a"].taken) == 10 and bool(platform.lanes.counters()))
            stores["b"].is_well = True
            await platform.until(lambda: not platform.lanes.counters())

    asyncio.run(test())
    assert sorted(set(stores["b"].taken)) == expected(range(10))
