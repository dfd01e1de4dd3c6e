"""What waited until somebody said whose it is goes through the one decode, as if it came late."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import NamedTuple, Protocol

from anhu.contract.record import Reading
from gateway.codec import Frame
from gateway.directory import Directory
from gateway.intake import Intake

_logger = logging.getLogger(__name__)
_AT_ONCE = 200
_EVERY_S = 1.0


class WaitingMessage(NamedTuple):
    """A message of a device that is registered by now."""

    message_id: int
    frame: Frame


class WaitingReading(NamedTuple):
    """What somebody measured with a shared device, and whose it turned out to be.

    Attributes
    ----------
    slot : str
        As whom the device knows them.
    """

    reading_id: str
    reading: Reading
    slot: str
    resident_id: str
    partition_key: str


class ReplayRegister(Protocol):
    """What waits to be replayed. Calls may block."""

    def adopted(self, limit: int) -> Sequence[WaitingMessage]:
        """Return messages of strangers that were adopted, each device's in their order."""
        ...

    def settled(self, limit: int) -> Sequence[WaitingReading]:
        """Return readings of shared devices of which somebody said whose they are, the oldest first."""
        ...

    def replayed(self, message_ids: Sequence[int], reading_ids: Sequence[str], now_ms: int) -> None:
        """Take that these are in the LOG. [ms]."""
        ...


@dataclass(slots=True)
class ReplayCounters:
    """Counts since the start. [messages]."""

    replayed: int = 0
    failed: int = 0


class Replay:
    """Looks every second whether something may be replayed, where `is_ours` says that it is this gateway that does it.

    What is in the LOG and not yet marked when the platform is killed comes twice: with the same times, so that the
    store holds it once and no alarm is raised twice.
    """

    def __init__(
        self,
        intake: Intake,
        register: ReplayRegister,
        directory: Directory,
        is_ours: Callable[[], bool] = lambda: True,
    ) -> None:
        self._intake, self._register, self._directory = intake, register, directory
        self._is_ours = is_ours
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="replay")
        self._counters = ReplayCounters()

    def counters(self) -> Mapping[str, int]:
        """Return what was replayed since the start."""
        return asdict(self._counters)

    async def run(self) -> None:
        """Replay for ever."""
        while True:
            try:
                if not self._is_ours() or not await self.round():
                    await asyncio.sleep(_EVERY_S)
            except Exception:
                _logger.exception("what was adopted could not be replayed; it is tried again")
                self._counters.failed += 1
                await asyncio.sleep(5 * _EVERY_S)

    async def round(self) -> int:
        """Replay what waits, as much as is taken at once; return how much that was."""
        loop = asyncio.get_running_loop()
        messages = await loop.run_in_executor(self._executor, self._register.adopted, _AT_ONCE)
        readings = await loop.run_in_executor(self._executor, self._register.settled, _AT_ONCE)
        if not messages and not readings:
            return 0
        ids = list({one.frame.device_id for one in messages})
        devices = await loop.run_in_executor(self._executor, self._directory.find_all, ids) if ids else {}
        done_messages: list[int] = []
        done_readings: list[str] = []
        for one in messages:
            device = devices.get(one.frame.device_id)
            if device is not None and device.enabled:
                self._intake.offer_late(one.frame, device, _noted, (done_messages, one.message_id))
            else:
                done_messages.append(one.message_id)  # it is registered no more, or shut out: nobody wants to hear it
        for each in readings:
            self._intake.offer_reading(
                each.reading, each.slot, each.resident_id, each.partition_key, _noted, (done_readings, each.reading_id)
            )
        await self._in_turn()
        now_ms = self._intake.clock.now_ms()
        await loop.run_in_executor(self._executor, self._register.replayed, done_messages, done_readings, now_ms)
        self._counters.replayed += len(done_messages) + len(done_readings)
        return len(done_messages) + len(done_readings)

    async def _in_turn(self) -> None:
        """Wait until everything offered so far is on disk, or refused."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._intake.in_turn(_ended, turn)
        await turn

    def close(self) -> None:
        """Stop asking."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _noted(about: tuple[list[int] | list[str], int | str], error: Exception | None) -> None:
    done, one = about
    if error is None:
        done.append(one)  # type: ignore[arg-type]  # the list is of what it is


def _ended(turn: asyncio.Future[None], _error: Exception | None) -> None:
    if not turn.done():
        turn.set_result(None)
