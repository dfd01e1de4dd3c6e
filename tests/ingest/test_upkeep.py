"""What goes on beside the worker: it goes on after a failure, and says it once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from anhu.contract.clock import DAY_MS, ManualClock
from anhu.contract.observation import Scalar
from ingest import upkeep
from ingest.deadletters import DeadLetters
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.writer import SqliteStoreWriter
from ingest.store.port import PlatformRow, Range, StoredReading, StoreUnavailableError

NOW_MS = 1_795_400_000_000


class Hourly:
    """Hourly work that answers what it is told to, then ends the test."""

    def __init__(self, answers: Sequence[bool | Exception], stop: asyncio.Event) -> None:
        self._answers = iter(answers)
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self.steps = 0

    def step(self) -> bool:
        answer = next(self._answers, None)
        if answer is None:
            self._loop.call_soon_threadsafe(self._stop.set)
            return False
        self.steps += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_hourly_values_go_on_whatever_fails_and_the_same_trouble_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "_HOURS_S", 0.0)
    away = StoreUnavailableError("away")

    async def test() -> int:
        stop = asyncio.Event()
        hourly = Hourly([True, away, away, RuntimeError("odd"), False, away, True], stop)
        await upkeep.put_hours_together(hourly, stop)  # type: ignore[arg-type]
        return hourly.steps

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(asyncio.wait_for(test(), 20)) == 7
    said = [(record.levelname, "away" in record.getMessage()) for record in caplog.records]
    assert said == [("WARNING", True), ("ERROR", False), ("WARNING", True)]


def test_what_is_older_than_the_installation_keeps_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_TIDY_S", 0.0)
    clock = ManualClock(NOW_MS)
    writer, letters = SqliteStoreWriter(tmp_path / "store.db"), DeadLetters(tmp_path / "letters.db", clock)
    times = [NOW_MS - days * DAY_MS for days in (20, 11, 9, 0)]
    writer.write([StoredReading("r-1", "w-1", at, (Scalar("heart_rate", 70.0, at),)) for at in times])
    query = SqliteStoreQuery(tmp_path / "store.db")

    async def test() -> None:
        stop = asyncio.Event()
        keep = upkeep.Keep(readings_d=10, waveforms_d=1)
        tidying = asyncio.create_task(upkeep.tidy(letters, writer, keep, clock, stop))
        while len(query.points("r-1", "heart_rate", Range(0, 2 * NOW_MS))) > 2:  # noqa: ASYNC110 - as a chart would see
            await asyncio.sleep(0.002)
        stop.set()
        await tidying

    asyncio.run(asyncio.wait_for(test(), 20))
    assert [p.observed_at_ms for p in query.points("r-1", "heart_rate", Range(0, 2 * NOW_MS))] == times[2:]
    for one in (query, writer, letters):
        one.close()


def test_health_rows_are_written_as_they_are_now_until_the_end() -> None:
    clock, written = ManualClock(NOW_MS), list[PlatformRow]()

    def rows_at(now_ms: int) -> list[PlatformRow]:
        clock.forward(1_000)
        return [PlatformRow("process", now_ms, {}, {"records": 1.0})]

    async def test() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        class Writer:
            def write_platform(self, rows: Sequence[PlatformRow]) -> None:
                written.extend(rows)
                if len(written) == 3:
                    loop.call_soon_threadsafe(stop.set)

        await upkeep.write_health(Writer(), rows_at, clock, stop, every_s=0.0)  # type: ignore[arg-type]

    asyncio.run(asyncio.wait_for(test(), 20))
    assert [row.at_ms for row in written[:3]] == [NOW_MS, NOW_MS + 1_000, NOW_MS + 2_000]
