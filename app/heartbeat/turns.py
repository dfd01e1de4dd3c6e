"""Through which partitions of the LOG test calls go: all have their turn within ten, one that fails at once again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count, islice

from anhu.log.partition import partition_of
from anhu.registry.heartbeat import HEARTBEAT

_ROUND = 10


def identities(partitions: int) -> Sequence[str]:
    """Return for each partition who calls there: names of whom the LOG parts so."""
    found: dict[int, str] = {}
    for nth in count():
        one = f"{HEARTBEAT}-{nth}" if nth else HEARTBEAT
        found.setdefault(partition_of(one, partitions), one)
        if len(found) == partitions:
            break
    return [found[partition] for partition in range(partitions)]


class Turns:
    """Goes round.

    Parameters
    ----------
    partitions : int
        How many there are.
    begin : int
        A number that is another one at each start, so that one who ends again and again tries them all, too.
    """

    def __init__(self, partitions: int, begin: int = 0) -> None:
        self._partitions, self._next = partitions, begin % partitions
        self.at_once = -(-partitions // _ROUND)

    def take(self, failing: Collection[int]) -> Sequence[int]:
        """Return whose turn it is now, and beside them of those whose last call did not arrive as many again."""
        due = [(self._next + n) % self._partitions for n in range(self.at_once)]
        self._next = (self._next + self.at_once) % self._partitions
        again = (one for one in sorted(failing) if one < self._partitions and one not in due)
        return [*due, *islice(again, self.at_once)]
