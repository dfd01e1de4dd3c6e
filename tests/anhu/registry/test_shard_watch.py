"""A partition that nobody reads, or that is not read to its end, is said aloud; one that is being taken over is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.shard_leases import LEASE_MS, Reported, ShardLeases
from anhu.registry.shard_watch import BEHIND_MS, NOBODY_MS, ShardFault, ShardFlaw, fenced_lately, lines, shard_flaws

T0 = 1_795_300_000_000
AT_END, BEHIND = Reported(0, is_at_end=True), Reported(9, is_at_end=False)


class Alone:
    """One process with two partitions."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        self.now_ms = T0
        self._leases = ShardLeases(sessions, "alerts", 2, owner="a", now=lambda _session: self.now_ms)
        self.held: dict[int, int] = {}

    def renew(self, after_ms: int, reported: dict[int, Reported], *, fenced: int = 0) -> None:
        self.now_ms += after_ms
        self.held = dict(self._leases.renew(self.held, reported, fenced=fenced).held)

    def release(self, partition: int) -> None:
        self._leases.release(partition, self.held.pop(partition))

    def flaws(self, after_ms: int = 0) -> list[ShardFlaw]:
        with self.sessions.begin() as session:
            return [*shard_flaws(session, "alerts", 2, self.now_ms + after_ms)]


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    url = f"sqlite:///{tmp_path / 'anhu.db'}"
    upgrade(url)
    sessions = open_sessions(url)
    yield Alone(sessions)
    close_sessions(sessions)


def test_before_anybody_came_nobody_reads(alone: Alone) -> None:
    assert [one.fault for one in alone.flaws()] == [ShardFault.NOBODY] * 2


def test_who_reads_to_the_end_has_no_flaw(alone: Alone) -> None:
    for _ in range(60):
        alone.renew(1_000, {0: AT_END, 1: AT_END})
    assert not alone.flaws()


def test_a_dead_owners_partitions_are_nobodys_some_seconds_after_the_lease(alone: Alone) -> None:
    alone.renew(0, {0: AT_END, 1: AT_END})
    assert not alone.flaws(LEASE_MS + NOBODY_MS)
    after_ms = LEASE_MS + NOBODY_MS + 1
    assert alone.flaws(after_ms) == [ShardFlaw(ShardFault.NOBODY, n, NOBODY_MS + 1) for n in range(2)]


def test_what_was_given_back_and_not_taken_is_nobodys(alone: Alone) -> None:
    alone.renew(0, {0: AT_END, 1: AT_END})
    alone.release(1)
    assert not alone.flaws(1_000)
    assert alone.flaws(NOBODY_MS + 1)[-1] == ShardFlaw(ShardFault.NOBODY, 1, NOBODY_MS + 1)


def test_an_owner_that_does_not_come_to_the_end_is_behind(alone: Alone) -> None:
    alone.renew(0, {0: AT_END, 1: AT_END})
    for _ in range(31):
        alone.renew(1_000, {0: AT_END, 1: BEHIND})
    assert alone.flaws() == [ShardFlaw(ShardFault.BEHIND, 1, BEHIND_MS + 1_000)]
    assert [*lines(alone.flaws())] == ["behind: partitions 1, for up to 31 s"]


def test_who_lost_a_partition_is_counted_for_an_hour(alone: Alone) -> None:
    alone.renew(0, {}, fenced=2)
    with alone.sessions.begin() as session:
        assert fenced_lately(session, "alerts", T0 + 3_599_000) == 2
        assert fenced_lately(session, "alerts", T0 + 3_601_000) == 0
