from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.detectors import discover
from alerts.read_ahead import ReadAhead
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Reading, encode_record
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter

T0 = 1_795_300_000_000
BACKLOG = 60_000


def record(number: int, observation: Observation) -> bytes:
    return encode_record(Reading(f"w-{number % 50}", f"r-{number % 50}", observation.observed_at_ms, (observation,)))


async def written(log: Path, records: list[bytes]) -> None:
    writer = EmbeddedLogWriter(log)
    await writer.append_many([("", one) for one in records])
    await writer.aclose()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[EmbeddedLogReader]:
    opened = EmbeddedLogReader(tmp_path / "log", "alerts")
    yield opened
    opened.close()


def backlog() -> list[bytes]:
    return [record(n, Scalar("heart_rate", 70.0, T0 + n)) for n in range(BACKLOG)]


def test_a_call_for_help_goes_ahead_of_a_backlog_and_the_engine_stays_where_it_was(
    tmp_path: Path, reader: EmbeddedLogReader
) -> None:
    asyncio.run(written(tmp_path / "log", [*backlog(), record(7, Event("sos", T0 + BACKLOG))]))
    lane = ReadAhead(reader, discover())
    first = reader.read(100)
    (found,) = lane.look(first[-1].next_position, T0 + BACKLOG)
    assert (found.resident_id, found.finding.kind) == ("r-7", "sos")
    assert reader.read(1)[0].next_position > first[-1].next_position
    assert reader.position < first[-1].next_position + 1_000
    assert lane.look(reader.position, T0 + BACKLOG) == [], "once is enough"


def test_what_comes_while_the_backlog_is_read_goes_ahead_too(tmp_path: Path, reader: EmbeddedLogReader) -> None:
    asyncio.run(written(tmp_path / "log", backlog()))
    lane = ReadAhead(reader, discover())
    position = reader.read(10)[-1].next_position
    assert lane.look(position, T0) == []
    asyncio.run(written(tmp_path / "log", [record(3, Event("smoke", T0 + BACKLOG))]))
    assert [one.finding.kind for one in lane.look(position, T0 + BACKLOG)] == ["smoke"]


def test_whoever_is_not_far_behind_reads_nothing_ahead(tmp_path: Path, reader: EmbeddedLogReader) -> None:
    asyncio.run(written(tmp_path / "log", [record(1, Event("sos", T0))]))
    assert ReadAhead(reader, discover()).look(0, T0) == []
    assert len(reader.read()) == 1


def test_one_look_is_bounded_and_the_next_goes_on(tmp_path: Path, reader: EmbeddedLogReader) -> None:
    asyncio.run(written(tmp_path / "log", [*backlog(), record(7, Event("sos", T0 + BACKLOG))]))
    lane = ReadAhead(reader, discover(), most_bytes=600_000)
    looks = [lane.look(0, T0 + BACKLOG) for _ in range(12)]
    assert sum(map(len, looks)) == 1
    assert looks[0] == []
