"""One process among those that read partitions: a thread of its own renews what it has, whatever its loop is busy with.

It renews only while the loop turns: a process that hangs must not keep partitions that nobody reads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from sqlalchemy.exc import DBAPIError

from anhu.registry.shard_leases import Reported, Round, ShardLeases

_LOG = logging.getLogger(__name__)
EVERY_S = 1.0
_STALLED_S = 10.0
"""A loop that has not turned for so long hangs. [s]"""
_MARGIN_S = 1.0
_AWAY_S = 2.5
"""After a round that came so late, others are given the time of a lease to come back, too. [s]"""
_AVOIDED_S = 10.0


class ShardMember:
    """Renews leases, round by round.

    Parameters
    ----------
    leases : ShardLeases
        On connections of their own.
    reported : callable
        Returns what is to be said of each partition; called in the thread.
    told : callable
        Is told of each round; called in the thread.
    steady_s : callable
        A time that only runs forward. [s]

    Attributes
    ----------
    counts : Counter
        ``lease_errors``, ``stalled`` rounds.
    """

    def __init__(
        self,
        leases: ShardLeases,
        reported: Callable[[], Mapping[int, Reported]],
        told: Callable[[Round], None],
        *,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._leases = leases
        self._reported = reported
        self._told = told
        self._steady_s = steady_s
        self._held: Mapping[int, int] = {}
        self._renewed_s = self._turned_s = steady_s()
        self._claims_from_s = 0.0
        self._avoided: dict[int, float] = {}
        self._gone: dict[int, int] = {}
        self._fenced = 0
        self._is_leaving = False
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self.counts: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to renew."""
        self._thread = threading.Thread(target=self._run, name=f"leases of {self._leases.owner}", daemon=True)
        self._thread.start()

    def turned(self) -> None:
        """Take it that the loop turns."""
        self._turned_s = self._steady_s()

    def avoid(self, partition: int) -> None:
        """Leave a partition that failed here to somebody else for a while."""
        self._avoided[partition] = self._steady_s() + _AVOIDED_S

    def give_up(self, partition: int, epoch: int, *, is_lost: bool) -> None:
        """Take it that nobody works on a partition here any more; lost: somebody else took it."""
        self._gone[partition] = epoch
        self._fenced += is_lost

    def leave(self) -> None:
        """Claim nothing from now on; what is held is renewed until it is given up."""
        self._is_leaving = True

    def is_sure(self, partition: int, epoch: int) -> bool:
        """Tell whether a partition is this process's without doubt: it was renewed, and nobody can have it yet."""
        since_s = self._steady_s() - self._renewed_s
        return self._held.get(partition) == epoch and since_s < self._leases.lease_ms / 1_000 - _MARGIN_S

    def stop(self) -> None:
        """Renew no longer."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(timeout=self._leases.lease_ms / 1_000)

    def _run(self) -> None:
        self.go_round()
        while not self._end.wait(EVERY_S):
            self.go_round()

    def go_round(self) -> None:
        """Renew once, unless the loop hangs; a database that does not answer is asked again in the next round."""
        began_s = self._steady_s()
        if began_s - self._turned_s > _STALLED_S:
            self.counts["stalled"] += 1
            _LOG.error("the loop does not turn: its partitions are left to others")
            return
        if began_s - self._renewed_s > _AWAY_S:
            self._claims_from_s = began_s + self._leases.lease_ms / 1_000
        try:
            done = self._renew(began_s)
        except (DBAPIError, OSError) as error:
            self.counts["lease_errors"] += 1
            _LOG.warning("leases cannot be renewed, trying again: %s", type(error).__name__)
            return
        self._renewed_s = began_s
        self._held = {n: epoch for n, epoch in done.held.items() if self._is_wanted(n, epoch)}
        self._told(done._replace(held=self._held))

    def _renew(self, began_s: float) -> Round:
        return self._leases.renew(
            {n: epoch for n, epoch in self._held.items() if self._is_wanted(n, epoch)},
            self._reported(),
            claims=began_s >= self._claims_from_s,
            avoided=[n for n, until_s in [*self._avoided.items()] if until_s > began_s],
            fenced=self._fenced,
            is_leaving=self._is_leaving,
        )

    def _is_wanted(self, partition: int, epoch: int) -> bool:
        return epoch > self._gone.get(partition, 0)
