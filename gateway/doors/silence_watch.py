"""Looks at every connection again and again: whether it has been silent for too long, and whether it closes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Generic, Protocol, TypeVar

_SWEEP_S = 0.5
SLOWEST_BYTES_S = 500.0
"""A packet under way may take as long as it does at this rate: a poor modem's 1,200 baud. [byte/s]"""
CLOSING_S = 5.0
"""How long a connection may take to close. [s]"""


class _Wire(Protocol):
    closing_since_s: float

    @property
    def waits_for_us(self) -> bool: ...
    def abort(self) -> None: ...


class _Link(Protocol):
    @property
    def wire(self) -> _Wire: ...


LinkT = TypeVar("LinkT", bound=_Link)
LinkT_contra = TypeVar("LinkT_contra", bound=_Link, contravariant=True)


class Silence(Protocol[LinkT_contra]):
    """What a door knows of the silence of its connections. [s]."""

    def excuse(self, link: LinkT_contra, busy_s: float) -> None:
        """Do not count so much of it."""
        ...

    def begin_anew(self, link: LinkT_contra, now_s: float) -> None:
        """Count it from now."""
        ...

    def end_if_over(self, link: LinkT_contra, now_s: float) -> None:
        """Close a connection that has been silent for too long."""
        ...

    def pass_time(self, now_s: float) -> None:
        """Let grow old what does so without a connection."""
        ...


class SilenceWatch(Generic[LinkT]):
    """Sweeps over all connections twice a second.

    Parameters
    ----------
    links : set of link
        All connections there are; looked at, never changed.
    now_s : callable
        A time that only ever grows. [s]
    """

    def __init__(self, links: AbstractSet[LinkT], silence: Silence[LinkT], now_s: Callable[[], float]) -> None:
        self._links, self._silence, self._now_s = links, silence, now_s

    async def run(self) -> None:
        """Sweep for ever."""
        swept_s = self._now_s()
        while True:
            await asyncio.sleep(_SWEEP_S)
            now_s = self._now_s()
            self.excuse(now_s - swept_s - 2 * _SWEEP_S)
            self.sweep(now_s)
            swept_s = now_s

    def excuse(self, busy_s: float) -> None:
        """Do not count a time in which we read nothing: what the devices said then has still to be read. [s].

        When everybody is cut off at once, the ends of tens of thousands of connections come before the next log-in.
        """
        if busy_s > 0:
            for link in self._links:
                self._silence.excuse(link, busy_s)

    def sweep(self, now_s: float) -> None:
        """Close what has been silent for too long, and drop what does not close. [s]."""
        for link in tuple(self._links):
            if now_s - link.wire.closing_since_s > CLOSING_S:
                link.wire.abort()
            elif link.wire.waits_for_us:
                self._silence.begin_anew(link, now_s)
            else:
                self._silence.end_if_over(link, now_s)
        self._silence.pass_time(now_s)
