"""How a door ends its connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeVar

from gateway.doors.silence_watch import CLOSING_S

_logger = logging.getLogger(__name__)


class _Wire(Protocol):
    ended_by: str

    def abort(self) -> None: ...


class _Link(Protocol):
    @property
    def wire(self) -> _Wire: ...


_AnyLink = TypeVar("_AnyLink", bound=_Link)


async def close_all(links: AbstractSet[_AnyLink], emptied: asyncio.Event, close: Callable[[_AnyLink], None]) -> None:
    """Close connections and wait until they are; cut those that take too long."""
    for link in tuple(links):
        close(link)
    if not links:
        emptied.set()
    try:
        async with asyncio.timeout(CLOSING_S):
            await emptied.wait()
    except TimeoutError:
        _logger.warning("%d connections did not close and are cut", len(links))
    for link in tuple(links):
        link.wire.abort()


def crowd_out(link: _Link) -> None:
    """End a connection that has to make room for others."""
    link.wire.ended_by = "crowded_out"
    link.wire.abort()
