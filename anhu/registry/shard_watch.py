"""Partitions that nobody reads, or whose reader does not keep up: a call for help there would be silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.registry.shard_leases import is_held
from anhu.registry.shard_tables import ShardLease, ShardMember

NOBODY_MS = 10 * SECOND_MS
"""A takeover takes less. [ms]"""
BEHIND_MS = 30 * SECOND_MS
FENCED_MS = HOUR_MS


class ShardFault(StrEnum):
    """What is wrong with a partition."""

    NOBODY = "nobody"
    """Nobody has had it for ten seconds."""
    BEHIND = "behind"
    """Its owner has not read to the end for half a minute."""


class ShardFlaw(NamedTuple):
    """One partition of which something is wrong, and for how long. [ms]."""

    fault: ShardFault
    partition: int
    for_ms: int


def shard_flaws(session: Session, consumer: str, partitions: int, now_ms: int) -> Sequence[ShardFlaw]:
    """Return what is wrong with the partitions of a consumer, by the database's clock. [ms]."""
    rows = {row.partition: row for row in session.scalars(select(ShardLease).where(ShardLease.consumer == consumer))}
    return [flaw for n in range(partitions) if (flaw := _flaw(n, rows.get(n), now_ms)) is not None]


def fenced_lately(session: Session, consumer: str, now_ms: int) -> int:
    """Return how many partitions were taken from processes that believed to have them, within an hour. [ms]."""
    lately = (ShardMember.consumer == consumer, ShardMember.fenced_ms > now_ms - FENCED_MS)
    return session.scalar(select(func.sum(ShardMember.fenced)).where(*lately)) or 0


def lines(flaws: Sequence[ShardFlaw]) -> Iterator[str]:
    """Say it: one line for each fault."""
    for fault in ShardFault:
        these = [one for one in flaws if one.fault is fault]
        if these:
            which = ", ".join(str(one.partition) for one in these)
            longest_s = max(one.for_ms for one in these) / SECOND_MS
            yield f"{fault}: partitions {which}, for up to {longest_s:.0f} s"


def _flaw(partition: int, row: ShardLease | None, now_ms: int) -> ShardFlaw | None:
    if row is None:
        return ShardFlaw(ShardFault.NOBODY, partition, now_ms)
    if not row.owner or not is_held(row.until_ms, now_ms):
        for_ms = now_ms - (row.until_ms or row.since_ms)
        return ShardFlaw(ShardFault.NOBODY, partition, abs(for_ms)) if abs(for_ms) > NOBODY_MS else None
    for_ms = now_ms - max(row.at_end_ms, row.since_ms)
    return ShardFlaw(ShardFault.BEHIND, partition, for_ms) if for_ms > BEHIND_MS else None
