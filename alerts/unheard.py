"""Times in which nothing can be heard of the LOG itself: what only time decides must not wait for its brokers.

While all was read, time passes by the clock; while there is more, by what is read. Whoever has lost the brokers has
neither. Then a fall that waits for its wearer to rise would wait for as long as they are away.
"""

from __future__ import annotations

from anhu.contract.clock import SECOND_MS
from anhu.log.port import LogReader

_FRESH_S = 10.0
"""Brokers that say nothing for so long are away: asked every half second, they answer within two."""
LONG_MS = 30 * SECOND_MS
"""Another broker takes over from a lost one sooner. [ms]"""


class Unheard:
    """Since when a reader hears nothing of its LOG and has nothing left to read.

    Parameters
    ----------
    reader : LogReader
        Who reads. That it did not ask for a while is no silence of the brokers: it must read in vain meanwhile.
    """

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._since_ms: int | None = None
        self._now_ms = 0

    def look(self, now_ms: int, *, came: bool) -> int:
        """Take note of an attempt to read; return how long nothing was heard before it, once it is heard again. [ms].

        Parameters
        ----------
        came : bool
            Whether anything was read.
        """
        self._now_ms = now_ms
        if came or self._reader.unheard_s < _FRESH_S:
            lasted_ms, self._since_ms = self.lasts_ms, None
            return lasted_ms
        self._since_ms = now_ms if self._since_ms is None else min(self._since_ms, now_ms)
        return 0

    @property
    def lasts_ms(self) -> int:
        """For how long it lasts; 0 while the LOG is heard. [ms]."""
        return 0 if self._since_ms is None else self._now_ms - self._since_ms

    @property
    def is_so(self) -> bool:
        """Whether nothing is heard at present."""
        return self._since_ms is not None

    @property
    def is_long(self) -> bool:
        """Whether it lasts for longer than brokers need to take over from each other."""
        return self.lasts_ms >= LONG_MS
