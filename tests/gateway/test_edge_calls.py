"""A call at an edge is done with only when the centre has it: neither a full disk nor a flaw of ours ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from anhu.contract.observation import Event
from anhu.contract.record import Reading, encode_record
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from gateway.edge.calls import CallLane
from gateway.edge.local_alarms import LocalAlarms

_AT_MS = 1_795_300_000_000


class _Line:
    """Takes what it is given, fails, or is down."""

    def __init__(self, *, is_up: bool, failure: Exception | None = None) -> None:
        self.is_up, self._failure = is_up, failure
        self.taken: list[bytes] = []

    async def wait_until_up(self) -> None:
        if not self.is_up:
            await asyncio.Event().wait()

    async def publish(self, topic: str, payload: bytes) -> None:
        assert topic == "anhu/v1/edge-1/relay/urgent"
        if self._failure is not None:
            raise self._failure
        self.taken.append(payload)


async def _log_of(folder: Path, events: Sequence[Event]) -> EmbeddedLogReader:
    log = EmbeddedLogWriter(folder)
    await log.append_many([("w-1", encode_record(Reading("w-1", "", _AT_MS, tuple(events))))])
    await log.aclose()
    return EmbeddedLogReader(folder, "calls")


def _lane(reader: EmbeddedLogReader, line: _Line, alarms: LocalAlarms) -> CallLane:
    return CallLane(reader, line, "edge-1", alarms, clock=SystemClock(), label=lambda _: "203", wait_s=0.01)


def test_a_disk_that_refuses_keeps_nobody_from_being_told(tmp_path: Path) -> None:
    async def play() -> LocalAlarms:
        reader = await _log_of(tmp_path / "log", [Event("sos", _AT_MS)])
        alarms = LocalAlarms(tmp_path / "gone" / "alarms.json")
        lane = asyncio.create_task(_lane(reader, _Line(is_up=False), alarms).run())
        async with asyncio.timeout(10):
            while not alarms.unanswered:  # noqa: ASYNC110 - of another task
                await asyncio.sleep(0.01)
        assert reader.committed == 0
        lane.cancel()
        return alarms

    alarms = asyncio.run(play())
    assert [one.kind for one in alarms.unanswered] == ["sos"]
    assert alarms.unwritten.startswith("alarms.json: ")


def test_a_call_that_failed_on_us_is_taken_up_again(tmp_path: Path) -> None:
    async def play() -> int:
        reader = await _log_of(tmp_path / "log", [Event("sos", _AT_MS)])
        alarms = LocalAlarms(tmp_path / "alarms.json")
        with pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(10):
                await _lane(reader, _Line(is_up=True, failure=ZeroDivisionError()), alarms).run()
        assert reader.committed == 0
        reader.seek(0)
        line = _Line(is_up=True)
        lane = asyncio.create_task(_lane(reader, line, alarms).run())
        async with asyncio.timeout(10):
            while not reader.committed:  # noqa: ASYNC110 - of another task
                await asyncio.sleep(0.01)
        lane.cancel()
        return len(line.taken)

    assert asyncio.run(play()) == 1
