"""Partitions are owned through leases: every process that is there takes its share, a dead one's run out.

A lease says who should read; it stops nobody. What stops a process that was paused and replaced is its epoch, asked for
in the transaction that it writes in (`alerts.fence`). So a clock that jumps, or a lease that runs out too early, costs
a takeover and never a finding.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import HOUR_MS
from anhu.contract.errors import AnhuError
from anhu.registry.shard_tables import ShardLease, ShardMember

LEASE_MS = 5_000
"""A dead owner's partitions are taken over after so long. [ms]"""
_FORGOTTEN_MS = HOUR_MS
_UNSEEN = {"synchronize_session": False}
_NOW = {
    "postgresql": text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"),
    "sqlite": text("SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS integer)"),
}


class FencedError(AnhuError):
    """Somebody else has this partition meanwhile: nothing of what was decided may be written."""


def database_now_ms(session: Session) -> int:
    """Return what time it is by the database's clock. [ms]."""
    return int(session.execute(_NOW[session.get_bind().dialect.name]).scalar_one())


def new_owner() -> str:
    """Return a name for a process that no process had before; people read the machine's in it."""
    return f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"


def is_held(until_ms: int, now_ms: int, lease_ms: int = LEASE_MS) -> bool:
    """Tell whether a lease stands; one that ends too far ahead was given before the clock was set back. [ms]."""
    return now_ms < until_ms <= now_ms + 2 * lease_ms


class Round(NamedTuple):
    """What a process has after it renewed.

    Attributes
    ----------
    held : mapping
        Partition -> epoch.
    surplus : sequence of int
        Those of them that are more than its share: to be given back when their work is written down.
    """

    held: Mapping[int, int]
    surplus: Sequence[int]


class Reported(NamedTuple):
    """What a process says of one of its partitions.

    Attributes
    ----------
    backlog_bytes : int
        How far it is behind. [byte]
    is_at_end : bool
        Whether it has read everything since it said so last.
    """

    backlog_bytes: int
    is_at_end: bool


class ShardLeases:
    """The leases of one consumer, as one process sees them. Each call is one short transaction.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database; nobody's long work should share its connections.
    consumer : str
        Whose partitions.
    partitions : int
        How many there are.
    owner : str
        This process (`new_owner`).
    now : callable
        What time it is, by a clock that all processes share. [ms]
    lease_ms : int
        For how long a lease stands. [ms]
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        consumer: str,
        partitions: int,
        *,
        owner: str,
        now: Callable[[Session], int] = database_now_ms,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self._sessions = sessions
        self.consumer = self._consumer = consumer
        self.partitions = partitions
        self.owner = owner
        self._now = now
        self.lease_ms = lease_ms

    def renew(
        self,
        mine: Mapping[int, int],
        reported: Mapping[int, Reported],
        *,
        claims: bool = True,
        avoided: Collection[int] = (),
        fenced: int = 0,
        is_leaving: bool = False,
    ) -> Round:
        """Say that this process lives, renew what it has, and take what it lacks of its share.

        Parameters
        ----------
        mine : mapping
            Partition -> epoch, of what it believes to have. What it has without knowing is given back.
        reported : mapping
            How its partitions fare, as far as there is news.
        claims : bool
            False: it takes nothing now.
        avoided : collection of int
            Partitions that failed here just now: somebody else may have them.
        fenced : int
            How many were taken from this process since it began.
        is_leaving : bool
            It only goes on with what it has; its share is the others'.
        """
        with self._sessions.begin() as session:
            now_ms = self._now(session)
            rows = self._rows(session)
            kept = {n: epoch for n, epoch in mine.items() if (rows[n].owner, rows[n].epoch) == (self.owner, epoch)}
            if not is_leaving:
                self._say_alive(session, now_ms, fenced)
            share = self._share(session, now_ms)
            self._give_back(session, rows, kept, now_ms)
            free = [row for n, row in rows.items() if n not in kept and n not in avoided and self._is_free(row, now_ms)]
            if claims and not is_leaving:
                kept |= _claimed(free[: max(0, share - len(kept))], self.owner, now_ms)
            session.flush()
            longer = update(ShardLease).where(*self._which(kept)).values(until_ms=now_ms + self.lease_ms)
            session.execute(longer, execution_options=_UNSEEN)
            self._report(session, {n: one for n, one in reported.items() if n in kept}, now_ms)
        return Round(kept, sorted(kept)[share:])

    def release(self, partition: int, epoch: int) -> None:
        """Give a partition back: its work is written down."""
        with self._sessions.begin() as session:
            self._free(session, [partition], self._now(session), ShardLease.epoch == epoch)

    def leave(self) -> None:
        """Take it that this process claims no share any more: others may have it as soon as it is given back."""
        me = (ShardMember.consumer == self._consumer, ShardMember.owner == self.owner)
        with self._sessions.begin() as session:
            session.execute(delete(ShardMember).where(*me))

    def _which(self, partitions: Collection[int]) -> tuple[ColumnElement[bool], ...]:
        return ShardLease.consumer == self._consumer, ShardLease.partition.in_(partitions)

    def _rows(self, session: Session) -> dict[int, ShardLease]:
        """Return all leases, kept from all others until the transaction ends: one round follows the other."""
        query = select(ShardLease).where(ShardLease.consumer == self._consumer).order_by(ShardLease.partition)
        rows = {row.partition: row for row in session.scalars(query.with_for_update())}
        for partition in range(self.partitions):
            if partition not in rows:
                nothing = dict.fromkeys(("epoch", "until_ms", "since_ms", "backlog_bytes", "at_end_ms"), 0)
                rows[partition] = ShardLease(consumer=self._consumer, partition=partition, owner="", **nothing)
                session.add(rows[partition])
        session.flush()
        return rows

    def _is_free(self, row: ShardLease, now_ms: int) -> bool:
        return not row.owner or row.owner == self.owner or not is_held(row.until_ms, now_ms, self.lease_ms)

    def _say_alive(self, session: Session, now_ms: int, fenced: int) -> None:
        until_ms = now_ms + self.lease_ms
        row = session.get(ShardMember, (self._consumer, self.owner))
        if row is None:
            old = ShardMember.until_ms < now_ms - _FORGOTTEN_MS
            session.execute(delete(ShardMember).where(ShardMember.consumer == self._consumer, old))
            row = ShardMember(consumer=self._consumer, owner=self.owner, until_ms=until_ms, fenced=0, fenced_ms=0)
            session.add(row)
        if fenced != row.fenced:
            row.fenced, row.fenced_ms = fenced, now_ms
        row.until_ms = until_ms
        session.flush()

    def _share(self, session: Session, now_ms: int) -> int:
        """Return how many partitions each process that is there has at most."""
        there = (ShardMember.until_ms > now_ms, ShardMember.until_ms <= now_ms + 2 * self.lease_ms)
        members = session.scalar(
            select(func.count()).select_from(ShardMember).where(ShardMember.consumer == self._consumer, *there)
        )
        return -(-self.partitions // max(members or 0, 1))

    def _give_back(self, session: Session, rows: Mapping[int, ShardLease], kept: Collection[int], now_ms: int) -> None:
        """Give back what it has without knowing: the answer to a claim was lost on its way."""
        unknown = [n for n, row in rows.items() if row.owner == self.owner and n not in kept]
        if unknown:
            self._free(session, unknown, now_ms)

    def _free(self, session: Session, partitions: Collection[int], now_ms: int, *also: ColumnElement[bool]) -> None:
        mine = (*self._which(partitions), ShardLease.owner == self.owner, *also)
        nobodys = {"owner": "", "until_ms": 0, "since_ms": now_ms}
        session.execute(update(ShardLease).where(*mine).values(**nobodys), execution_options=_UNSEEN)

    def _report(self, session: Session, reported: Mapping[int, Reported], now_ms: int) -> None:
        for partition, one in reported.items():
            values = {"backlog_bytes": one.backlog_bytes}
            if one.is_at_end:
                values["at_end_ms"] = now_ms
            session.execute(
                update(ShardLease).where(*self._which([partition])).values(**values), execution_options=_UNSEEN
            )


def _claimed(rows: Sequence[ShardLease], owner: str, now_ms: int) -> dict[int, int]:
    for row in rows:
        row.owner, row.since_ms, row.epoch = owner, now_ms, row.epoch + 1
    return {row.partition: row.epoch for row in rows}
