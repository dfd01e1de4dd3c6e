"""The worker: nothing acknowledged is missing in the store, whatever stops, refuses or repeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from anhu.contract.clock import ManualClock, SystemClock
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading, Record, Undecoded, bundled, encode_record
from anhu.log.embedded import consumers
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from ingest.deadletters import DeadLetters
from ingest.letter import Filter, Stage
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from ingest.store.port import PlatformRow, Range, Stored, StoreWriter, WriteResult
from ingest.worker import IngestWorker
from tests.anhu.log.logs import append

NOW_MS = 1_795_300_000_000
EVER = Range(0, 2 * NOW_MS)


class Place:
    """A log, a store and dead letters in one folder, and what the worker did with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(NOW_MS)
        self.log = EmbeddedLogWriter(folder / "log", segment_bytes=100_000)
        self.store = SqliteStoreWriter(folder / "store.db")
        self.query = SqliteStoreQuery(folder / "store.db")
        self.letters = DeadLetters(folder / "letters.db", self.clock)
        self.open_readers: list[EmbeddedLogReader] = []

    async def append(self, *records: Record) -> None:
        await asyncio.gather(*(append(self.log, encode_record(r)) for r in records))

    @asynccontextmanager
    async def working(self, store: Store | None = None) -> AsyncIterator[IngestWorker]:
        """Run a worker, and stop it at the end of the block."""
        reader = EmbeddedLogReader(self.folder / "log", "ingest")
        worker = IngestWorker(reader, store or self.store, self.letters, self.clock, gather_s=0.005)
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        try:
            yield worker
        finally:
            stop.set()
            await running
            self.open_readers.append(reader)

    async def committed(self) -> None:
        """Wait until ingest has committed all there is."""
        await until(lambda: self.position() == self.log.end)

    def position(self) -> int:
        return min(consumers.committed(self.folder / "log"), default=0)

    async def aclose(self) -> None:
        await self.log.aclose()
        for reader in self.open_readers:
            reader.close()
        self.query.close()
        self.store.close()
        self.letters.close()


class Store(StoreWriter):
    """A store that first answers what it is told to, then writes for real."""

    def __init__(self, real: SqliteStoreWriter, answers: Sequence[WriteResult]) -> None:
        self._real = real
        self._answers = list(answers)
        self.batches: list[list[Stored]] = []

    def write(self, readings: Sequence[Stored]) -> WriteResult:
        self.batches.append(list(readings))
        return self._answers.pop(0) if self._answers else self._real.write(readings)

    def write_platform(self, rows: Sequence[PlatformRow]) -> None:
        self._real.write_platform(rows)

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:
        return self._real.prune(points_before_ms=points_before_ms, waveforms_before_ms=waveforms_before_ms)

    def close(self) -> None:
        self._real.close()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - other processes would be waited for like this too
        await asyncio.sleep(0.002)


def reading(n: int, value: float = 70.0) -> Reading:
    at_ms = NOW_MS + n * 1_000
    return Reading("dev-1", "r-1", at_ms, (Scalar("heart_rate", value, at_ms),))


def _has_more_than(place: Place, n: int) -> bool:
    return len(place.query.points("r-1", "heart_rate", EVER)) > n


def undecoded(n: int) -> Undecoded:
    return Undecoded(
        "dev-1", "r-1", NOW_MS + n, "anhu/v1/dev-1/up", b"{", "open_json", "payload: got '{', expected ..."
    )


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Callable[[Place], Coroutine[object, object, None]]], None]:
    def runner(test: Callable[[Place], Coroutine[object, object, None]]) -> None:
        async def whole() -> None:
            place = Place(tmp_path)
            try:
                await asyncio.wait_for(test(place), 30)
            finally:
                await place.aclose()

        asyncio.run(whole())

    return runner


Run = Callable[[Callable[[Place], Coroutine[object, object, None]]], None]


def test_a_bundle_is_stored_and_counted_message_by_message(run: Run) -> None:
    async def test(place: Place) -> None:
        sent = [*(reading(n) for n in range(300)), reading(299), reading(298, 99.0)]
        await place.log.append_many([("", entry) for entry in bundled(map(encode_record, sent))])
        async with place.working() as worker:
            await place.committed()
        assert [p.observed_at_ms for p in place.query.points("r-1", "heart_rate", EVER)] == [
            NOW_MS + n * 1_000 for n in range(300)
        ]
        counters = worker.counters()
        assert (counters["records"], counters["duplicates"], counters["conflicts"]) == (302, 1, 1)

    run(test)


def test_readings_reach_the_store_and_the_rest_the_dead_letters(run: Run) -> None:
    async def test(place: Place) -> None:
        await place.append(*(reading(n) for n in range(100)), undecoded(1), reading(5), reading(7, 99.0))
        await append(place.log, b"\xc1 no record")
        async with place.working() as worker:
            await place.committed()
        counters = worker.counters()
        assert [p.observed_at_ms for p in place.query.points("r-1", "heart_rate", EVER)] == [
            NOW_MS + n * 1_000 for n in range(100)
        ]
        stages = [letter.stage for letter in place.letters.page()]
        assert sorted(stages) == sorted([Stage.RECORD, Stage.DECODE])
        assert counters["records"] == 104
        assert counters["undecoded"] == 2
        assert counters["backlog_bytes"] == 0

    run(test)


def test_a_repeated_point_is_counted_and_another_value_is_a_dead_letter(run: Run) -> None:
    async def test(place: Place) -> None:
        await place.append(reading(1), reading(1), reading(1, 99.0))
        async with place.working() as worker:
            await place.committed()
        counters = worker.counters()
        assert [p.value for p in place.query.points("r-1", "heart_rate", EVER)] == [70.0]
        assert (counters["stored"], counters["duplicates"], counters["conflicts"]) == (1, 1, 1)
        assert [x.stage for x in place.letters.page()] == [Stage.CONFLICT]

    run(test)


def test_while_the_store_is_away_the_position_stays_and_nothing_is_lost(run: Run) -> None:
    async def test(place: Place) -> None:
        await place.append(*(reading(n) for n in range(10)))
        store = Store(place.store, [WriteResult(retry_after_s=0.001, reason="away")] * 2)
        async with place.working(store) as worker:
            await until(lambda: bool(worker.trouble))
            assert place.position() == 0
            assert worker.trouble == "away"
            await place.committed()
        assert worker.trouble == ""
        assert worker.counters()["retries"] == 2
        assert len(store.batches) == 3
        assert all(b == store.batches[0] for b in store.batches)
        assert len(place.query.points("r-1", "heart_rate", EVER)) == 10

    run(test)


def test_stopping_while_the_store_is_away_loses_nothing(run: Run) -> None:
    async def test(place: Place) -> None:
        await place.append(*(reading(n) for n in range(10)), undecoded(1))
        async with place.working(Store(place.store, [WriteResult(retry_after_s=60, reason="away")])) as worker:
            await until(lambda: bool(worker.trouble))
        assert place.letters.count() == 0
        async with place.working():
            await place.committed()
        assert len(place.query.points("r-1", "heart_rate", EVER)) == 10
        assert place.letters.count() == 1

    run(test)


def test_what_the_store_refuses_for_good_is_a_dead_letter_once(run: Run) -> None:
    async def test(place: Place) -> None:
        bad = Reading("dev 1", "r-1", NOW_MS, (Scalar("heart_rate", 70.0, NOW_MS),))
        await place.append(reading(1), bad)
        for _ in range(2):
            async with place.working():
                await place.committed()
            (place.folder / "log" / "consumers" / "ingest").unlink()  # read all of it again
        (letter,) = place.letters.page(Filter(stage="store"))
        assert "device_id" in letter.reason
        assert len(place.query.points("r-1", "heart_rate", EVER)) == 1

    run(test)


def test_a_full_backlog_is_read_in_bounded_batches(run: Run) -> None:
    async def test(place: Place) -> None:
        await place.append(*(reading(n) for n in range(12_000)))
        store = Store(place.store, [])
        async with place.working(store):
            await place.committed()
        assert max(len(b) for b in store.batches) <= 5_000
        assert sum(len(b) for b in store.batches) == 12_000

    run(test)


def test_a_new_record_is_queryable_soon(run: Run) -> None:
    async def test(place: Place) -> None:
        clock = SystemClock()
        async with place.working():
            for n in range(5):
                await place.append(reading(n))
                begun_ms = clock.now_ms()
                await until(partial(_has_more_than, place, n))
                assert clock.now_ms() - begun_ms < 5_000

    run(test)
