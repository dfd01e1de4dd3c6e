"""What a door may expect of the LOG now, so that a balancer sends devices where it works."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from anhu.log.port import Keyed, LogFullError, Position
from gateway.counters import IntakeCounters
from gateway.group_commit import GroupCommit


class Steady:
    """A time that runs when it is told to."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Moody:
    """A LOG that refuses, or does not answer, until it is told otherwise."""

    partitions = 1

    def __init__(self) -> None:
        self.refuses, self.answers = False, asyncio.Event()
        self.answers.set()

    async def append_many(self, records: Sequence[Keyed]) -> Mapping[int, Position]:
        await self.answers.wait()
        if self.refuses:
            raise LogFullError("log: full")
        return {0: len(records)}

    async def aclose(self) -> None:
        """Nothing to close."""


async def put(commit: GroupCommit) -> None:
    """Put a record and let the commit begin."""
    commit.put((("key", b"record"),), lambda _token, _error: None, None)
    await asyncio.sleep(0)


def test_a_log_that_refused_lately_has_a_flaw_until_it_takes_something_or_may_be_tried_again() -> None:
    async def run() -> list[str]:
        log, steady = Moody(), Steady()
        commit = GroupCommit(log, IntakeCounters(), steady_s=steady)
        said = [commit.flaw()]
        log.refuses = True
        await put(commit)
        await commit.aclose()
        said.append(commit.flaw())
        steady.now_s += 11.0
        said.append(commit.flaw())
        await put(commit)
        await commit.aclose()
        said.append(commit.flaw())
        log.refuses = False
        await put(commit)
        await commit.aclose()
        return [*said, commit.flaw()]

    assert asyncio.run(run()) == ["", "refuses", "", "refuses", ""]


def test_a_log_that_does_not_answer_has_a_flaw_until_it_does() -> None:
    async def run() -> list[str]:
        log, steady = Moody(), Steady()
        commit = GroupCommit(log, IntakeCounters(), steady_s=steady)
        log.answers.clear()
        await put(commit)
        said = [commit.flaw()]
        steady.now_s += 12.0
        said.append(commit.flaw())
        log.answers.set()
        await commit.aclose()
        return [*said, commit.flaw()]

    assert asyncio.run(run()) == ["", "has not answered for 12 s", ""]
