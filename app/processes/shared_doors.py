"""A gateway among several: what it does beside its doors, so that the others know of it and it of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar, runtime_checkable

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from app.settings import Settings
from gateway.announced_elsewhere import AnnouncedElsewhere
from gateway.announcement_register import DatabaseAnnouncements
from gateway.announcements import Announcements
from gateway.directory import Directory
from gateway.doors.left_at_doors import LeftAtDoors
from gateway.doors.on_duty import OnDuty
from gateway.doors.switchboard import Switchboard
from gateway.intake import Intake
from gateway.line_register import DatabaseLines

_logger = logging.getLogger(__name__)
_EVERY_S = 1.0
_SEEN_S = 3.0
"""Within which a balancer that asks every second takes us out. [s]"""


class _Door(Protocol):
    async def start(self) -> None: ...
    async def close(self) -> None: ...
    def health(self) -> Mapping[str, int]: ...


@runtime_checkable
class _Drained(Protocol):
    async def drain(self, over_s: float) -> None: ...


_DoorT = TypeVar("_DoorT", bound=_Door)


def shared_doors(
    settings: Settings, sessions: sessionmaker[Session], intake: Intake, announcements: Announcements
) -> Switchboard | None:
    """Return what this gateway knows of those beside it; None where it is the only one."""
    if not settings.door:
        return None
    announced = AnnouncedElsewhere(announcements, DatabaseAnnouncements(sessions), intake.codecs)
    return Switchboard(DatabaseLines(sessions), settings.door, intake.clock, announced)


def is_ours(board: Switchboard | None, duty: str) -> Callable[[], bool]:
    """Return what tells whether a duty is this gateway's."""
    if board is None:
        return lambda: True
    watch = board.watch
    watch.want(duty)
    return lambda: watch.has(duty)


def on_duty(board: Switchboard | None, duty: str, make: Callable[[], _DoorT]) -> _DoorT | OnDuty:
    """Return a door of which only one of several gateways opens its own."""
    return make() if board is None else OnDuty(board.watch, duty, make)


async def drain(stop: asyncio.Event, doors: Iterable[_Door], over_s: float) -> None:
    """Wait for the end, then send the devices of all doors away over some time.

    First balancers get time to see that we are not ready. [s].
    """
    await stop.wait()
    if over_s:
        seen_s = min(_SEEN_S, over_s / 4)
        await asyncio.sleep(seen_s)
        await asyncio.gather(*(door.drain(over_s - seen_s) for door in doors if isinstance(door, _Drained)))


class Beside:
    """What runs beside the doors of a gateway among several; nothing where it is the only one."""

    def __init__(
        self,
        board: Switchboard | None,
        sessions: sessionmaker[Session],
        *,
        directory: Directory,
        intake: Intake,
        clock: Clock,
    ) -> None:
        self._board, self._left, self._work = board, None, list[asyncio.Task[None]]()
        if board is not None:
            book = DatabaseLines(sessions)
            self._left = LeftAtDoors(book, board.door, board.watch, directory=directory, intake=intake, clock=clock)

    async def start(self, stop: asyncio.Event) -> None:
        """Begin; where the others have given this run up, it ends."""
        if self._board is None or self._left is None:
            return
        await self._board.start()
        loop = asyncio.get_running_loop()
        works = [self._board.run(), self._left.run(), _end_when_given_up(self._board, stop)]
        if self._board.announced is not None:
            works.append(self._board.announced.run())
        self._work = [loop.create_task(work, name="doors beside") for work in works]

    def health(self) -> Mapping[str, int]:
        """Return what it counts."""
        if self._board is None or self._left is None:
            return {}
        failed = self._board.announced.failed if self._board.announced is not None else 0
        return {
            **self._board.health(),
            "announced_failed": failed,
            "doors_beside": self._board.watch.others(),
            "left_at_doors": self._left.told,
        }

    async def close(self) -> None:
        """End it, once the doors have closed."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        if self._board is not None and self._left is not None:
            self._left.close()
            if self._board.announced is not None:
                await self._board.announced.aclose()
            await self._board.close()


async def _end_when_given_up(board: Switchboard, stop: asyncio.Event) -> None:
    while not board.watch.is_given_up:  # noqa: ASYNC110 - it is written by another thread
        await asyncio.sleep(_EVERY_S)
    _logger.error("the other gateways have held this one for dead for an hour: it ends, and should begin anew")
    stop.set()
