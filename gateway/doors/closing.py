"""How a door ends its connections."""

from __future__ import annotations

import asyncio
import logging
import random
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


async def send_away(links: AbstractSet[_AnyLink], over_s: float, send: Callable[[_AnyLink], None]) -> None:
    """Send connections away one after the other over some time, so that they do not all come back in one second. [s].

    Several gadgets of one maker that come back after the same pause come back spread as they went.
    """
    order = list(links)
    random.shuffle(order)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    for nth, link in enumerate(order):
        due_s = began_s + over_s * nth / len(order)
        if due_s > loop.time():
            await asyncio.sleep(due_s - loop.time())
        send(link)


def crowd_out(link: _Link) -> None:
    """End a connection that has to make room for others."""
    link.wire.ended_by = "crowded_out"
    link.wire.abort()
