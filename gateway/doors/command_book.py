"""The commands that wait for the devices of a door, and what became of them: written down off the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from gateway.codec import Command
from gateway.directory import CommandQueue

_logger = logging.getLogger(__name__)
_MAX_REFUSED = 10_000
_Words = TypeVar("_Words")


class CommandBook:
    """A command stays in the queue until it is written down what became of it: nothing is lost by a restart.

    What could not be written down is tried again in the next round, and no command of it is sent meanwhile.

    Attributes
    ----------
    counters : dict
        Since the start, by name.
    """

    def __init__(self, queue: CommandQueue, executor: Executor, clock: Clock) -> None:
        self._queue, self._executor, self._clock = queue, executor, clock
        self._done: dict[str, int] = {}
        self._failed: dict[str, tuple[str, int]] = {}
        self._refused: dict[str, None] = {}
        self.counters = {"commands_delivered": 0, "commands_refused": 0}

    async def write_down(self) -> None:
        """Write down what became of commands since the last round."""
        loop = asyncio.get_running_loop()
        for command_id, at_ms in list(self._done.items()):
            await loop.run_in_executor(self._executor, self._queue.delivered, command_id, at_ms)
            del self._done[command_id]
        for command_id, (why, at_ms) in list(self._failed.items()):
            await loop.run_in_executor(self._executor, self._queue.failed, command_id, why, at_ms)
            del self._failed[command_id]

    async def waiting(self, device_ids: Sequence[str]) -> Sequence[tuple[str, Command]]:
        """Return (device_id, command) of what waits for these devices, the oldest first."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._executor, self._queue.pending, device_ids)
        return [one for one in found if not self._is_settled(one[1].command_id)]

    def _is_settled(self, command_id: str) -> bool:
        return command_id in self._done or command_id in self._refused

    def delivered(self, command_id: str) -> None:
        """Take that a device has a command."""
        self.counters["commands_delivered"] += 1
        self._done[command_id] = self._clock.now_ms()

    def refuse(self, command_id: str, why: str) -> None:
        """Take that a command cannot be delivered: it is not tried again."""
        self.counters["commands_refused"] += 1
        self._refused[command_id] = None
        self._failed[command_id] = (why, self._clock.now_ms())
        while len(self._refused) > _MAX_REFUSED:
            del self._refused[next(iter(self._refused))]
        _logger.warning("command %s cannot be delivered: %s", command_id, why)

    def in_words(self, command: Command, encode: Callable[[Command], _Words]) -> _Words | None:
        """Return a command in its family's words; None, and it is refused, where the family has none for it.

        A codec that fails on one command must not keep all others from their devices.
        """
        try:
            return encode(command)
        except FieldError as error:
            self.refuse(command.command_id, str(error))
        except Exception as error:
            _logger.exception("a codec failed on command %s", command.command_id)
            self.refuse(command.command_id, f"the codec failed: {type(error).__name__}")
        return None
