"""A message that came before, where a family itself tells its messages apart: sent twice, heard by radio several times.

A sensor's advertisement is heard five times with one packet number; a network server delivers one uplink again; a radar
may tell an old state of a fall after its newer one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from anhu.contract.clock import MINUTE_MS
from anhu.contract.meaning import is_call
from anhu.contract.observation import Decoded, Event, PlainNumbers
from gateway.codec import Frame
from gateway.counters import IntakeCounters

_WITHIN_MS = 5 * MINUTE_MS
"""Packet numbers begin anew after 256, and a fall that a radar follows is over sooner. [ms]"""
_MOST = 200_000
"""Of all devices together: 40 MB. Who is pushed out may come twice, which loses nothing. [messages]"""


class Repeats:
    """Remembers the marks of the last minutes' messages.

    A call for help is never left out for being the same: the alert counts repeats, and whoever presses again calls
    anew. What the LOG refused was not kept, so after each refusal everything counts as new.

    Parameters
    ----------
    counters : IntakeCounters
        Says how often the LOG has refused.
    """

    def __init__(self, counters: IntakeCounters) -> None:
        self._counters = counters
        self._refused = counters.log_failures
        self._seen: OrderedDict[int, tuple[int, int]] = OrderedDict()

    def is_one(self, frame: Frame, same: Callable[[Frame], tuple[str, int] | None], decoded: Decoded) -> bool:
        """Tell whether a message is to be left out, and remember it."""
        if self._refused != self._counters.log_failures:
            self._refused = self._counters.log_failures
            self._seen.clear()
        mark = None if frame.retained else same(frame)
        if mark is None:
            return False
        identity, rank = mark
        key = hash((frame.device_id, identity))
        known = self._seen.pop(key, None)
        if known is not None and 0 <= frame.received_at_ms - known[1] < _WITHIN_MS:
            if rank < known[0] or (rank == known[0] and not _calls(decoded)):
                self._seen[key] = known
                return True
        elif known is None and len(self._seen) >= _MOST:
            self._seen.popitem(last=False)
        self._seen[key] = (rank, frame.received_at_ms)
        return False


def _calls(decoded: Decoded) -> bool:
    if isinstance(decoded, PlainNumbers):
        return False
    return any(type(one) is Event and one.state == "on" and is_call(one) for one in decoded)
