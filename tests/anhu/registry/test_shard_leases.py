"""Partitions have one owner each, whoever comes, goes, is paused, or comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.shard_leases import LEASE_MS, Reported, Round, ShardLeases, database_now_ms
from anhu.registry.shard_member import ShardMember
from anhu.registry.shard_tables import ShardLease
from anhu.registry.shard_tables import ShardMember as MemberRow

PARTITIONS = 8
T0 = 1_795_300_000_000


class Members:
    """Processes on one database, whose clock the test sets."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        self.now_ms = T0
        self.held: dict[str, dict[int, int]] = {}
        self._leases: dict[str, ShardLeases] = {}

    def leases(self, owner: str) -> ShardLeases:
        if owner not in self._leases:
            now = lambda _session: self.now_ms  # noqa: E731 - short
            self._leases[owner] = ShardLeases(self.sessions, "alerts", PARTITIONS, owner=owner, now=now)
        return self._leases[owner]

    def renew(self, owner: str, *, gives: bool = True) -> Round:
        """Go one round; what is surplus is given back, as after its work is written down."""
        done = self.leases(owner).renew(self.held.get(owner, {}), {})
        self.held[owner] = dict(done.held)
        for partition in done.surplus if gives else ():
            self.leases(owner).release(partition, self.held[owner].pop(partition))
        return done

    def rows(self) -> dict[int, tuple[str, int]]:
        with self.sessions.begin() as session:
            return {row.partition: (row.owner, row.epoch) for row in session.scalars(select(ShardLease))}


@pytest.fixture(params=["sqlite", "postgresql"])
def members(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Members]:
    url = f"sqlite:///{tmp_path}/anhu.db"
    if request.param == "postgresql":
        copy_of: Callable[[Callable[[str], None]], str] = request.getfixturevalue("postgres_copy")
        url = copy_of(upgrade)
    else:
        upgrade(url)
    sessions = open_sessions(url)
    yield Members(sessions)
    close_sessions(sessions)


def test_one_alone_has_all_and_two_have_half_each(members: Members) -> None:
    assert dict(members.renew("a").held) == dict.fromkeys(range(8), 1)
    assert not members.renew("b").held
    assert members.renew("a").surplus == [4, 5, 6, 7]
    assert dict(members.renew("b").held) == dict.fromkeys(range(4, 8), 2)
    assert not members.renew("a").surplus


def test_three_share_eight_and_none_has_more_than_three(members: Members) -> None:
    for _ in range(3):
        for owner in "abc":
            members.renew(owner)
    assert sorted(len(held) for held in members.held.values()) == [2, 3, 3]
    assert {partition for held in members.held.values() for partition in held} == set(range(8))


def test_a_dead_ones_partitions_run_out_and_are_taken_under_a_new_epoch(members: Members) -> None:
    for owner in "abab":
        members.renew(owner)
    members.now_ms += LEASE_MS - 1_000
    assert len(members.renew("b").held) == 4
    members.now_ms += 1_000
    assert dict(members.renew("b").held) == dict.fromkeys(range(8), 2)


def test_who_was_paused_and_replaced_learns_it_and_has_nothing_left(members: Members) -> None:
    members.renew("a")
    paused = members.held["a"]
    members.now_ms += LEASE_MS
    members.renew("b")
    members.held["a"] = paused
    assert not members.renew("a").held
    assert all(owner == "b" for owner, _ in members.rows().values())


def test_what_one_has_without_knowing_is_taken_anew_under_another_epoch(members: Members) -> None:
    members.renew("a")
    members.held["a"] = {}
    assert dict(members.renew("a").held) == dict.fromkeys(range(8), 2)


def test_what_is_given_back_is_claimed_at_once(members: Members) -> None:
    members.renew("a")
    members.leases("a").leave()
    assert len(members.renew("b").held) == 0
    for partition, epoch in members.held["a"].items():
        members.leases("a").release(partition, epoch)
    assert len(members.renew("b").held) == 8


def test_an_old_epoch_gives_nothing_back(members: Members) -> None:
    members.renew("a")
    members.leases("a").release(3, 0)
    assert members.rows()[3] == ("a", 1)


@pytest.mark.parametrize("by_ms", [-3_600_000, 3_600_000], ids=["back", "ahead"])
def test_a_clock_that_jumps_leaves_every_partition_with_one_owner(members: Members, by_ms: int) -> None:
    for owner in "abab":
        members.renew(owner)
    members.now_ms += by_ms
    for _ in range(4):
        for owner in "ab":
            members.renew(owner)
    assert {partition for held in members.held.values() for partition in held} == set(range(8))
    assert len(members.held["a"]) == len(members.held["b"]) == 4


def test_a_dead_one_is_replaced_also_when_the_clock_was_set_back(members: Members) -> None:
    members.renew("a")
    members.now_ms -= 3_600_000
    assert len(members.renew("b").held) == 8


def test_what_owners_say_of_their_partitions_stands_in_the_row(members: Members) -> None:
    members.renew("a")
    members.now_ms += 1_000
    reported = {1: Reported(backlog_bytes=77, is_at_end=False), 2: Reported(backlog_bytes=0, is_at_end=True)}
    members.leases("a").renew(members.held["a"], reported, fenced=2)
    with members.sessions.begin() as session:
        rows = {row.partition: row for row in session.scalars(select(ShardLease))}
        assert (rows[1].backlog_bytes, rows[1].at_end_ms, rows[2].at_end_ms) == (77, 0, T0 + 1_000)
        member = session.scalars(select(MemberRow)).one()
        assert (member.fenced, member.fenced_ms) == (2, T0 + 1_000)


def test_the_databases_own_clock_is_a_clock(members: Members) -> None:
    with members.sessions.begin() as session:
        assert database_now_ms(session) > T0


class Time:
    """A time that only runs forward."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_loop_that_hangs_lets_its_partitions_run_out(members: Members) -> None:
    time, told = Time(), list[Round]()
    member = ShardMember(members.leases("a"), dict, told.append, steady_s=time)
    member.go_round()
    assert len(told[-1].held) == 8
    assert member.is_sure(3, 1)
    assert not member.is_sure(3, 0)
    time.now_s += 10.5
    member.go_round()
    assert (len(told), member.counts["stalled"]) == (1, 1)
    assert not member.is_sure(3, 1)


def test_after_a_time_without_the_database_others_may_come_back_first(members: Members) -> None:
    time, told = Time(), list[Round]()
    members.renew("b")
    member = ShardMember(members.leases("a"), dict, told.append, steady_s=time)
    member.go_round()
    members.now_ms += LEASE_MS + 1
    time.now_s += 5
    member.turned()
    member.go_round()
    assert not told[-1].held
    for _ in range(6):
        time.now_s += 1
        member.turned()
        member.go_round()
    assert len(told[-1].held) == 8


def test_what_was_given_up_is_not_taken_for_lost(members: Members) -> None:
    time, told = Time(), list[Round]()
    member = ShardMember(members.leases("a"), dict, told.append, steady_s=time)
    member.go_round()
    member.give_up(2, 1, is_lost=False)
    member.leave()
    member.go_round()
    assert 2 not in told[-1].held
    assert members.rows()[2] == ("", 1)
