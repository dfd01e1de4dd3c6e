"""What a device announced at one front door, known at the next: not every device announces again when it reconnects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from gateway.announcements import Announcements
from gateway.codec import Announced, Codec
from gateway.directory import DeviceEntry

_logger = logging.getLogger(__name__)
_EVERY_S = 0.2
_WITHIN_S = 1.0
_AT_ONCE = 200
_MOST_WAITING = 50_000


class AnnouncementBook(Protocol):
    """Where doors write what was announced. Calls may block."""

    def of(self, device_ids: Sequence[str]) -> Mapping[str, Sequence[Announced]]:
        """Return what these devices announced."""
        ...

    def write(self, changes: Sequence[tuple[str, Announced]]) -> None:
        """Write what devices announce under keys, each in place of what was there."""
        ...


class AnnouncedElsewhere:
    """Brings announcements to the other doors a moment later, and fetches them when a device connects.

    Attributes
    ----------
    failed : int
        How often the database did not answer: the device then goes on with what this door remembers.
    """

    def __init__(self, announcements: Announcements, book: AnnouncementBook, codecs: Mapping[str, Codec]) -> None:
        self._announcements, self._book = announcements, book
        self._families = frozenset(name for name, codec in codecs.items() if codec.announces is not None)
        self._executor = ThreadPoolExecutor(2, thread_name_prefix="announced")
        self._new: dict[tuple[str, str], Announced] = {}
        self._wanted: dict[str, asyncio.Future[None]] = {}
        self._asking: asyncio.Task[None] | None = None
        self.failed = 0
        announcements.tell(self._note)

    def _note(self, device_id: str, announced: Announced) -> None:
        if len(self._new) < _MOST_WAITING or (device_id, announced.key) in self._new:
            self._new[device_id, announced.key] = announced
        else:
            self.failed += 1

    async def fetch(self, device: DeviceEntry) -> None:
        """Learn what a device announced at other doors, before it speaks here."""
        if device.codec not in self._families:
            return
        loop = asyncio.get_running_loop()
        answer = self._wanted.get(device.device_id)
        if answer is None:
            answer = self._wanted[device.device_id] = loop.create_future()
        if self._asking is None:
            self._asking = loop.create_task(self._ask_for_all(), name="announced elsewhere")
        try:
            async with asyncio.timeout(_WITHIN_S):
                await asyncio.shield(answer)
        except TimeoutError:
            self.failed += 1
            _logger.warning("what device %s announced at other doors could not be read in time", device.device_id)

    async def _ask_for_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._wanted:
                asked = {one: self._wanted.pop(one) for one in list(self._wanted)[:_AT_ONCE]}
                try:
                    found = await loop.run_in_executor(self._executor, self._book.of, list(asked))
                except Exception:
                    self.failed += len(asked)
                    _logger.exception("what devices announced at other doors could not be read")
                else:
                    for device_id in asked:
                        own = [one for (whose, _), one in self._new.items() if whose == device_id]
                        self._announcements.take_up(device_id, [*found.get(device_id, ()), *own])
                for answer in asked.values():
                    answer.set_result(None)
        finally:
            self._asking = None

    async def run(self) -> None:
        """Write what is new, for ever."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what is new; what cannot be written waits."""
        if not self._new:
            return
        new, self._new = self._new, {}
        changes = [(device_id, announced) for (device_id, _), announced in new.items()]
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._book.write, changes)
        except Exception:
            self.failed += 1
            self._new = {**new, **self._new}
            _logger.exception("what devices announced could not be written for other doors; it is tried again")
            await asyncio.sleep(1.0)

    async def aclose(self) -> None:
        """Write the last, and end."""
        await self.write()
        self._executor.shutdown(wait=False, cancel_futures=True)
