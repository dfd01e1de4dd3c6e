"""How a process of a city takes its share of the partitions: leases on connections of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.idle_limit import end_idle_transactions
from anhu.registry.shard_leases import Reported, ShardLeases, new_owner
from anhu.registry.shard_runner import ShardRunner, Work

_IDLE_S = 2
"""A round takes some milliseconds: whoever is frozen in the middle of one lets the others wait no longer. [s]"""
IDLE_S = 5
"""The same of a worker's transaction. [s]"""


@contextmanager
def sharing(
    database: str, consumer: str, partitions: int, work: Work, reported: Callable[[], Mapping[int, Reported]] = dict
) -> Iterator[ShardRunner]:
    """Give what runs the work of this process's partitions; at the end its connections are closed."""
    sessions = open_sessions(database)
    end_idle_transactions(sessions, after_s=_IDLE_S)
    try:
        yield ShardRunner(ShardLeases(sessions, consumer, partitions, owner=new_owner()), work, reported)
    finally:
        close_sessions(sessions)
